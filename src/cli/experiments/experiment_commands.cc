// SPDX-License-Identifier: Apache-2.0
#include "cli/experiments/experiment_commands.h"

#include <charconv>
#include <cstdio>

#include "cli/event_stream.h"
#include "cli/reference.h"

namespace souk::cli {
namespace {

std::string experiment_path(const Name& name) {
  return api_path({"namespaces", name.namespace_, "experiments", name.slug});
}

Result<std::string> run_path(const std::string& text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string::npos || slash + 1 == text.size()) {
    return invalid_argument("'" + text + "' names no run").advise("write [namespace/]experiment/run");
  }
  const Name name = SOUK_TRY(parse_name(text.substr(0, slash), "experiment"));
  return experiment_path(name) + "/runs/" + net::encode_path_segment(text.substr(slash + 1));
}

std::string values_text(json::Value run, std::string_view member, std::string_view inner) {
  std::string text;
  const auto map = run.find(member);
  if (!map || map->kind() != json::Kind::object) return text;
  (void)map->each_member([&](std::string_view key, json::Value value) -> Status {
    text.append(text.empty() ? "" : ", ").append(printable(key)).append("=");
    text += inner.empty() ? printable(value.string()) : cell(value, inner);
    return {};
  });
  return text;
}

std::string metrics_text(json::Value run) {
  return values_text(run, "metrics", "value");
}
std::string parameters_text(json::Value run) {
  return values_text(run, "parameters", "");
}

std::string run_card(json::Value run) {
  return card({{"Run", "name"},
               {"Id", "id"},
               {"Uid", "uid"},
               {"Experiment", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "experiment"); }},
               {"Parent", "parent_run_id"},
               {"Status", "status"},
               {"State", "state"},
               {"Started", "start_time"},
               {"Ended", "end_time"},
               {"Metrics", "", metrics_text},
               {"Parameters", "", parameters_text},
               {"Owner", "owner"},
               {"Description", "description"},
               {"Tags", "tags"}},
              run);
}

struct NewExperiment {
  std::string name, slug;
};
BOOST_DESCRIBE_STRUCT(NewExperiment, (), (name, slug))
struct NewRun {
  std::optional<std::string> name;
  std::optional<std::int64_t> parent_run_id;
  std::map<std::string, std::string> tags;
};
BOOST_DESCRIBE_STRUCT(NewRun, (), (name, parent_run_id, tags))
struct Metric {
  std::string name;
  double value = 0;
  std::optional<std::int64_t> step;
  std::optional<std::string> timestamp;
};
BOOST_DESCRIBE_STRUCT(Metric, (), (name, value, step, timestamp))
struct RunArtifact {
  std::string kind, name;
  std::optional<std::string> uri, source;
};
BOOST_DESCRIBE_STRUCT(RunArtifact, (), (kind, name, uri, source))
struct Log {
  std::vector<Metric> metrics;
  std::map<std::string, json::Raw> parameters;
  std::vector<RunArtifact> artifacts;
};
BOOST_DESCRIBE_STRUCT(Log, (), (metrics, parameters, artifacts))
struct StatusPatch {
  std::string status;
};
BOOST_DESCRIBE_STRUCT(StatusPatch, (), (status))

template <class T>
bool parse_whole(std::string_view text, T& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// "loss=0.5" or "loss=0.5@3".
Result<Metric> parse_metric(const std::string& text) {
  const std::size_t equals = text.find('=');
  Metric out;
  std::string_view value = equals == std::string::npos ? "" : std::string_view(text).substr(equals + 1);
  const std::size_t at = value.find('@');
  bool good = equals != std::string::npos && equals > 0;
  if (good && at != std::string_view::npos) {
    std::int64_t step = 0;
    good = parse_whole(value.substr(at + 1), step);
    out.step = step;
  }
  good = good && parse_whole(value.substr(0, at), out.value);
  if (!good)
    return invalid_argument("'" + text + "' is no metric").advise("write --metric NAME=VALUE or NAME=VALUE@STEP");
  out.name = text.substr(0, equals);
  return out;
}

// "lr=0.1"; `option` is what it was given by.
Result<std::pair<std::string, std::string>> parse_pair(const std::string& text, std::string_view option) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return invalid_argument("'" + text + "' has no name").advise("write " + std::string(option) + " NAME=VALUE");
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

// A number, true and false are meant as such; all else is text.
json::Raw parameter_value(const std::string& text) {
  const auto document = json::Document::parse(text);
  const json::Kind kind = document ? document->root().kind() : json::Kind::string;
  const bool as_it_stands = kind == json::Kind::integer || kind == json::Kind::unsigned_integer ||
                            kind == json::Kind::number || kind == json::Kind::boolean;
  return {as_it_stands ? text : json::write(text)};
}

}  // namespace

