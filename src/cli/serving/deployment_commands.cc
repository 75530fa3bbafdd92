// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <chrono>
#include <cstdio>
#include <set>

#include "cli/describe.h"
#include "cli/event_stream.h"
#include "cli/serving/deployment_settings.h"
#include "cli/serving/serving_commands.h"
#include "cli/serving/strategy_options.h"

namespace souk::cli {
namespace {

constexpr int kDeployWait = 60;  // seconds

struct DeployRequest {
  std::string reference;
  std::optional<std::string> name;
  std::optional<bool> follow;
  std::optional<json::Raw> strategy, routing;
  std::optional<std::int64_t> traffic;
  std::optional<json::Raw> capacity, batching;
};
BOOST_DESCRIBE_STRUCT(DeployRequest, (), (reference, name, follow, strategy, routing, traffic, capacity, batching))

struct SettingsRequest {
  std::optional<json::Raw> capacity, batching;
};
BOOST_DESCRIBE_STRUCT(SettingsRequest, (), (capacity, batching))

std::string full_name(json::Value deployment) {
  return cell(deployment, "namespace") + "/" + cell(deployment, "slug");
}

std::string millis_text(json::Value deployment, std::string_view path) {
  const std::string digits = cell(deployment, path);
  double millis = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), millis);
  if (millis <= 0) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.3g ms", millis);
  return text;
}

// Of all revisions, the newest first.
template <class F>
void each_replica(json::Value deployment, F&& f) {
  const auto revisions = deployment.find("revisions");
  if (!revisions) return;
  (void)revisions->each_element([&](json::Value revision) -> Status {
    const auto replicas = revision.find("replicas");
    if (!replicas) return {};
    return replicas->each_element([&](json::Value replica) -> Status {
      f(replica);
      return {};
    });
  });
}

// Of the newest revision that is loaded, on the node that was asked: "2 threads a run, 1 session".
std::string cores_text(json::Value deployment) {
  std::string text;
  each_replica(deployment, [&](json::Value replica) {
    const std::int64_t sessions = integer_at(replica, "sessions", 0), threads = integer_at(replica, "threads", 0);
    if (sessions == 0 || !text.empty()) return;
    text = std::to_string(threads) + (threads == 1 ? " thread" : " threads") + " a run, " + std::to_string(sessions) +
           (sessions == 1 ? " session" : " sessions");
  });
  return text;
}

// Of each node that has it in memory: "node 12.3 MiB".
std::string memory_text(json::Value deployment) {
  std::string text;
  each_replica(deployment, [&](json::Value replica) {
    const std::string state = cell(replica, "state");
    if (state != "READY" && state != "UNLOADED" && state != "DRAINING") return;
    text += (text.empty() ? "" : ", ") + cell(replica, "node") + " ";
    text += state == "UNLOADED" ? "unloaded" : human_bytes(static_cast<double>(integer_at(replica, "memory_bytes", 0)));
  });
  return text;
}

std::string deployment_card(json::Value deployment) {
  return card({{"Deployment", "", full_name},
               {"State", "state"},
               {"Reason", "reason"},
               {"Wanted", "desired_state"},
               {"Reference", "reference"},
               {"Follows", "follow"},
               {"Version", "version"},
               {"Digest", "digest"},
               {"Task", "task"},
               {"Revision", "revision"},
               {"Strategy", "strategy.kind"},
               {"Roll-out", "",
                [](json::Value v) {
                  if (cell(v, "rollout.number").empty()) return std::string();
                  return cell(v, "rollout.number") + " to revision " + cell(v, "rollout.revision") + ", " +
                         cell(v, "rollout.state") + " with " + cell(v, "rollout.weight") + " %";
                }},
               {"Memory", "", memory_text},
               {"Runs on", "", cores_text},
               {"Pinned", "capacity.pinned"},
               {"Unloaded after", "",
                [](json::Value v) {
                  const std::int64_t after = integer_at(v, "capacity.scale_to_zero_after_ms", 0);
                  return after > 0 ? duration_text(after) + " without a request" : std::string();
                }},
               {"Batching", "",
                [](json::Value v) {
                  const auto batching = v.find("batching");
                  return batching && batching->size() > 0 ? batching->raw() : std::string();
                }},
               {"Requests", "metrics.requests"},
               {"Errors", "metrics.errors"},
               {"Latency p50", "", [](json::Value v) { return millis_text(v, "metrics.latency_p50_ms"); }},
               {"Latency p99", "", [](json::Value v) { return millis_text(v, "metrics.latency_p99_ms"); }},
               {"Created", "create_time"}},
              deployment);
}

