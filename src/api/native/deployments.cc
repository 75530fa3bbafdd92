// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"
#include "api/prefer.h"

namespace souk::api::native {
namespace {

constexpr std::size_t kLogEntries = 1000;

struct DeploymentList {
  std::vector<Deployment> deployments;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(DeploymentList, (), (deployments, next_page_token))

struct ListDeployments : ListFields {};
BOOST_DESCRIBE_STRUCT(ListDeployments, (ListFields), ())
struct ListDeploymentsOf : ListFields {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(ListDeploymentsOf, (ListFields), (ns))

struct DeployBody {
  std::string reference;
  std::optional<std::string> name;
  std::optional<bool> follow;
  std::optional<serving::Strategy> strategy;
  std::optional<serving::Routing> routing;
  std::optional<std::int64_t> traffic;  // percent that a new revision gets at once, without a roll-out
  json::Patch<serving::CapacityPatch> capacity;
  json::Patch<serving::BatchingPatch> batching;
};
BOOST_DESCRIBE_STRUCT(DeployBody, (), (reference, name, follow, strategy, routing, traffic, capacity, batching))
struct Deploy {
  std::string ns;
  std::optional<std::string> prefer;
  DeployBody body;
};
BOOST_DESCRIBE_STRUCT(Deploy, (), (ns, prefer, body))

struct OneDeployment {
  std::string ns, deployment;
};
BOOST_DESCRIBE_STRUCT(OneDeployment, (), (ns, deployment))

struct DeploymentPatchBody {
  json::Patch<serving::DesiredState> desired_state;
  json::Patch<bool> follow;
  json::Patch<std::string> reference;
  json::Patch<serving::Strategy> strategy;
  json::Patch<serving::Routing> routing;
  json::Patch<std::vector<serving::TrafficShare>> traffic;
  json::Patch<serving::CapacityPatch> capacity;
  json::Patch<serving::BatchingPatch> batching;
};
BOOST_DESCRIBE_STRUCT(DeploymentPatchBody, (),
                      (desired_state, follow, reference, strategy, routing, traffic, capacity, batching))
struct PatchDeployment {
  std::string ns, deployment;
  std::optional<std::string> if_match, prefer;
  DeploymentPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchDeployment, (), (ns, deployment, if_match, prefer, body))

struct LogEntry {
  Time time;
  std::string level;  // INFO, ERROR
  std::string message;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (time, level, message))
struct DeploymentLog {
  std::vector<LogEntry> entries;  // oldest first
};
BOOST_DESCRIBE_STRUCT(DeploymentLog, (), (entries))

// What somebody did to a deployment: "stopped by anna", "changed by anna: capacity, batching".
std::string change_of(const events::Event& event) {
  std::string verb = "changed";
  std::string names;
  if (const auto document = json::Document::parse(event.data.text);
      document && document->root().kind() == json::Kind::object) {
    const auto changed = document->root().find("changed");
    const auto state = document->root().find("desired_state");
    if (changed && changed->kind() == json::Kind::array) {
      (void)changed->each_element([&](json::Value name) -> Status {
        if (name.string() == "desired_state") {
          verb = state && state->string() == "STOPPED" ? "stopped" : "started";
        } else {
          names.append(names.empty() ? ": " : ", ").append(name.string());
        }
        return {};
      });
    }
  }
  return verb + " by " + event.actor + names;
}

// One line of what happened, for people.
LogEntry entry_of(const events::Event& event) {
  auto field = [&](const char* key) -> std::string {
    auto document = json::Document::parse(event.data.text);
    if (!document || document->root().kind() != json::Kind::object) return "";
    auto value = document->root().find(key);
    if (!value) return "";
    return value->kind() == json::Kind::string ? std::string(value->string()) : value->raw();
  };
  std::string state = field("state"), reason = field("reason"), revision = field("revision");
  std::string message = event.type;
  if (event.type == "replica.changed") message = "revision " + revision + " on " + field("node") + " is " + state;
  if (event.type == "revision.created") message = "revision " + revision + " runs version " + field("version");
  if (event.type == "deployment.created") message = "deployed by " + event.actor;
  if (event.type == "deployment.updated") message = change_of(event);
  if (event.type.starts_with("rollout.")) {
    message = "roll-out " + field("rollout") + " to revision " + revision + ": " + field("state");
    if (event.type == "rollout.step_began") message += ", step " + field("step") + " with " + field("weight") + " %";
  }
  if (!reason.empty()) message += ": " + reason;
  const bool bad = state == "FAILED" || state == "ROLLED_BACK";
  return {event.time, bad ? "ERROR" : "INFO", std::move(message)};
}

Result<DeploymentLog> log_of(const Rooms& rooms, const access::Call& call, const OneDeployment& request) {
  auto deployment = SOUK_TRY(rooms.serving.get(call, access::Role::READER, request.ns, request.deployment));
  DeploymentLog log;
  for (const events::Event& event : SOUK_TRY(rooms.events.of_object("deployment", deployment->id.value, kLogEntries))) {
    log.entries.push_back(entry_of(event));
  }
  return log;
}

// The version that answers, or that is to: its signature is the deployment's.
std::optional<registry::ModelVersion> version_of(const Rooms& rooms, const access::Call& call,
                                                 const serving::DeploymentView& view) {
  if (view.revisions.empty()) return std::nullopt;
  const serving::Revision* shown = &view.revisions.front();
  for (const serving::Revision& revision : view.revisions) {
    if (revision.number == view.serving_revision) shown = &revision;
  }
  auto model = rooms.registry.get_model(call, access::Role::READER, view.deployment.model_id);
  if (!model) return std::nullopt;  // who may call a deployment need not see its model
  auto version = rooms.registry.get_version(*model, std::to_string(shown->version));
  return version ? std::optional(std::move(*version)) : std::nullopt;
}

Deployment complete(const Rooms& rooms, const access::Call& call, const serving::DeploymentView& view) {
  return shape(view, version_of(rooms, call, view));
}

Result<DeploymentList> list(const Rooms& rooms, const access::Call& call, std::string_view ns,
                            const ListFields& fields) {
  auto page = SOUK_TRY(rooms.serving.list(call, ns, SOUK_TRY(list_query(fields))));
  DeploymentList out;
  for (const serving::DeploymentView& view : page.items) out.deployments.push_back(complete(rooms, call, view));
  out.next_page_token = page_token_of(page.next_page_token);
  return out;
}

using Done = std::function<void(Result<Answer<Deployment>>)>;

// Answers now, or once the deployment is READY or FAILED when the caller prefers to wait.
void settle(const Rooms& rooms, const access::Call& call, const serving::DeploymentView& view, int status,
            Duration wait, const Done& done) {
  if (wait.count() == 0) return done(Answer<Deployment>{status, complete(rooms, call, view)});
  auto deployment = rooms.serving.get(call, access::Role::READER, view.deployment.namespace_, view.deployment.slug);
  if (!deployment) return done(deployment.error());
  rooms.serving.wait_settled(*deployment, std::chrono::steady_clock::now() + wait,
                             [&rooms, &call, status, done](Result<serving::DeploymentView> settled) {
                               if (!settled) return done(settled.error());
                               done(Answer<Deployment>{status, complete(rooms, call, *settled)});
                             });
}

void deploy(const Rooms& rooms, const access::Call& call, const Deploy& request, const Done& done) {
  auto reference = registry::Reference::parse(request.body.reference);
  if (!reference) return done(std::move(reference.error()).at("reference"));
  if (reference->namespace_.empty()) reference->namespace_ = request.ns;
  access::Call in_namespace = call;
  in_namespace.namespace_ = request.ns;
  bool created = false;
  serving::DeployRequest wanted{*reference, request.body.name.value_or(""), request.body.follow.value_or(false)};
  wanted.strategy = request.body.strategy;
  wanted.routing = request.body.routing;
  wanted.traffic = request.body.traffic;
  wanted.capacity = request.body.capacity.value;
  wanted.batching = request.body.batching.value;
  auto view = rooms.serving.deploy(in_namespace, std::move(wanted), &created);
  if (!view) return done(view.error());
  settle(rooms, call, *view, created ? 201 : 200, wait_of(request.prefer), done);
}

void patch(const Rooms& rooms, const access::Call& call, const PatchDeployment& request, const Done& done) {
  auto deployment = rooms.serving.get(call, access::Role::WRITER, request.ns, request.deployment);
  if (!deployment) return done(deployment.error());
  auto if_match = revision_of(request.if_match);
  if (!if_match) return done(if_match.error());
  serving::DeploymentPatch wanted{request.body.desired_state, request.body.follow,  request.body.reference,
                                  request.body.strategy,      request.body.routing, request.body.traffic,
                                  request.body.capacity,      request.body.batching};
  auto view = rooms.serving.update(call, *deployment, wanted, *if_match);
  if (!view) return done(view.error());
  settle(rooms, call, *view, 200, wait_of(request.prefer), done);
}

}  // namespace

void add_deployments(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListDeployments, DeploymentList>(
      "GET", "/api/v1/deployments", kReader, kUsual,
      {"list_all_deployments", "Deployments of every namespace that the caller sees"},
      [&rooms](const access::Call& call, const ListDeployments& request) { return list(rooms, call, "", request); }));
  door.add(plain<ListDeploymentsOf, DeploymentList>(
      "GET", "/api/v1/namespaces/{ns}/deployments", kReader, kUsual, {"list_deployments", "Deployments of a namespace"},
      [&rooms](const access::Call& call, const ListDeploymentsOf& request) -> Result<DeploymentList> {
        SOUK_TRY(rooms.access.get_namespace(call, access::Role::READER, request.ns));
        return list(rooms, call, request.ns, request);
      }));
  door.add(later<Deploy, Answer<Deployment>>(
      "POST", "/api/v1/namespaces/{ns}/deployments", kWriter, kUsual,
      {"deploy", "Deploy a version, or move a deployment to another version", 201},
      [&rooms](const access::Call& call, const Deploy& request, Done done) { deploy(rooms, call, request, done); }));
  door.add(lookup<OneDeployment, Deployment>(
      "/api/v1/namespaces/{ns}/deployments/{deployment}", kReader, {"get_deployment", "One deployment"},
      [&rooms](const access::Call& call, const OneDeployment& request) -> Result<Deployment> {
        auto deployment = SOUK_TRY(rooms.serving.get(call, access::Role::READER, request.ns, request.deployment));
        return complete(rooms, call, SOUK_TRY(rooms.serving.view(deployment)));
      }));
  door.add(later<PatchDeployment, Answer<Deployment>>(
      "PATCH", "/api/v1/namespaces/{ns}/deployments/{deployment}", kWriter, kUsual,
      {"update_deployment",
       "Start, stop, follow, point elsewhere, share traffic, set memory and batching (JSON merge patch)"},
      [&rooms](const access::Call& call, const PatchDeployment& request, Done done) {
        patch(rooms, call, request, done);
      }));
  door.add(plain<OneDeployment, NoContent>(
      "DELETE", "/api/v1/namespaces/{ns}/deployments/{deployment}", kWriter, kUsual,
      {"undeploy", "Remove a deployment; requests under way are answered"},
      [&rooms](const access::Call& call, const OneDeployment& request) -> Result<NoContent> {
        auto deployment = SOUK_TRY(rooms.serving.get(call, access::Role::WRITER, request.ns, request.deployment));
        SOUK_TRY(rooms.serving.remove(call, deployment));
        return NoContent{};
      }));
  door.add(plain<OneDeployment, DeploymentLog>(
      "GET", "/api/v1/namespaces/{ns}/deployments/{deployment}/logs", kReader, kUsual,
      {"get_deployment_logs", "What happened to a deployment, oldest first"},
      [&rooms](const access::Call& call, const OneDeployment& request) { return log_of(rooms, call, request); }));
}

}  // namespace souk::api::native
