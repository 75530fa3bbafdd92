// SPDX-License-Identifier: Apache-2.0
//
// What ModelRuns is made of. Inside the room only.
#pragma once

#include <memory>
#include <string>

#include "tasks/runs/model_runs.h"
#include "tasks/runs/recorder.h"
#include "tasks/runs/waiters.h"

namespace souk::tasks {

inline constexpr const char* kQueue = "operations";
inline constexpr const char* kExpiry = "runs-expiry";

struct ModelRuns::State {
  State(RunSettings settings, store::Store& store, events::Log& events, access::Access& access,
        registry::Registry& registry, serving::Serving& serving, work::Work& work, Logger& log, Metrics& metrics);

  // What is not deployed because it is not there is not_found.
  Result<serving::Pinned> pin(const access::Call& call, const TriggerRequest& request);
  ModelRun new_run(const access::Call& call, const TriggerRequest& request) const;
  void record(ModelRun run, const TriggerRequest& request, const Result<Outputs>& result);
  Sight sight_of(const access::Call& call);
  bool may_see(const access::Principal& principal, const ModelRun& run) const;

  // --- operations (operations.cc) -----------------------------------------------------------------------
  Status execute(work::Attempt& attempt);
  Status begin(work::Attempt& attempt, ModelRun& run, std::vector<json::Raw>& inputs, bool& ended);
  Result<Outputs> invoke(work::Attempt& attempt, ModelRun& run, std::vector<json::Raw> inputs);
  Status finish(work::Attempt& attempt, ModelRun run, const Result<Outputs>& result, bool keep_inputs);
  Status gave_up(store::Tx& tx, const work::Item& item, const Error& error);
  Status append(store::Tx& tx, const ModelRun& run, const std::string& actor);
  Status expire_old(work::Attempt& attempt);

  const RunSettings settings;
  store::Store& store;
  events::Log& events;
  access::Access& access;
  registry::Registry& registry;
  serving::Serving& serving;
  work::Work& work;
  Logger& log;
  Invoker invoker;
  Recorder recorder;
  Waiters waiters;
  events::Subscription subscription;
  Counter& succeeded;
  Counter& failed;
  Histogram& seconds;
};

Payload payload_for(const RunSettings& settings, const std::vector<json::Raw>* inputs, const Outputs* outputs);
// A JSON array of what is JSON each.
json::Raw array_of(const std::vector<json::Raw>& elements);
Result<std::vector<json::Raw>> elements_of(const json::Raw& array);
// The `data` object of each input.
Result<std::vector<json::Raw>> data_of(const std::vector<json::Raw>& inputs);

}  // namespace souk::tasks