Status experiment_create(const Context& context, const RunOptions& options) {
  const Name name = SOUK_TRY(parse_name(options.experiment, "experiment"));
  const NewExperiment wanted{options.name.empty() ? name.slug : options.name, name.slug};
  const json::Document made = SOUK_TRY(
      context.remote.send("POST", api_path({"namespaces", name.namespace_, "experiments"}), json::write(wanted)));
  context.out.print(made.root(), [&] { return "made the experiment " + name.string() + "\n"; });
  context.out.remark("next: souk run start " + name.string());
  return {};
}

Status experiment_list(const Context& context, const ListOptions& options) {
  const std::string ns = options.namespace_.empty() ? std::string(kDefaultNamespace) : options.namespace_;
  std::string path = api_path({"namespaces", ns, "experiments"});
  if (!options.filter.empty()) path += "?filter=" + net::encode_query_value(options.filter);
  if (!options.order_by.empty())
    path += (options.filter.empty() ? "?order_by=" : "&order_by=") + net::encode_query_value(options.order_by);
  const json::Document document = SOUK_TRY(context.remote.list(path, "experiments"));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "experiments");
    if (rows.empty()) return std::string("no experiments yet; make one: souk experiment create NAME\n");
    return table({{"EXPERIMENT", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "slug"); }},
                  {"NAME", "name"},
                  {"STATE", "state"},
                  {"OWNER", "owner"},
                  {"UPDATED", "update_time"},
                  {"DESCRIPTION", "description"}},
                 rows);
  });
  return {};
}

Status experiment_show(const Context& context, const RunOptions& options) {
  const Name name = SOUK_TRY(parse_name(options.experiment, "experiment"));
  const json::Document document = SOUK_TRY(context.remote.get(experiment_path(name)));
  context.out.print(document.root(), [&] {
    return card({{"Experiment", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "slug"); }},
                 {"Name", "name"},
                 {"Description", "description"},
                 {"State", "state"},
                 {"Owner", "owner"},
                 {"Tags", "tags"},
                 {"Created", "create_time"},
                 {"Updated", "update_time"}},
                document.root());
  });
  return {};
}

Status experiment_delete(const Context& context, const RunOptions& options) {
  const Name name = SOUK_TRY(parse_name(options.experiment, "experiment"));
  SOUK_TRY(context.confirm("delete experiment " + name.string() + (options.cascade ? " and all its runs" : "")));
  SOUK_TRY(context.remote.send("DELETE", experiment_path(name) + (options.cascade ? "?cascade=true" : ""), ""));
  context.out.remark("deleted " + name.string());
  return {};
}

Status run_start(const Context& context, const RunOptions& options) {
  const Name name = SOUK_TRY(parse_name(options.experiment, "experiment"));
  NewRun wanted;
  if (!options.name.empty()) wanted.name = options.name;
  if (!options.parent.empty()) {
    std::int64_t id = 0;
    if (!parse_whole(std::string_view(options.parent), id)) return invalid_argument("--parent takes the id of a run");
    wanted.parent_run_id = id;
  }
  for (const std::string& text : options.tags) wanted.tags.insert(SOUK_TRY(parse_pair(text, "--tag")));
  const json::Document run =
      SOUK_TRY(context.remote.send("POST", experiment_path(name) + "/runs", json::write(wanted)));
  const std::string shown = name.string() + "/" + cell(run.root(), "id");
  context.out.print(run.root(), [&] { return shown + "\n"; });
  context.out.remark("next: souk run log " + shown + " --metric loss=0.5@1");
  return {};
}