// Why the newest revision does not answer, where a roll-out of it is over already.
std::string taken_back(const Context& context, json::Value deployment) {
  const auto revisions = deployment.find("revisions");
  std::string newest;
  if (revisions) {
    (void)revisions->each_element([&](json::Value one) -> Status {
      if (newest.empty()) newest = cell(one, "number");
      return {};
    });
  }
  if (newest.empty() || newest == cell(deployment, "revision")) return "";
  const Name name{cell(deployment, "namespace"), cell(deployment, "slug")};
  const auto rollout = context.remote.get(deployment_path(name) + "/rollouts/latest");
  if (!rollout || cell(rollout->root(), "revision") != newest) return "";
  return cell(rollout->root(), "state") == "ROLLED_BACK" ? cell(rollout->root(), "reason") : "";
}

// What a deployment became is the command's own success or failure.
Status judge(const Context& context, json::Value deployment) {
  const std::string name = full_name(deployment);
  const std::string state = cell(deployment, "state");
  if (state == "FAILED") {
    return failed_precondition("deployment " + name + " failed: " + cell(deployment, "reason"))
        .advise("souk logs " + name);
  }
  if (state != "READY") {
    return deadline_exceeded("deployment " + name + " is still " + state).advise("souk deployment show " + name);
  }
  if (!cell(deployment, "rollout.number").empty()) {
    context.out.remark("next: souk rollout status " + name);
    return {};
  }
  if (const std::string reason = taken_back(context, deployment); !reason.empty()) {
    return failed_precondition("deployment " + name + " went back to revision " + cell(deployment, "revision") + ": " +
                               reason)
        .advise("souk rollout status " + name);
  }
  context.out.remark("next: souk infer " + name + " --image FILE");
  return {};
}

// The wait that is left, of which the server grants a part.
std::vector<net::Header> prefer_wait(std::chrono::steady_clock::time_point deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  if (seconds <= 0) return {};
  return {{"Prefer", "wait=" + std::to_string(seconds)}};
}

std::string log_line(json::Value entry) {
  return cell(entry, "time") + "  " + cell(entry, "level") + "  " + cell(entry, "message");
}

}  // namespace

Status deploy(const Context& context, const DeployOptions& options) {
  const Reference reference = SOUK_TRY(parse_reference(options.reference));
  Name name{reference.namespace_, options.name.empty() ? reference.model : options.name};
  if (options.name.find('/') != std::string::npos) name = SOUK_TRY(parse_name(options.name, "deployment"));
  DeployRequest request;
  request.reference = reference.string();
  request.strategy = SOUK_TRY(strategy_json(options));
  request.routing = SOUK_TRY(routing_json(options));
  request.capacity = SOUK_TRY(capacity_json(options.settings));
  request.batching = SOUK_TRY(batching_json(options.settings));
  if (options.traffic >= 0) request.traffic = options.traffic;
  if (!options.name.empty()) request.name = name.slug;
  if (options.follow) request.follow = true;
  const int seconds = options.no_wait ? 0 : context.wait_seconds >= 0 ? context.wait_seconds : kDeployWait;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  json::Document document = SOUK_TRY(context.remote.send(
      "POST", api_path({"namespaces", name.namespace_, "deployments"}), json::write(request), prefer_wait(deadline)));
  const Name made{cell(document.root(), "namespace"), cell(document.root(), "slug")};
  while (cell(document.root(), "state") == "PENDING" && std::chrono::steady_clock::now() < deadline) {
    // A patch that changes nothing waits on, where one wait of the server is shorter than ours.
    document = SOUK_TRY(context.remote.send("PATCH", deployment_path(made), "{}", prefer_wait(deadline)));
  }
  context.out.print(document.root(), [&] {
    const json::Value root = document.root();
    const std::string rollout = cell(root, "rollout.number");
    if (!rollout.empty()) {
      return full_name(root) + " answers with revision " + cell(root, "revision") + "; roll-out " + rollout +
             " brings revision " + cell(root, "rollout.revision") + ": " + cell(root, "rollout.state") + "\n";
    }
    return full_name(root) + " serves " + cell(root, "reference") + " (version " + cell(root, "version") +
           "): " + cell(root, "state") + "\n";
  });
  if (seconds == 0) return {};
  return judge(context, document.root());
}

