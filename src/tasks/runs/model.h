// SPDX-License-Identifier: Apache-2.0
//
// The record of an invocation of a typed task. One that was asked for asynchronously is an operation as well: its
// handle is the run's uid, and its answer the run's outputs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/model.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/time.h"
#include "work/model.h"

namespace souk::tasks {

using RunId = Id<struct RunKind>;

BOOST_DEFINE_ENUM_CLASS(RunState, QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
BOOST_DEFINE_ENUM_CLASS(RunSource, API, CONSOLE)

// The one table of allowed moves.
bool may_become(RunState from, RunState to);
inline bool is_final(RunState state) {
  return state != RunState::QUEUED && state != RunState::RUNNING;
}

struct ModelRun {
  RunId id;
  std::string uid;
  NamespaceId namespace_id;  // of the model
  ModelId model_id;
  std::string namespace_;  // slugs, as they were
  std::string model;
  std::string version;  // its name; empty: not known yet
  std::string digest;
  std::string task;  // "CLASSIFICATION"
  RunState state = RunState::QUEUED;
  RunSource source = RunSource::API;
  std::string requester;  // slug of the namespace on whose behalf
  PrincipalId runner_id;
  std::string runner;
  std::int64_t input_count = 0;
  work::ItemId item_id;  // of an operation; 0: a synchronous run
  std::string error_code;
  std::string error;
  double duration_ms = 0;  // of the last attempt
  Time create_time;
  Time update_time;
  std::optional<Time> start_time;
  std::optional<Time> end_time;

  bool is_operation() const { return item_id.value != 0; }
  access::ResourceRef resource() const {
    return {access::ObjectKind::MODEL, model_id.value, namespace_id, "run " + uid};
  }
};
BOOST_DESCRIBE_STRUCT(ModelRun, (),
                      (id, uid, namespace_id, model_id, namespace_, model, version, digest, task, state, source,
                       requester, runner_id, runner, input_count, item_id, error_code, error, duration_ms, create_time,
                       update_time, start_time, end_time))

// What went in and came out: JSON arrays of the task's own objects. Absent: not kept, or kept long enough.
struct Payload {
  std::optional<json::Raw> inputs;
  std::optional<json::Raw> outputs;
};

struct RunSettings {
  std::chrono::milliseconds keep_runs{30 * 86'400'000LL};
  std::chrono::milliseconds keep_payloads{3 * 86'400'000LL};
  settings::Bytes payload_limit{1 << 20};
  bool record_synchronous = true;
  std::int64_t operation_threads = 8;
  std::chrono::milliseconds operation_timeout{600'000};
  std::chrono::milliseconds operation_deadline{3'600'000};
};
void declare(settings::Table& table, RunSettings& s);

}  // namespace souk::tasks