Status run_log(const Context& context, const RunOptions& options) {
  const std::string path = SOUK_TRY(run_path(options.run));
  Log log;
  for (const std::string& text : options.metrics) {
    log.metrics.push_back(SOUK_TRY(parse_metric(text)));
    if (!options.time.empty()) log.metrics.back().timestamp = options.time;
  }
  for (const std::string& text : options.parameters) {
    auto [name, value] = SOUK_TRY(parse_pair(text, "--param"));
    log.parameters[name] = parameter_value(value);
  }
  for (const std::string& text : options.inputs) {
    auto [name, source] = SOUK_TRY(parse_pair(text, "--input"));
    log.artifacts.push_back({"DATASET", std::move(name), std::nullopt, std::move(source)});
  }
  for (const std::string& text : options.artifacts) {
    auto [name, uri] = SOUK_TRY(parse_pair(text, "--artifact"));
    log.artifacts.push_back({"MODEL", std::move(name), std::move(uri), std::nullopt});
  }
  if (log.metrics.empty() && log.parameters.empty() && log.artifacts.empty())
    return invalid_argument("nothing to log was given")
        .advise("souk run log RUN --metric NAME=VALUE@STEP --param NAME=VALUE");
  SOUK_TRY(context.remote.send("POST", path + ":log", json::write(log)));
  context.out.remark("logged to " + options.run);
  return {};
}

Status run_finish(const Context& context, const RunOptions& options) {
  const std::string path = SOUK_TRY(run_path(options.run));
  const json::Document run = SOUK_TRY(context.remote.send("PATCH", path, json::write(StatusPatch{options.status})));
  context.out.print(run.root(), [&] { return run_card(run.root()); });
  return {};
}

Status run_list(const Context& context, const RunOptions& options, const ListOptions& list) {
  std::string path =
      options.experiment.empty()
          ? api_path(
                {"namespaces", list.namespace_.empty() ? kDefaultNamespace : std::string_view(list.namespace_), "runs"})
          : experiment_path(SOUK_TRY(parse_name(options.experiment, "experiment"))) + "/runs";
  if (!list.filter.empty()) path += "?filter=" + net::encode_query_value(list.filter);
  if (!list.order_by.empty())
    path += (list.filter.empty() ? "?order_by=" : "&order_by=") + net::encode_query_value(list.order_by);
  const json::Document document = SOUK_TRY(context.remote.list(path, "runs"));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "runs");
    if (rows.empty()) return std::string("no runs yet; start one: souk run start EXPERIMENT\n");
    return table({{"ID", "id"},
                  {"NAME", "name"},
                  {"EXPERIMENT", "experiment"},
                  {"STATUS", "status"},
                  {"STARTED", "start_time"},
                  {"METRICS", "", metrics_text},
                  {"PARAMETERS", "", parameters_text}},
                 rows);
  });
  return {};
}

Status run_show(const Context& context, const RunOptions& options) {
  const json::Document run = SOUK_TRY(context.remote.get(SOUK_TRY(run_path(options.run))));
  context.out.print(run.root(), [&] { return run_card(run.root()); });
  return {};
}

Status run_metrics(const Context& context, const RunOptions& options) {
  std::string path = SOUK_TRY(run_path(options.run)) + "/metrics?points=" + std::to_string(options.points);
  if (!options.name.empty()) path += "&names=" + net::encode_query_value(options.name);
  const json::Document document = SOUK_TRY(context.remote.get(path));
  context.out.print(document.root(), [&] {
    std::string text;
    for (json::Value metric : rows_of(document, "metrics")) {
      text += cell(metric, "name") + " (" + cell(metric, "points") + " points)\n";
      if (const auto values = metric.find("values")) {
        std::vector<json::Value> rows;
        (void)values->each_element([&](json::Value value) -> Status {
          rows.push_back(value);
          return {};
        });
        text += table({{"STEP", "step"}, {"VALUE", "value"}, {"TIME", "timestamp"}}, rows) + "\n";
      }
    }
    return text.empty() ? std::string("nothing was measured yet\n") : text;
  });
  return {};
}

Status run_watch(const Context& context, const RunOptions& options) {
  return follow_events(context.remote, SOUK_TRY(run_path(options.run)) + ":watch",
                       [&](const std::vector<net::ServerEvent>& events) -> Status {
                         for (const net::ServerEvent& event : events) {
                           const std::string line =
                               (context.out.for_people() ? event.type + "  " + printable(event.data) : event.data) +
                               "\n";
                           std::fwrite(line.data(), 1, line.size(), stdout);
                         }
                         std::fflush(stdout);
                         return {};
                       });
}

Status run_delete(const Context& context, const RunOptions& options) {
  const std::string path = SOUK_TRY(run_path(options.run));
  SOUK_TRY(context.confirm("delete run " + options.run + (options.cascade ? " and all nested ones" : "")));
  SOUK_TRY(context.remote.send("DELETE", path + (options.cascade ? "?cascade=true" : ""), ""));
  context.out.remark("deleted " + options.run);
  return {};
}

}  // namespace souk::cli