Status undeploy(const Context& context, const std::string& deployment) {
  const Name name = SOUK_TRY(parse_name(deployment, "deployment"));
  SOUK_TRY(context.remote.send("DELETE", deployment_path(name), ""));
  context.out.remark("undeployed " + name.string());
  return {};
}

Status deployment_list(const Context& context, const ListOptions& options) {
  const std::string path = options.namespace_.empty() ? api_path({"deployments"})
                                                      : api_path({"namespaces", options.namespace_, "deployments"});
  const json::Document document = SOUK_TRY(context.remote.list(path, "deployments"));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "deployments");
    if (rows.empty()) return std::string("nothing is deployed; deploy a model: souk deploy default/NAME\n");
    return table({{"DEPLOYMENT", "", full_name},
                  {"STATE", "state"},
                  {"REFERENCE", "reference"},
                  {"VERSION", "version"},
                  {"REQUESTS", "metrics.requests"},
                  {"REASON", "reason"}},
                 rows);
  });
  return {};
}

Status deployment_show(const Context& context, const std::string& deployment) {
  const Name name = SOUK_TRY(parse_name(deployment, "deployment"));
  const json::Document document = SOUK_TRY(context.remote.get(deployment_path(name)));
  context.out.print(document.root(), [&] { return deployment_card(document.root()); });
  return {};
}

Status deployment_set(const Context& context, const std::string& deployment, const DeploymentSettings& settings) {
  const Name name = SOUK_TRY(parse_name(deployment, "deployment"));
  const SettingsRequest request{SOUK_TRY(capacity_json(settings)), SOUK_TRY(batching_json(settings))};
  const std::string body = json::write(request);
  if (body == "{}") {
    return invalid_argument("nothing is to be set").advise("souk deployment set " + deployment + " --help");
  }
  const json::Document document = SOUK_TRY(context.remote.send("PATCH", deployment_path(name), body));
  context.out.print(document.root(), [&] { return deployment_card(document.root()); });
  return {};
}

Status logs(const Context& context, const std::string& deployment, bool follow) {
  const Name name = SOUK_TRY(parse_name(deployment, "deployment"));
  std::set<std::string> printed;
  const auto print_new = [&]() -> Status {
    const json::Document document = SOUK_TRY(context.remote.get(deployment_path(name) + "/logs"));
    const auto entries = document.root().find("entries");
    if (!entries) return {};
    return entries->each_element([&](json::Value entry) -> Status {
      if (!printed.insert(entry.raw()).second) return {};
      const std::string line = (context.out.for_people() ? log_line(entry) : entry.raw()) + "\n";
      std::fwrite(line.data(), 1, line.size(), stdout);
      std::fflush(stdout);
      return {};
    });
  };
  SOUK_TRY(print_new());
  if (!follow) return {};
  // Each piece of the stream, a keep-alive too, is the occasion to look for new entries; so none is lost between the
  // first look and the first event.
  return follow_events(context.remote, "/api/v1/events?namespace=" + net::encode_query_value(name.namespace_),
                       [&](const std::vector<net::ServerEvent>&) { return print_new(); });
}

}  // namespace souk::cli
