// SPDX-License-Identifier: Apache-2.0
#include "registry/metrics/run_log.h"

#include <cmath>
#include <map>

#include "registry/metrics/series.h"
#include "registry/records/changes.h"
#include "registry/records/held.h"
#include "registry/records/rows.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxPoints = 10'000;
constexpr std::size_t kMaxParameters = 1000;
constexpr std::size_t kMaxValue = 1 << 20;
constexpr std::size_t kToldMetrics = 100;  // latest values in the event

struct Told {
  std::int64_t step = 0;
  Time timestamp;
  double value = 0;
};
BOOST_DESCRIBE_STRUCT(Told, (), (step, timestamp, value))
struct LoggedData {
  ExperimentId experiment_id;
  std::map<std::string, Told> metrics;
  std::vector<std::string> parameters, artifacts;
};
BOOST_DESCRIBE_STRUCT(LoggedData, (), (experiment_id, metrics, parameters, artifacts))

bool is_newer(const MetricPoint& a, const MetricPoint& b) {
  return a.step != b.step ? a.step > b.step : a.timestamp >= b.timestamp;
}

using Points = std::map<std::string, std::vector<MetricPoint>, std::less<>>;

Result<Points> points_of(const std::vector<LoggedMetric>& metrics, Time at) {
  if (metrics.size() > kMaxPoints) {
    return invalid_argument("a batch has at most 10000 metric points; this has " + std::to_string(metrics.size()))
        .at("metrics");
  }
  Points out;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const LoggedMetric& metric = metrics[i];
    const std::string where = "metrics[" + std::to_string(i) + "]";
    auto slot = out.find(metric.name);
    if (slot == out.end()) {
      SOUK_TRY(access::check_name(metric.name, where + ".name"));
      slot = out.emplace(metric.name, std::vector<MetricPoint>()).first;
    }
    if (!std::isfinite(metric.value))
      return invalid_argument(where + ".value is not a finite number").at(where + ".value");
    const Time time = metric.timestamp.value_or(at);
    if (to_millis(time) < 0 || to_millis(time) > 253402300799999)
      return invalid_argument(where + ".timestamp is not between 1970 and the year 9999").at(where + ".timestamp");
    slot->second.push_back({metric.step, time, metric.value});
  }
  return out;
}

Status check_parameters(const std::vector<LoggedParameter>& parameters) {
  if (parameters.size() > kMaxParameters) {
    return invalid_argument("a batch has at most 1000 parameters; this has " + std::to_string(parameters.size()))
        .at("parameters");
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string where = "parameters[" + std::to_string(i) + "]";
    SOUK_TRY(access::check_name(parameters[i].name, where + ".name"));
    SOUK_TRY(access::check_text(parameters[i].value, kMaxValue, where + ".value"));
    if (parameters[i].type == ParameterType::number && !is_number(parameters[i].value))
      return invalid_argument(where + ".value is not a finite number").at(where + ".value");
  }
  return {};
}

// The artifact that shows a metric's latest value.
Status put_latest(store::Tx& tx, const ExperimentRun& run, const std::string& name, const MetricPoint& latest,
                  Time at) {
  return tx.defer(
      "INSERT INTO artifacts (uid, namespace_id, experiment_id, run_id, kind, name, description, state, value, step, "
      "timestamp, custom_properties, create_time, update_time, revision) VALUES ($1, $2, $3, $4, 'METRIC', $5, '', "
      "'LIVE', $6, $7, $8, '{}', $9, $9, 1) ON CONFLICT (run_id, kind, name) DO UPDATE SET value = excluded.value, "
      "step = excluded.step, timestamp = excluded.timestamp, update_time = excluded.update_time, "
      "revision = artifacts.revision + 1 WHERE artifacts.step IS NULL OR excluded.step > artifacts.step OR "
      "(excluded.step = artifacts.step AND excluded.timestamp >= artifacts.timestamp)",
      new_uid(), run.namespace_id, run.experiment_id, run.id, name, latest.value, latest.step, latest.timestamp, at);
}

