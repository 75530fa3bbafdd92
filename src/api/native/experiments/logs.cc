// SPDX-License-Identifier: Apache-2.0
//
// What runs log, and reading it: artifacts, metric histories, what happens right now.
#include "api/bind.h"
#include "api/native/experiments/shapes.h"

namespace souk::api::native {
namespace {

using access::Role;
using registry::ArtifactKind;

struct LoggedMetric {
  std::string name;
  double value = 0;
  std::optional<std::int64_t> step;
  std::optional<Time> timestamp;
};
BOOST_DESCRIBE_STRUCT(LoggedMetric, (), (name, value, step, timestamp))
struct LoggedArtifact {
  ArtifactKind kind = ArtifactKind::MODEL;
  std::string name;
  std::optional<std::string> uri, description, digest, source_type, source, schema, profile;
  std::map<std::string, json::Raw> custom_properties;
};
BOOST_DESCRIBE_STRUCT(LoggedArtifact, (),
                      (kind, name, uri, description, digest, source_type, source, schema, profile, custom_properties))
struct LogBody {
  std::vector<LoggedMetric> metrics;
  std::map<std::string, json::Raw> parameters;
  std::vector<LoggedArtifact> artifacts;
};
BOOST_DESCRIBE_STRUCT(LogBody, (), (metrics, parameters, artifacts))
struct LogToRun {
  std::string ns, experiment, run;
  LogBody body;
};
BOOST_DESCRIBE_STRUCT(LogToRun, (), (ns, experiment, run, body))

struct RunArtifact {
  ArtifactId id;
  std::string uid;
  ArtifactKind kind = ArtifactKind::MODEL;
  std::string name, description;
  registry::ArtifactState state = registry::ArtifactState::UNKNOWN;
  std::optional<std::string> uri, held, digest, source_type, source, schema, profile;
  std::optional<double> value;
  std::optional<std::int64_t> step;
  std::optional<Time> timestamp;
  std::optional<std::string> text_value;
  std::optional<VersionId> version_id;
  json::Raw custom_properties;
  Time create_time, update_time;
};
BOOST_DESCRIBE_STRUCT(RunArtifact, (),
                      (id, uid, kind, name, description, state, uri, held, digest, source_type, source, schema, profile,
                       value, step, timestamp, text_value, version_id, custom_properties, create_time, update_time))
struct RunArtifactList {
  std::vector<RunArtifact> artifacts;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(RunArtifactList, (), (artifacts, next_page_token))
struct ListRunArtifacts : ListFields {
  std::string ns, experiment, run;
};
BOOST_DESCRIBE_STRUCT(ListRunArtifacts, (ListFields), (ns, experiment, run))

struct MetricCurve {
  std::string name;
  std::int64_t points = 0;  // in the whole history
  std::vector<MetricValue> values;
};
BOOST_DESCRIBE_STRUCT(MetricCurve, (), (name, points, values))
struct MetricCurves {
  std::vector<MetricCurve> metrics;
};
BOOST_DESCRIBE_STRUCT(MetricCurves, (), (metrics))
struct GetCurves {
  std::string ns, experiment, run;
  std::optional<std::string> names;
  std::optional<std::int64_t> points;
};
BOOST_DESCRIBE_STRUCT(GetCurves, (), (ns, experiment, run, names, points))

struct MetricHistory {
  std::vector<MetricValue> points;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(MetricHistory, (), (points, next_page_token))
struct GetHistory {
  std::string ns, experiment, run, metric;
  std::optional<std::string> filter, page_token, order_by;
  std::optional<std::int64_t> page_size;
};
BOOST_DESCRIBE_STRUCT(GetHistory, (), (ns, experiment, run, metric, filter, page_token, order_by, page_size))

// {"lr": 0.1, "optimizer": "adam"}: what a value is says its type.
Result<registry::LoggedParameter> parameter_of(const std::string& name, const json::Raw& raw) {
  const json::Document document = SOUK_TRY(json::Document::parse(raw.text));
  const json::Value value = document.root();
  switch (value.kind()) {
    case json::Kind::string:
      return registry::LoggedParameter{name, std::string(value.string()), registry::ParameterType::string};
    case json::Kind::boolean:
      return registry::LoggedParameter{name, raw.text, registry::ParameterType::boolean};
    case json::Kind::integer:
    case json::Kind::unsigned_integer:
    case json::Kind::number:
      return registry::LoggedParameter{name, raw.text, registry::ParameterType::number};
    default:
      return registry::LoggedParameter{name, raw.text, registry::ParameterType::object};
  }
}

Result<registry::LogBatch> batch_of(const LogBody& body) {
  registry::LogBatch out;
  out.metrics.reserve(body.metrics.size());
  for (const LoggedMetric& metric : body.metrics)
    out.metrics.push_back({metric.name, metric.value, metric.step.value_or(0), metric.timestamp});
  for (const auto& [name, value] : body.parameters) out.parameters.push_back(SOUK_TRY(parameter_of(name, value)));
  for (const LoggedArtifact& from : body.artifacts) {
    registry::Artifact artifact;
    artifact.kind = from.kind;
    artifact.name = from.name;
    artifact.state = registry::ArtifactState::LIVE;
    artifact.uri = from.uri;
    artifact.description = from.description.value_or("");
    artifact.digest = from.digest;
    artifact.source_type = from.source_type;
    artifact.source = from.source;
    artifact.schema = from.schema;
    artifact.profile = from.profile;
    artifact.custom_properties.text = json::write(from.custom_properties);
    out.artifacts.push_back(std::move(artifact));
  }
  return out;
}

RunArtifact shape(const registry::Artifact& a) {
  return {.id = a.id,
          .uid = a.uid,
          .kind = a.kind,
          .name = a.name,
          .description = a.description,
          .state = a.state,
          .uri = a.uri,
          .held = a.held,
          .digest = a.digest,
          .source_type = a.source_type,
          .source = a.source,
          .schema = a.schema,
          .profile = a.profile,
          .value = a.value,
          .step = a.step,
          .timestamp = a.timestamp,
          .text_value = a.text_value,
          .version_id = a.version_id,
          .custom_properties = a.custom_properties,
          .create_time = a.create_time,
          .update_time = a.update_time};
}

MetricValue shape(const registry::MetricPoint& point) {
  return {point.value, point.step, point.timestamp};
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    if (!one.empty()) out.emplace_back(one);
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
  return out;
}

Result<MetricCurves> curves(const Rooms& rooms, const access::Call& call, const GetCurves& request) {
  const auto found = SOUK_TRY(get_run(rooms, call, Role::READER, request.ns, request.experiment, request.run));
  const std::int64_t most = request.points.value_or(2000);
  if (most < 2 || most > 10'000) return invalid_argument("points is 2 to 10000").at("points");
  MetricCurves out;
  for (const registry::Curve& curve :
       SOUK_TRY(rooms.run_log.curves(found.run, split(request.names.value_or("")), static_cast<std::size_t>(most)))) {
    MetricCurve& one = out.metrics.emplace_back(MetricCurve{curve.name, curve.points, {}});
    for (const registry::MetricPoint& point : curve.shown) one.values.push_back(shape(point));
  }
  return out;
}

Result<MetricHistory> history(const Rooms& rooms, const access::Call& call, const GetHistory& request) {
  const auto found = SOUK_TRY(get_run(rooms, call, Role::READER, request.ns, request.experiment, request.run));
  const std::string order = request.order_by.value_or("");
  if (!order.empty() && order != "asc" && order != "desc")
    return invalid_argument("order_by is asc or desc: points come in the order they were logged").at("order_by");
  registry::HistoryQuery query{
      .namespace_id = found.run->namespace_id, .run_id = found.run->id, .name = request.metric};
  query.filter = request.filter.value_or("");
  query.newest_first = order == "desc";
  query.page_size = request.page_size.value_or(100);
  query.page_token = request.page_token.value_or("");
  const auto page = SOUK_TRY(rooms.run_log.history(query));
  MetricHistory out;
  for (const registry::HistoryPoint& point : page.items) out.points.push_back(shape(point.point));
  out.next_page_token = page_token_of(page.next_page_token);
  return out;
}

Status watch(const Rooms& rooms, const ExchangePtr& exchange) {
  const auto found =
      SOUK_TRY(get_run(rooms, exchange->call, Role::READER, std::string(exchange->parameter("ns")),
                       std::string(exchange->parameter("experiment")), std::string(exchange->parameter("run"))));
  return listen(rooms, exchange, [id = found.run->id.value](const events::Event& event) {
    return event.kind == "run" && event.id == id;
  });
}

}  // namespace

void add_run_logs(RouteTable::Door& door, const Rooms& rooms) {
  const std::string run = "/api/v1/namespaces/{ns}/experiments/{experiment}/runs/{run}";
  door.add(plain<LogToRun, NoContent>("POST", run + ":log", kWriter, {.max_bytes = 8 << 20},
                                      {"log_to_run", "Log metrics, parameters and artifacts; all or nothing"},
                                      [&rooms](const access::Call& call, const LogToRun& request) -> Result<NoContent> {
                                        const auto found = SOUK_TRY(get_run(rooms, call, Role::WRITER, request.ns,
                                                                            request.experiment, request.run));
                                        SOUK_TRY(rooms.run_log.log(call, found.run, SOUK_TRY(batch_of(request.body))));
                                        return NoContent{};
                                      }));
  door.add(plain<ListRunArtifacts, RunArtifactList>(
      "GET", run + "/artifacts", kReader, kUsual, {"list_run_artifacts", "What a run used, made and measured"},
      [&rooms](const access::Call& call, const ListRunArtifacts& request) -> Result<RunArtifactList> {
        const auto found = SOUK_TRY(get_run(rooms, call, Role::READER, request.ns, request.experiment, request.run));
        const auto page = SOUK_TRY(
            rooms.records.list(call, {registry::Parent::run_id, found.run->id.value}, SOUK_TRY(list_query(request))));
        RunArtifactList out;
        for (const registry::Artifact& artifact : page.items) out.artifacts.push_back(shape(artifact));
        out.next_page_token = page_token_of(page.next_page_token);
        return out;
      }));
  door.add(plain<GetCurves, MetricCurves>(
      "GET", run + "/metrics", kReader, kUsual,
      {"get_run_metrics", "Curves of a run's metrics, at most `points` points each"},
      [&rooms](const access::Call& call, const GetCurves& request) { return curves(rooms, call, request); }));
  door.add(plain<GetHistory, MetricHistory>(
      "GET", run + "/metrics/{metric}", kReader, kUsual, {"get_metric_history", "Every point of one metric, in pages"},
      [&rooms](const access::Call& call, const GetHistory& request) { return history(rooms, call, request); }));
  Route route{"GET",
              run + ":watch",
              kReader,
              {.max_bytes = 0},
              Form::plain,
              [&rooms](const ExchangePtr& exchange) {
                if (Status status = watch(rooms, exchange); !status) exchange->fail(status.error());
              },
              {}};
  route.doc.operation_id = "watch_run";
  route.doc.summary = "What a run logs, as server-sent events; resumed by Last-Event-ID";
  const std::string text = R"({"type":"string"})";
  for (const char* name : {"ns", "experiment", "run"}) route.doc.parameters.push_back({name, "path", true, text, ""});
  route.doc.response_schema = text;
  route.doc.response_type = "text/event-stream";
  door.add(std::move(route));
}

}  // namespace souk::api::native
