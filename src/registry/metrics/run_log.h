// SPDX-License-Identifier: Apache-2.0
//
// What a run writes down while it goes: parameters, metrics with their whole history, artifacts. The latest value of
// a metric is an artifact of the run; every value it ever had is kept in packed chunks (chunk.h) in the order they
// came. Thread-safe.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "registry/metrics/chunk.h"
#include "registry/records/records.h"

namespace souk::registry {

struct LoggedMetric {
  std::string name;
  double value = 0;
  std::int64_t step = 0;
  std::optional<Time> timestamp;  // absent: now
};
struct LoggedParameter {
  std::string name;
  std::string value;
  ParameterType type = ParameterType::string;
};
struct LogBatch {
  std::vector<LoggedMetric> metrics;  // at most 10,000
  std::vector<LoggedParameter> parameters;
  std::vector<Artifact> artifacts;  // inputs and what was made; metrics and parameters are above
};

// A point with the metric it is of.
struct HistoryPoint {
  RunId run_id;
  ExperimentId experiment_id;
  std::string name;
  MetricPoint point;
};

struct HistoryQuery {
  NamespaceId namespace_id;
  std::optional<RunId> run_id;  // absent: all runs of the namespace
  std::optional<std::string> name;
  std::set<std::int64_t> steps;  // empty: all
  std::string filter;            // of name, step, timestamp, value
  bool newest_first = false;
  std::int64_t page_size = 100;
  std::string page_token;
};

struct Curve {
  std::string name;
  std::int64_t points = 0;  // in the whole history
  std::vector<MetricPoint> shown;
};

// What a list shows of a run besides its row.
struct RunValues {
  std::vector<Artifact> metrics, parameters;  // by name; at most 100 each
};

class RunLog {
 public:
  explicit RunLog(Registry& registry) : registry_(registry), state_(registry.state_) {}

  // One transaction. A parameter or metric of a known name takes the new value; of a metric, unless its step or then
  // its time lies before what is there. Errors: invalid_argument (name, a value that is not finite, too many)
  Status log(const access::Call& call, const access::Authorized<ExperimentRun>& run, const LogBatch& batch) const;

  // An artifact of a version or a run (`wanted` says which). One of its id is updated; a metric or parameter of a name
  // that is there under the same parent takes the new value; a metric of a run also adds to its history.
  // Errors: as Records::create and update, not_found (the id)
  Result<Artifact> put_artifact(const access::Call& call, Artifact wanted, bool& created) const;
  // Where the artifact's uri is that of a manifest here (oci://OWN_HOST/NAMESPACE/MODEL…), it is held from now on, and
  // a version of the artifact that is still open is sealed with it. Any other uri stays as it is.
  Result<Artifact> hold_bytes(const access::Call& call, Artifact artifact, std::string_view own_host) const;

  // Pages of points. Errors: invalid_argument (filter, token)
  Result<Page<HistoryPoint>> history(const HistoryQuery& query) const;
  // In the order of `runs`; one statement.
  Result<std::vector<RunValues>> values(const std::vector<RunId>& runs) const;
  // At most about `most` points of each metric (all of the run when none is named), in one read.
  Result<std::vector<Curve>> curves(const access::Authorized<ExperimentRun>& run, const std::vector<std::string>& names,
                                    std::size_t most) const;

 private:
  Registry& registry_;
  std::shared_ptr<Registry::State> state_;
};

}  // namespace souk::registry
