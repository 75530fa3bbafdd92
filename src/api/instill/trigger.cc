// SPDX-License-Identifier: Apache-2.0
//
// POST …/trigger: typed inputs become tensors, the model runs, tensors become typed outputs. Decoding runs on the
// request pool; the answer is sent by whichever thread ends the last inference.
#include <atomic>

#include "api/bind.h"
#include "api/instill/instill.h"
#include "api/task_cache.h"
#include "tasks/tasks.h"

namespace souk::api::instill {
namespace {

constexpr net::BodyLimits kTriggerLimits{.max_bytes = 64 << 20};
constexpr std::size_t kMaxInputs = 256;
constexpr Duration kTimeout{60'000};

struct TaskInput {
  std::optional<json::Raw> data, parameter;
};
BOOST_DESCRIBE_STRUCT(TaskInput, (), (data, parameter))
struct TriggerBody {
  std::optional<std::vector<TaskInput>> task_inputs, taskInputs;
};
BOOST_DESCRIBE_STRUCT(TriggerBody, (), (task_inputs, taskInputs))
struct Trigger {
  std::string ns, model;
  TriggerBody body;
};
BOOST_DESCRIBE_STRUCT(Trigger, (), (ns, model, body))
struct TriggerVersion {
  std::string ns, model, version;
  TriggerBody body;
};
BOOST_DESCRIBE_STRUCT(TriggerVersion, (), (ns, model, version, body))

struct TaskOutput {
  json::Raw data;
};
BOOST_DESCRIBE_STRUCT(TaskOutput, (), (data))
struct TriggerAnswer {
  std::string task;
  std::vector<TaskOutput> task_outputs;
};
BOOST_DESCRIBE_STRUCT(TriggerAnswer, (), (task, task_outputs))

// One trigger under way: its inputs in as many calls of the model as the task's batch size asks for.
struct Run : std::enable_shared_from_this<Run> {
  serving::Serving& serving;
  ExchangePtr exchange;
  serving::Pinned pinned;
  std::shared_ptr<const tasks::Task> task;
  std::vector<json::Raw> inputs;
  Deadline deadline;
  std::vector<json::Raw> outputs;
  tasks::Prepared prepared;        // of the call under way
  runtimes::InferRequest request;  // likewise

  Run(serving::Serving& serving, ExchangePtr exchange) : serving(serving), exchange(std::move(exchange)) {}

  void next() {
    if (outputs.size() == inputs.size()) return answer();
    std::size_t batch = task->max_batch() == 0 ? inputs.size() : task->max_batch();
    std::size_t from = outputs.size(), count = std::min(batch, inputs.size() - from);
    auto made = task->prepare({inputs.begin() + static_cast<std::ptrdiff_t>(from),
                               inputs.begin() + static_cast<std::ptrdiff_t>(from + count)},
                              from);
    if (!made) return exchange->fail(made.error());
    prepared = std::move(*made);
    request = {};
    for (const runtimes::Tensor& tensor : prepared.inputs)
      request.inputs.push_back({tensor.name, tensor.datatype, tensor.shape, tensor.data, {}});
    for (const std::string& name : prepared.outputs) request.outputs.push_back(name);
    serving.infer(pinned, request, deadline, [self = shared_from_this(), count](runtimes::InferResult result) {
      self->take(std::move(result), count);
    });
  }

  void take(runtimes::InferResult result, std::size_t count) {
    if (!result) return exchange->fail(result.error());
    auto finished = task->finish(*result, count);
    if (!finished) return exchange->fail(finished.error());
    for (json::Raw& one : *finished) outputs.push_back(std::move(one));
    next();
  }

  void answer() {
    TriggerAnswer body;
    body.task = "TASK_" + std::string(task->name());
    for (json::Raw& one : outputs) body.task_outputs.push_back({std::move(one)});
    net::Response response = net::Response::text(200, "application/json", json::write(body));
    response.add("souk-version-digest", pinned->digest);
    exchange->send(std::move(response));
  }
};

// What is not deployed because it is not there is not_found.
Result<serving::Pinned> pin(const Rooms& rooms, const access::Call& call, std::string_view ns, std::string_view name,
                            const std::optional<std::string>& version) {
  auto pinned = rooms.serving.pin_model(call, ns, name, version);
  if (!pinned && pinned.error().code == Code::failed_precondition) {
    auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, ns, name));
    if (version) SOUK_TRY(rooms.registry.get_version(model, *version));
  }
  return pinned;
}

Status trigger(const Rooms& rooms, TaskCache& cache, const ExchangePtr& exchange, std::string_view ns,
               std::string_view model, std::optional<std::string> version, TriggerBody& body) {
  auto& given = body.task_inputs ? body.task_inputs : body.taskInputs;
  if (!given || given->empty())
    return invalid_argument("task_inputs is empty; at least one input is expected").at("task_inputs");
  if (given->size() > kMaxInputs)
    return invalid_argument("task_inputs has " + std::to_string(given->size()) + " inputs; at most 256 are taken")
        .at("task_inputs");
  auto run = std::make_shared<Run>(rooms.serving, exchange);
  for (std::size_t i = 0; i < given->size(); ++i) {
    std::string path = "task_inputs[" + std::to_string(i) + "].data";
    if (!(*given)[i].data) return invalid_argument(path + " is missing").at(path);
    run->inputs.push_back(std::move(*(*given)[i].data));
  }
  run->pinned = SOUK_TRY(pin(rooms, exchange->call, ns, model, version));
  run->task = SOUK_TRY(cache.get(run->pinned));
  run->deadline = std::chrono::steady_clock::now() + kTimeout;
  run->next();
  return {};
}

template <class Req, class F>
Route route(std::string pattern, F f) {
  Route out{"POST", std::move(pattern), kExecutor, kTriggerLimits, Form::plain, nullptr, {}};
  out.unknown = json::UnknownFields::ignore;
  out.run = [f](const ExchangePtr& exchange) {
    Result<Req> request = detail::bind<Req>(*exchange);
    if (!request) return exchange->fail(request.error());
    if (Status status = f(exchange, *request); !status) exchange->fail(status.error());
  };
  return out;
}

}  // namespace

void add_trigger(RouteTable::Door& door, const Rooms& rooms) {
  auto cache = std::make_shared<TaskCache>();
  door.add(route<Trigger>("/v1alpha/namespaces/{ns}/models/{model}/trigger",
                          [&rooms, cache](const ExchangePtr& exchange, Trigger& request) {
                            return trigger(rooms, *cache, exchange, request.ns, request.model, std::nullopt,
                                           request.body);
                          }));
  door.add(route<TriggerVersion>("/v1alpha/namespaces/{ns}/models/{model}/versions/{version}/trigger",
                                 [&rooms, cache](const ExchangePtr& exchange, TriggerVersion& request) {
                                   return trigger(rooms, *cache, exchange, request.ns, request.model, request.version,
                                                  request.body);
                                 }));
}

}  // namespace souk::api::instill