Status put_parameter(store::Tx& tx, const ExperimentRun& run, const LoggedParameter& parameter, Time at) {
  return tx.defer(
      "INSERT INTO artifacts (uid, namespace_id, experiment_id, run_id, kind, name, description, state, text_value, "
      "parameter_type, custom_properties, create_time, update_time, revision) VALUES ($1, $2, $3, $4, 'PARAMETER', $5, "
      "'', 'LIVE', $6, $7, '{}', $8, $8, 1) ON CONFLICT (run_id, kind, name) DO UPDATE SET "
      "text_value = excluded.text_value, parameter_type = excluded.parameter_type, "
      "update_time = excluded.update_time, revision = artifacts.revision + 1",
      new_uid(), run.namespace_id, run.experiment_id, run.id, parameter.name, parameter.value, parameter.type, at);
}

Status tell(const Writer& by, store::Tx& tx, const ExperimentRun& run, const LoggedData& data) {
  return by.state.append(tx, by.call, by.place, "run.logged", "run", run.id.value, run.name, json::write(data));
}

bool is_value(ArtifactKind kind) {
  return kind == ArtifactKind::METRIC || kind == ArtifactKind::PARAMETER;
}

// The metric or parameter of that name under the same parent, held: who else would change it waits.
Result<std::optional<Artifact>> hold_same_named(store::Tx& tx, const Artifact& wanted) {
  const std::string select = "SELECT " + store::columns<Artifact>() + " FROM artifacts WHERE ";
  const std::string where =
      std::string("_id = $1 AND kind = $2 AND name = $3") +
      (tx.dialect() == store::Dialect::postgresql ? " FOR UPDATE" : "");  // SQLite writes one at a time
  if (wanted.run_id) return tx.first<Artifact>(select + "run" + where, *wanted.run_id, wanted.kind, wanted.name);
  if (!wanted.version_id) return std::optional<Artifact>();
  return tx.first<Artifact>(select + "version" + where, *wanted.version_id, wanted.kind, wanted.name);
}

// `before` with what `wanted` says: what is left out there stays. An artifact of no version or run may be attached to
// one, never moved.
Result<Artifact> merged_artifact(const Artifact& before, const Artifact& wanted) {
  if (before.version_id && wanted.version_id && before.version_id != wanted.version_id)
    return invalid_argument("the artifact belongs to another model version").at("id");
  if (before.run_id && wanted.run_id && before.run_id != wanted.run_id)
    return invalid_argument("the artifact belongs to another run").at("id");
  Artifact after = wanted;
  boost::mp11::mp_for_each<store::detail::Members<Artifact>>([&](auto member) {
    auto& field = after.*member.pointer;
    using Field = std::remove_cvref_t<decltype(field)>;
    bool absent = false;
    if constexpr (std::is_same_v<Field, json::Raw>) {
      absent = field.text == "{}";
    } else if constexpr (requires { field.empty(); }) {
      absent = field.empty();
    } else if constexpr (requires { field.has_value(); }) {
      absent = !field.has_value();
    }
    if (absent) field = before.*member.pointer;
  });
  if (wanted.state == ArtifactState::UNKNOWN) after.state = before.state;
  after.id = before.id;
  after.uid = before.uid;
  after.create_time = before.create_time;
  after.update_time = before.update_time;
  after.revision = before.revision;
  return after;
}

}  // namespace

