// SPDX-License-Identifier: Apache-2.0
#include "tasks/runs/model_runs.h"

#include <algorithm>

#include "tasks/runs/state.h"

namespace souk::tasks {
namespace {

constexpr Duration kSynchronous{60'000};
constexpr std::size_t kMaxInputs = 256;

Error missing(std::string_view uid) {
  return not_found("operation or run " + access::as_shown(uid) + " does not exist");
}

}  // namespace

void declare(settings::Table& table, RunSettings& s) {
  constexpr double kYear = 365 * 86'400'000.0;
  table.add("tasks.keep_runs", s.keep_runs,
            {.help = "How long the record of an invocation is kept.", .min = 1'000, .max = 10 * kYear});
  table.add("tasks.keep_payloads", s.keep_payloads,
            {.help = "How long what went into an invocation and came out is kept.", .min = 1'000, .max = 10 * kYear});
  table.add("tasks.payload_limit", s.payload_limit,
            {.help = "What goes in or comes out is kept after the end up to this size.", .max = 64.0 * (1 << 20)});
  table.add("tasks.record_synchronous", s.record_synchronous,
            {.help = "Record invocations that are answered at once too; operations always are."});
  table.add("tasks.operation_threads", s.operation_threads,
            {.help = "Operations at a time, on each node.", .min = 1, .max = 256});
  table.add("tasks.operation_timeout", s.operation_timeout,
            {.help = "How long one attempt of an operation may take.", .min = 100, .max = 86'400'000.0});
  table.add("tasks.operation_deadline", s.operation_deadline,
            {.help = "An operation that has not ended by then has failed.", .min = 1'000, .max = 30 * 86'400'000.0});
}

bool may_become(RunState from, RunState to) {
  switch (from) {
    case RunState::QUEUED:
      return to != RunState::QUEUED && to != RunState::SUCCEEDED;
    case RunState::RUNNING:
      return to != RunState::QUEUED;
    default:
      return false;
  }
}

json::Raw array_of(const std::vector<json::Raw>& elements) {
  json::Raw out{"["};
  for (const json::Raw& one : elements) {
    if (out.text.size() > 1) out.text += ',';
    out.text += one.text;
  }
  out.text += ']';
  return out;
}

Result<std::vector<json::Raw>> elements_of(const json::Raw& array) {
  const json::Document document = SOUK_TRY(json::Document::parse(array.text));
  std::vector<json::Raw> out;
  if (document.root().kind() != json::Kind::array) return internal("a kept payload is no array");
  SOUK_TRY(document.root().each_element([&](json::Value one) -> Status {
    out.push_back({one.raw()});
    return {};
  }));
  return out;
}

Result<std::vector<json::Raw>> data_of(const std::vector<json::Raw>& inputs) {
  std::vector<json::Raw> out;
  out.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string path = "task_inputs[" + std::to_string(i) + "]";
    const json::Document document = SOUK_TRY(json::Document::parse(inputs[i].text));
    if (document.root().kind() != json::Kind::object) {
      return invalid_argument(path + ": expected an object, got " + std::string(document.root().kind_name())).at(path);
    }
    const auto data = document.root().find("data");
    if (!data || data->kind() == json::Kind::null)
      return invalid_argument(path + ".data is missing").at(path + ".data");
    out.push_back({data->raw()});
  }
  return out;
}

Status check_inputs(const std::vector<json::Raw>& inputs) {
  if (inputs.empty()) return invalid_argument("task_inputs is empty; at least one input is expected").at("task_inputs");
  if (inputs.size() > kMaxInputs)
    return invalid_argument("task_inputs has " + std::to_string(inputs.size()) + " inputs; at most 256 are taken")
        .at("task_inputs");
  return {};
}

Payload payload_for(const RunSettings& settings, const std::vector<json::Raw>* inputs, const Outputs* outputs) {
  const auto kept = [&](const std::vector<json::Raw>* elements) -> std::optional<json::Raw> {
    if (elements == nullptr) return std::nullopt;
    std::size_t bytes = 2;
    for (const json::Raw& one : *elements) bytes += one.text.size() + 1;
    if (bytes > settings.payload_limit.count) return std::nullopt;
    return array_of(*elements);
  };
  return {kept(inputs), kept(outputs)};
}

ModelRuns::State::State(RunSettings settings, store::Store& store, events::Log& events, access::Access& access,
                        registry::Registry& registry, serving::Serving& serving, work::Work& work, Logger& log,
                        Metrics& metrics)
    : settings(settings),
      store(store),
      events(events),
      access(access),
      registry(registry),
      serving(serving),
      work(work),
      log(log),
      invoker(serving),
      recorder(store, log, metrics),
      succeeded(metrics.counter("souk_tasks_runs_total", "Invocations of typed tasks that ended.", {"outcome"})
                    .with({"succeeded"})),
      failed(metrics.counter("souk_tasks_runs_total", "Invocations of typed tasks that ended.", {"outcome"})
                 .with({"failed"})),
      seconds(metrics.histogram("souk_tasks_run_seconds", "An invocation of a typed task, without waiting.").with()) {}

Result<serving::Pinned> ModelRuns::State::pin(const access::Call& call, const TriggerRequest& request) {
  if (!request.deployment.empty()) {
    auto pinned = SOUK_TRY(serving.pin(call, request.deployment, 0, access::Role::EXECUTOR, request.head));
    const std::string& ns = request.namespace_.empty() ? call.namespace_ : request.namespace_;
    if (pinned->model == request.model && pinned->model_namespace == ns) return pinned;
    return not_found("deployment " + access::as_shown(request.deployment) + " is not of model " + access::as_shown(ns) +
                     "/" + access::as_shown(request.model))
        .at("deployment");
  }
  auto pinned = serving.pin_model(call, request.namespace_, request.model, request.version, request.head);
  if (!pinned && pinned.error().code == Code::failed_precondition) {
    auto model = SOUK_TRY(registry.get_model(call, access::Role::READER, request.namespace_, request.model));
    if (request.version) SOUK_TRY(registry.get_version(model, *request.version));
  }
  return pinned;
}

ModelRun ModelRuns::State::new_run(const access::Call& call, const TriggerRequest& request) const {
  ModelRun run;
  run.uid = new_uid();
  run.namespace_ = request.namespace_.empty() ? call.namespace_ : request.namespace_;
  run.model = request.model;
  run.version = request.version.value_or("");
  run.source = request.source;
  run.requester = request.requester.empty() ? call.namespace_ : request.requester;
  run.runner_id = call.principal->id;
  run.runner = call.principal->name;
  run.input_count = static_cast<std::int64_t>(request.inputs.size());
  run.create_time = run.update_time = now();
  return run;
}

void ModelRuns::State::record(ModelRun run, const TriggerRequest& request, const Result<Outputs>& result) {
  run.state = result ? RunState::SUCCEEDED : RunState::FAILED;
  (result ? succeeded : failed).add();
  run.update_time = now();
  seconds.observe(run.duration_ms / 1000);
  if (!settings.record_synchronous) return;
  if (!result) {
    run.error_code = std::string(code_name(result.error().code));
    run.error = result.error().describe();
  }
  recorder.add(std::move(run), payload_for(settings, &request.inputs, result ? &*result : nullptr));
}

ModelRuns::ModelRuns(RunSettings settings, store::Store& store, events::Log& events, access::Access& access,
                     registry::Registry& registry, serving::Serving& serving, work::Work& work, Logger& log,
                     Metrics& metrics)
    : state_(std::make_shared<State>(settings, store, events, access, registry, serving, work, log, metrics)) {}

ModelRuns::~ModelRuns() {
  stop();
}

void ModelRuns::stop() {
  state_->subscription.reset();
  state_->waiters.stop();
  state_->recorder.stop();
}

void ModelRuns::trigger(const access::Call& call, TriggerRequest request, std::function<void(Result<Triggered>)> done) {
  State& s = *state_;
  std::vector<json::Raw> data;
  const auto prepare = [&]() -> Result<std::pair<serving::Pinned, TaskPtr>> {
    serving::Pinned pinned = SOUK_TRY(s.pin(call, request));
    SOUK_TRY(check_inputs(request.inputs));
    data = SOUK_TRY(data_of(request.inputs));
    TaskPtr task = SOUK_TRY(s.invoker.task_of(pinned));
    return std::pair(std::move(pinned), std::move(task));
  };
  auto prepared = prepare();
  if (!prepared) return done(std::move(prepared).error());
  auto& [pinned, task] = *prepared;
  ModelRun run = s.new_run(call, request);
  run.namespace_ = pinned->model_namespace;
  run.version = pinned->version_name;
  run.digest = pinned->digest;
  run.task = std::string(task->name());
  const auto begun = std::chrono::steady_clock::now();
  s.invoker.run(std::move(pinned), task, std::move(data), begun + kSynchronous,
                [state = state_, run, request = std::move(request), begun,
                 done = std::move(done)](Result<Outputs> outputs) mutable {
                  run.duration_ms =
                      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
                  state->record(run, request, outputs);
                  if (!outputs) return done(std::move(outputs).error());
                  done(Triggered{run.uid, run.task, run.digest, std::move(*outputs)});
                });
}

// Own runs stay visible while the model is theirs to call; an admin of the model sees all of it.
bool ModelRuns::State::may_see(const access::Principal& principal, const ModelRun& run) const {
  if (principal.may(access::Role::ADMIN, run.resource())) return true;
  return principal.may(access::Role::EXECUTOR, run.resource()) && run.runner_id == principal.id &&
         run.runner == principal.name;
}

Sight ModelRuns::State::sight_of(const access::Call& call) {
  Sight out{call.principal->role_everywhere() >= access::Role::ADMIN, call.principal->id, call.principal->name, {}};
  if (out.everything) return out;
  const auto namespaces = access.list_namespaces(call);
  if (!namespaces) return out;
  for (const access::Namespace& one : *namespaces) {
    if (call.principal->role_in(one.id) >= access::Role::ADMIN) out.administered.push_back(one.id);
  }
  return out;
}

Result<AuthorizedRun> ModelRuns::get(const access::Call& call, std::string_view uid) {
  auto run = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_run(tx, uid); }));
  if (!run || !call.principal || !state_->may_see(*call.principal, *run)) return missing(uid);
  auto authorized = state_->access.authorize(call, access::Role::EXECUTOR, *std::move(run));
  if (!authorized) return missing(uid);
  return authorized;
}

Result<Payload> ModelRuns::payload(const access::Call& call, const AuthorizedRun& run) {
  if (run->runner_id != call.principal->id || run->runner != call.principal->name) return Payload{};
  return state_->store.read([&](store::Tx& tx) { return payload_of(tx, run->uid); });
}

Result<store::Page<ModelRun>> ModelRuns::list(const access::Call& call, bool operations,
                                              const store::ListQuery& query) {
  RunFilter filter;
  filter.sight = state_->sight_of(call);
  filter.operations = operations;
  const std::string key = SOUK_TRY(state_->access.page_token_key());
  auto page = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return list_runs(tx, filter, query, key); }));
  std::erase_if(page.items, [&](const ModelRun& run) { return !state_->may_see(*call.principal, run); });
  return page;
}

Result<NumberedPage> ModelRuns::page(const access::Call& call, RunFilter filter, std::string_view filter_text,
                                     std::string_view order_by, std::int64_t offset, std::int64_t limit) {
  filter.sight = state_->sight_of(call);
  return state_->store.read([&](store::Tx& tx) { return page_runs(tx, filter, filter_text, order_by, offset, limit); });
}

Result<AuthorizedRun> ModelRuns::latest(const access::Call& call, ModelId model,
                                        const std::optional<std::string>& version) {
  RunFilter filter;
  filter.sight = {false, call.principal->id, call.principal->name, {}};
  filter.model_id = model;
  filter.version = version;
  filter.operations = true;
  auto page = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return page_runs(tx, filter, "", "", 0, 1); }));
  if (page.runs.empty()) return not_found("there is no operation of yours on this model");
  return get(call, page.runs.front().uid);
}

Result<RunCount> ModelRuns::count(ModelId model) {
  return state_->store.read([&](store::Tx& tx) { return count_runs(tx, model); });
}

}  // namespace souk::tasks
