// SPDX-License-Identifier: Apache-2.0
//
// Operations: runs that are asked for now and done by the queue.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "access/idempotency.h"
#include "base/digest.h"
#include "tasks/runs/state.h"

namespace souk::tasks {
namespace {

struct QueuedRun {
  std::string run;                                 // its uid
  std::optional<std::string> version, deployment;  // those that were asked for
};
BOOST_DESCRIBE_STRUCT(QueuedRun, (), (run, version, deployment))

struct OperationData {
  std::string uid;
  RunState state = RunState::QUEUED;
  std::string model;
};
BOOST_DESCRIBE_STRUCT(OperationData, (), (uid, state, model))

void note_error(ModelRun& run, const Error& error) {
  constexpr std::size_t kMost = 4096;
  run.error_code = std::string(code_name(error.code));
  run.error = error.describe().substr(0, kMost);
  std::erase(run.error, '\0');
  while (!run.error.empty() && !json::is_utf8(run.error)) run.error.pop_back();
}

Error vanished(const std::string& uid) {
  return not_found("operation " + uid + " is no longer recorded");
}

}  // namespace

Status ModelRuns::State::append(store::Tx& tx, const ModelRun& run, const std::string& actor) {
  OperationData data{run.uid, run.state, run.namespace_ + "/" + run.model};
  return events.append(tx, {.type = run.state == RunState::QUEUED ? "operation.created" : "operation.updated",
                            .namespace_id = run.namespace_id,
                            .namespace_ = run.namespace_,
                            .kind = "operation",
                            .id = run.id.value,
                            .name = run.uid,
                            .actor = actor,
                            .trace_id = "",
                            .data = json::Raw{json::write(data)}});
}

Result<ModelRun> ModelRuns::trigger_async(const access::Call& call, TriggerRequest request) {
  State& s = *state_;
  const auto pinned = s.pin(call, request);
  if (!pinned && pinned.error().code != Code::unavailable) return pinned.error();
  SOUK_TRY(check_inputs(request.inputs));
  SOUK_TRY(data_of(request.inputs));
  ModelRun wanted = s.new_run(call, request);
  if (pinned) {
    const TaskPtr task = SOUK_TRY(s.invoker.task_of(*pinned));
    wanted.task = std::string(task->name());
    wanted.version = (*pinned)->version_name;
    wanted.digest = (*pinned)->digest;
  }
  // Who may call a deployment need not see its model; the record needs its id.
  access::Call self = call;
  self.principal = s.access.system();
  const auto model = SOUK_TRY(s.registry.get_model(self, access::Role::READER, request.namespace_, request.model));
  wanted.model_id = model->id;
  wanted.namespace_id = model->namespace_id;
  const json::Raw inputs = array_of(request.inputs);
  const auto asked = [&] {
    return "trigger " + wanted.namespace_ + "/" + wanted.model + ":" + request.version.value_or("") + " " +
           (request.deployment.empty() ? "" : request.deployment + " ") + sha256(inputs.text).string();
  };
  return s.store.write([&](store::Tx& tx) -> Result<ModelRun> {
    const QueuedRun queued = SOUK_TRY(access::once<QueuedRun>(tx, call, asked, [&]() -> Result<QueuedRun> {
      ModelRun run = wanted;
      QueuedRun made{run.uid, request.version, {}};
      if (!request.deployment.empty()) made.deployment = request.deployment;
      work::NewItem item{.queue = kQueue,
                         .payload = json::Raw{json::write(made)},
                         .namespace_id = run.namespace_id,
                         .deadline = s.settings.operation_deadline};
      run.item_id = SOUK_TRY(s.work.enqueue(tx, item)).id;
      SOUK_TRY(insert_queued(tx, run, inputs));
      SOUK_TRY(s.append(tx, run, run.runner));
      return made;
    }));
    auto run = SOUK_TRY(find_run(tx, queued.run));
    if (!run) return vanished(queued.run);
    return *std::move(run);
  });
}

void ModelRuns::add_queues() {
  State& s = *state_;
  work::Queue operations{.name = kQueue, .run = [&s](work::Attempt& attempt) { return s.execute(attempt); }};
  operations.gave_up = [&s](store::Tx& tx, const work::Item& item, const Error& error) {
    return s.gave_up(tx, item, error);
  };
  operations.revived = [&s](store::Tx& tx, const work::Item& item) -> Status {
    const auto queued = SOUK_TRY(json::read<QueuedRun>(item.payload.text));
    return reopen(tx, queued.run, now());
  };
  operations.concurrency = s.settings.operation_threads;
  operations.max_attempts = 10;
  operations.first_retry = Duration(500);
  operations.longest_retry = Duration(60'000);
  operations.timeout = s.settings.operation_timeout;
  s.work.add(std::move(operations));
  work::Queue expiry{.name = kExpiry, .run = [&s](work::Attempt& attempt) { return s.expire_old(attempt); }};
  expiry.concurrency = 1;
  s.work.add(std::move(expiry));
}

Status ModelRuns::start() {
  State& s = *state_;
  s.subscription =
      SOUK_TRY(s.events.subscribe({.types = {"operation.updated"}, .visible = {}}, [&s](const events::EventPtr& event) {
        const auto data = json::read<OperationData>(event->data.text);
        if (data && is_final(data->state)) s.waiters.ended(data->uid);
      }));
  return s.store.write([&](store::Tx& tx) {
    return s.work.put_schedule(tx, {.name = kExpiry, .cron = "*/5 * * * *", .item = {.queue = kExpiry}});
  });
}

Status ModelRuns::State::execute(work::Attempt& attempt) {
  ModelRun run;
  std::vector<json::Raw> inputs;
  bool ended = false;
  SOUK_TRY(begin(attempt, run, inputs, ended));
  if (ended) return {};
  const bool keep_inputs = payload_for(settings, &inputs, nullptr).inputs.has_value();
  const auto begun = std::chrono::steady_clock::now();
  const Result<Outputs> result = invoke(attempt, run, std::move(inputs));
  run.duration_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
  // What is wrong with the request itself will be wrong at every attempt, and is no operator's concern.
  if (!result && work::may_pass(result.error().code)) return result.error();
  return finish(attempt, std::move(run), result, keep_inputs);
}

Status ModelRuns::State::begin(work::Attempt& attempt, ModelRun& run, std::vector<json::Raw>& inputs, bool& ended) {
  const auto queued = SOUK_TRY(json::read<QueuedRun>(attempt.item().payload.text));
  return store.write([&](store::Tx& tx) -> Status {
    auto found = SOUK_TRY(find_run(tx, queued.run));
    if (!found) return vanished(queued.run);
    run = *std::move(found);
    ended = is_final(run.state);
    if (ended) return {};
    const Payload payload = SOUK_TRY(payload_of(tx, run.uid));
    if (!payload.inputs) return data_loss("what went into operation " + run.uid + " is not kept any more");
    inputs = SOUK_TRY(elements_of(*payload.inputs));
    if (run.state == RunState::RUNNING) return {};
    SOUK_TRY(attempt.check(tx));
    SOUK_TRY(move_run(tx, run, RunState::RUNNING, now()));
    return append(tx, run, run.runner);
  });
}

// The right to call was checked when the operation was asked for.
Result<Outputs> ModelRuns::State::invoke(work::Attempt& attempt, ModelRun& run, std::vector<json::Raw> inputs) {
  access::Call call;
  call.principal = access.system();
  call.namespace_ = run.namespace_;
  TriggerRequest request;
  request.namespace_ = run.namespace_;
  request.model = run.model;
  const auto queued = SOUK_TRY(json::read<QueuedRun>(attempt.item().payload.text));
  request.version = queued.version;
  request.deployment = queued.deployment.value_or("");
  serving::Pinned pinned = SOUK_TRY(pin(call, request));
  const TaskPtr task = SOUK_TRY(invoker.task_of(pinned));
  run.version = pinned->version_name;
  run.digest = pinned->digest;
  run.task = std::string(task->name());
  struct Waiting {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::optional<Result<Outputs>> result;
  };
  auto waiting = std::make_shared<Waiting>();
  invoker.run(std::move(pinned), task, SOUK_TRY(data_of(inputs)), attempt.deadline(),
              [waiting](Result<Outputs> outputs) {
                const std::lock_guard lock(waiting->mutex);
                waiting->result = std::move(outputs);
                waiting->changed.notify_one();
              });
  std::unique_lock lock(waiting->mutex);
  waiting->changed.wait(lock, attempt.stop(), [&] { return waiting->result.has_value(); });
  if (!waiting->result) return cancelled("it was asked to end");
  return *std::move(waiting->result);
}

// Whatever its size, what came out is kept for who asks for it later.
Status ModelRuns::State::finish(work::Attempt& attempt, ModelRun run, const Result<Outputs>& result, bool keep_inputs) {
  if (!result) note_error(run, result.error());
  const RunState to = result ? RunState::SUCCEEDED : RunState::FAILED;
  const std::optional<json::Raw> outputs = result ? std::optional(array_of(*result)) : std::nullopt;
  SOUK_TRY(store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(attempt.complete(tx));
    ModelRun moved = run;
    SOUK_TRY(move_run(tx, moved, to, now()));
    SOUK_TRY(send_outputs(tx, moved.uid, outputs, keep_inputs, *moved.end_time));
    return append(tx, moved, moved.runner);
  }));
  (result ? succeeded : failed).add();
  seconds.observe(run.duration_ms / 1000);
  return {};
}