Status RunLog::log(const access::Call& call, const access::Authorized<ExperimentRun>& run,
                   const LogBatch& batch) const {
  SOUK_TRY(need(run.role(), access::Role::WRITER, label(*run)));
  const Time at = now();
  const Points metrics = SOUK_TRY(points_of(batch.metrics, at));
  SOUK_TRY(check_parameters(batch.parameters));
  std::vector<Artifact> artifacts = batch.artifacts;
  LoggedData data{.experiment_id = run->experiment_id};
  for (Artifact& artifact : artifacts) {
    if (is_value(artifact.kind)) return invalid_argument("metrics and parameters have lists of their own").at("kind");
    artifact.uid = new_uid();
    artifact.namespace_id = run->namespace_id;
    artifact.run_id = run->id;
    artifact.create_time = artifact.update_time = at;
    SOUK_TRY(check_fields(static_cast<const Artifact*>(nullptr), artifact));
    data.artifacts.push_back(artifact.name);
  }
  for (const LoggedParameter& parameter : batch.parameters) data.parameters.push_back(parameter.name);
  std::map<std::string, MetricPoint> latest;
  for (const auto& [name, points] : metrics) {
    MetricPoint newest = points.front();
    for (const MetricPoint& point : points) {
      if (is_newer(point, newest)) newest = point;
    }
    latest.emplace(name, newest);
    if (data.metrics.size() < kToldMetrics) data.metrics[name] = {newest.step, newest.timestamp, newest.value};
  }
  const Writer by = SOUK_TRY(writer_in(*state_, call, run->namespace_id));
  const auto write = [&](store::Tx& tx) -> Status {
    if (!SOUK_TRY(find_row<ExperimentRun>(tx, run->id))) return not_found(label(*run) + " does not exist");
    for (const auto& [name, points] : metrics) {
      SOUK_TRY(append_points(tx, run->id, name, points));
      SOUK_TRY(put_latest(tx, *run, name, latest.at(name), at));
    }
    for (const LoggedParameter& parameter : batch.parameters) SOUK_TRY(put_parameter(tx, *run, parameter, at));
    for (const Artifact& artifact : artifacts) {
      Artifact record = artifact;
      SOUK_TRY(insert_record(by, tx, record, true));
    }
    return tell(by, tx, *run, data);
  };
  return state_->store.write(write, store::Isolation::read_committed);  // upserts, each of which holds its row
}

Result<Artifact> RunLog::put_artifact(const access::Call& call, Artifact wanted, bool& created) const {
  const Time at = now();
  const ArtifactId id = wanted.id;
  if (wanted.kind == ArtifactKind::METRIC && wanted.run_id) {
    if (!wanted.timestamp) wanted.timestamp = at;
    if (!wanted.step) wanted.step = 0;
  }
  Artifact fresh = wanted;
  fresh.id = {};
  fresh.uid = new_uid();
  fresh.create_time = fresh.update_time = at;
  SOUK_TRY(check_fields(static_cast<const Artifact*>(nullptr), fresh));
  SOUK_TRY(find_model_of(*state_, fresh));
  SOUK_TRY(state_->access.authorize(call, access::Role::WRITER, fresh));
  const Writer by = SOUK_TRY(writer_in(*state_, call, fresh.namespace_id));
  const auto put = [&](store::Tx& tx) -> Result<Artifact> {
    created = false;
    std::optional<Artifact> before;
    if (id) {
      before = SOUK_TRY(find_row<Artifact>(tx, id));
      if (!before || before->namespace_id != wanted.namespace_id)
        return not_found("artifact " + std::to_string(id.value) + " does not exist").at("id");
      SOUK_TRY(state_->access.authorize(call, access::Role::WRITER, *before));
    } else if (is_value(wanted.kind)) {
      before = SOUK_TRY(hold_same_named(tx, fresh));
    }
    Artifact after = fresh;
    if (!before) {
      const Status inserted = insert_record(by, tx, after, true);
      created = inserted.has_value();
      // Somebody else made it meanwhile.
      if (!created && is_value(wanted.kind)) before = SOUK_TRY(hold_same_named(tx, fresh));
      if (!created && !before) return inserted.error();
    }
    if (before) after = SOUK_TRY(change_record(by, tx, *before, SOUK_TRY(merged_artifact(*before, wanted))));
    SOUK_TRY(note_foreign_bytes(tx, after));
    if (after.kind == ArtifactKind::METRIC && after.run_id) {
      const MetricPoint point{after.step.value_or(0), after.timestamp.value_or(at), after.value.value_or(0)};
      SOUK_TRY(append_points(tx, *after.run_id, after.name, {point}));
    }
    return after;
  };
  // What is named is new, which constraints decide, or held; what is asked for by its id is only read.
  return state_->store.write(put, id ? store::Isolation::serializable : store::Isolation::read_committed);
}

}  // namespace souk::registry
