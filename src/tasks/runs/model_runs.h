// SPDX-License-Identifier: Apache-2.0
//
// Typed tasks invoked and recorded. A synchronous run is answered first and recorded behind its answer; an operation is
// durable before it is acknowledged, runs on the queue `operations`, and its result is kept exactly once, in the
// transaction that ends its work. Each move of an operation is an event `operation.*`.
//
// Who may see a run: who asked for it, as long as the model is theirs to call, and admins of the model; the latter do
// not see what went in and came out for others. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/access.h"
#include "events/log.h"
#include "registry/registry.h"
#include "serving/serving.h"
#include "tasks/invoker.h"
#include "tasks/runs/model.h"
#include "tasks/runs/run_rows.h"
#include "work/work.h"

namespace souk::tasks {

struct TriggerRequest {
  std::string namespace_;              // empty: the call's
  std::string model;                   // slug
  std::optional<std::string> version;  // number or name; none: what the default deployment answers with
  std::string deployment = {};         // "namespace/slug", of that model; empty: the default one
  std::vector<json::Raw> inputs;       // task inputs, each with a `data` object
  RunSource source = RunSource::API;
  std::string requester;                   // slug of a namespace; empty: the call's
  const net::RequestHead* head = nullptr;  // for rules that look at headers; read before the call returns
};

struct Triggered {
  std::string run_uid;
  std::string task;  // "CLASSIFICATION"
  std::string digest;
  Outputs outputs;
};

using AuthorizedRun = access::Authorized<ModelRun>;

class ModelRuns {
 public:
  ModelRuns(RunSettings settings, store::Store& store, events::Log& events, access::Access& access,
            registry::Registry& registry, serving::Serving& serving, work::Work& work, Logger& log, Metrics& metrics);
  ~ModelRuns();
  // Adds its queues to work; before work.start().
  void add_queues();
  Status start();
  void stop();

  // `done` exactly once. Errors: not_found, permission_denied, failed_precondition (not deployed, no task),
  // unavailable (loading, overloaded), invalid_argument (`task_inputs[i]…`)
  void trigger(const access::Call& call, TriggerRequest request, std::function<void(Result<Triggered>)> done);
  // Errors: likewise, but what is only not ready yet is waited for by the operation
  Result<ModelRun> trigger_async(const access::Call& call, TriggerRequest request);

  // Errors: not_found (also for what the caller may not see)
  Result<AuthorizedRun> get(const access::Call& call, std::string_view uid);
  // Empty for who did not ask for the run.
  Result<Payload> payload(const access::Call& call, const AuthorizedRun& run);
  Result<store::Page<ModelRun>> list(const access::Call& call, bool operations, const store::ListQuery& query);
  // `model` none: of all. Its sight is filled in here.
  Result<NumberedPage> page(const access::Call& call, RunFilter filter, std::string_view filter_text,
                            std::string_view order_by, std::int64_t offset, std::int64_t limit);
  // The newest operation of the caller on a model, or on a version of it by name.
  Result<AuthorizedRun> latest(const access::Call& call, ModelId model, const std::optional<std::string>& version);
  Result<RunCount> count(ModelId model);
  // Asks an operation to end; it may be running still when this returns. Errors: failed_precondition (it has ended)
  Result<ModelRun> cancel(const access::Call& call, const AuthorizedRun& run);
  // Calls done once the operation has ended, or the deadline came (with what is then); on a thread of this room.
  void wait(const AuthorizedRun& run, Deadline deadline, std::function<void(Result<ModelRun>)> done);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

// Errors: invalid_argument (none, too many, one without `data`)
Status check_inputs(const std::vector<json::Raw>& inputs);

}  // namespace souk::tasks