Status ModelRuns::State::gave_up(store::Tx& tx, const work::Item& item, const Error& error) {
  const auto queued = SOUK_TRY(json::read<QueuedRun>(item.payload.text));
  auto run = SOUK_TRY(find_run(tx, queued.run));
  if (!run || is_final(run->state)) return {};
  if (error.code != Code::cancelled) note_error(*run, error);
  SOUK_TRY(move_run(tx, *run, error.code == Code::cancelled ? RunState::CANCELLED : RunState::FAILED, now()));
  SOUK_TRY(send_outputs(tx, run->uid, std::nullopt, true, *run->end_time));
  return append(tx, *run, run->runner);
}

Status ModelRuns::State::expire_old(work::Attempt& attempt) {
  constexpr std::int64_t kBatch = 500;
  const Time runs_before = now() - settings.keep_runs;
  const Time payloads_before = now() - std::min(settings.keep_payloads, settings.keep_runs);
  for (;;) {
    if (attempt.stop().stop_requested()) return cancelled("it was asked to end");
    const std::int64_t gone =
        SOUK_TRY(store.write([&](store::Tx& tx) { return expire(tx, runs_before, payloads_before, kBatch); },
                             store::Isolation::read_committed));
    if (gone < kBatch) return {};
  }
}

Result<ModelRun> ModelRuns::cancel(const access::Call& call, const AuthorizedRun& run) {
  State& s = *state_;
  if (!run->is_operation()) return failed_precondition("run " + run->uid + " was answered at once: it has ended");
  return s.store.write([&](store::Tx& tx) -> Result<ModelRun> {
    auto found = SOUK_TRY(find_run(tx, run->uid));
    if (!found) return vanished(run->uid);
    if (is_final(found->state)) {
      return failed_precondition("operation " + run->uid + " is " + std::string(json::enum_name(found->state)) +
                                 ": it has ended");
    }
    SOUK_TRY(s.work.cancel(tx, found->item_id));
    s.log.info("tasks", "an operation was cancelled", {{"operation", run->uid}, {"actor", call.principal->name}});
    return *SOUK_TRY(find_run(tx, run->uid));
  });
}

void ModelRuns::wait(const AuthorizedRun& run, Deadline deadline, std::function<void(Result<ModelRun>)> done) {
  const auto look = [state = state_, uid = run->uid]() -> Result<ModelRun> {
    auto found = SOUK_TRY(state->store.read([&](store::Tx& tx) { return find_run(tx, uid); }));
    if (!found) return vanished(uid);
    return *std::move(found);
  };
  state_->waiters.add(run->uid, deadline, [look, done] { done(look()); });
  if (deadline <= std::chrono::steady_clock::now()) return;
  // It may have ended before anybody waited.
  const auto now = look();
  if (!now || is_final(now->state)) state_->waiters.ended(run->uid);
}

}  // namespace souk::tasks
