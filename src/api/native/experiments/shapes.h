// SPDX-License-Identifier: Apache-2.0
//
// Experiments, runs and what they log, as JSON.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/native/shapes.h"

namespace souk::api::native {

struct Experiment {
  ExperimentId id;
  std::string uid, namespace_, slug, name;
  std::optional<std::string> external_id;
  std::string description, owner;
  registry::State state = registry::State::LIVE;
  json::Raw tags, custom_properties;
  Time create_time, update_time;
  std::string etag;
};
BOOST_DESCRIBE_STRUCT(Experiment, (),
                      (id, uid, namespace_, slug, name, external_id, description, owner, state, tags, custom_properties,
                       create_time, update_time, etag))

struct MetricValue {
  double value = 0;
  std::int64_t step = 0;
  Time timestamp;
};
BOOST_DESCRIBE_STRUCT(MetricValue, (), (value, step, timestamp))

struct Run {
  RunId id;
  std::string uid, namespace_, experiment;
  std::optional<RunId> parent_run_id;
  std::string name;
  std::optional<std::string> external_id;
  std::string description, owner;
  registry::RunStatus status = registry::RunStatus::RUNNING;
  registry::State state = registry::State::LIVE;
  std::optional<Time> start_time, end_time;
  std::map<std::string, MetricValue> metrics;  // the latest of each; at most 100
  std::map<std::string, std::string> parameters;
  json::Raw tags, custom_properties;
  Time create_time, update_time;
  std::string etag;
};
BOOST_DESCRIBE_STRUCT(Run, (),
                      (id, uid, namespace_, experiment, parent_run_id, name, external_id, description, owner, status,
                       state, start_time, end_time, metrics, parameters, tags, custom_properties, create_time,
                       update_time, etag))

Experiment shape(const std::string& ns, const registry::Experiment& experiment);
// With their values: one look-up for all.
Result<std::vector<Run>> shapes(const Rooms& rooms, const std::string& ns, const std::string& experiment,
                                const std::vector<registry::ExperimentRun>& runs);

// By slug or id. Errors: not_found
Result<access::Authorized<registry::Experiment>> get_experiment(const Rooms& rooms, const access::Call& call,
                                                                access::Role needed, const std::string& ns,
                                                                const std::string& experiment);
struct RunOfExperiment {
  access::Authorized<registry::Experiment> experiment;
  access::Authorized<registry::ExperimentRun> run;
};
// By id, uid or name. Errors: not_found (none, or several of the name)
Result<RunOfExperiment> get_run(const Rooms& rooms, const access::Call& call, access::Role needed,
                                const std::string& ns, const std::string& experiment, const std::string& run);

}  // namespace souk::api::native
