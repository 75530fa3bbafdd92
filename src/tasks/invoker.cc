// SPDX-License-Identifier: Apache-2.0
#include "tasks/invoker.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace souk::tasks {
namespace {

// One run under way.
struct Run : std::enable_shared_from_this<Run> {
  serving::Serving& serving;
  serving::Pinned pinned;
  TaskPtr task;
  std::vector<json::Raw> inputs;
  Deadline deadline;
  std::function<void(Result<Outputs>)> done;
  Outputs outputs;
  Prepared prepared;               // of the call under way
  runtimes::InferRequest request;  // likewise

  Run(serving::Serving& serving, serving::Pinned pinned, TaskPtr task, std::vector<json::Raw> inputs, Deadline deadline,
      std::function<void(Result<Outputs>)> done)
      : serving(serving),
        pinned(std::move(pinned)),
        task(std::move(task)),
        inputs(std::move(inputs)),
        deadline(deadline),
        done(std::move(done)) {}

  void next() {
    if (outputs.size() == inputs.size()) return done(std::move(outputs));
    const std::size_t batch = task->max_batch() == 0 ? inputs.size() : task->max_batch();
    const std::size_t from = outputs.size(), count = std::min(batch, inputs.size() - from);
    auto made = task->prepare({inputs.begin() + static_cast<std::ptrdiff_t>(from),
                               inputs.begin() + static_cast<std::ptrdiff_t>(from + count)},
                              from);
    if (!made) return done(std::move(made).error());
    prepared = std::move(*made);
    request = {};
    for (const runtimes::Tensor& tensor : prepared.inputs)
      request.inputs.push_back({tensor.name, tensor.datatype, tensor.shape, tensor.data, {}});
    for (const std::string& name : prepared.outputs) request.outputs.push_back(name);
    serving.infer(
        pinned, request, {.deadline = deadline},
        [self = shared_from_this(), count](runtimes::InferResult result) { self->take(std::move(result), count); });
  }

  void take(runtimes::InferResult result, std::size_t count) {
    if (!result) return done(std::move(result).error());
    auto finished = task->finish(*result, count);
    if (!finished) return done(std::move(finished).error());
    for (const json::Raw& one : *finished) outputs.push_back({R"({"data":)" + one.text + "}"});
    next();
  }
};

}  // namespace

void Invoker::run(serving::Pinned pinned, TaskPtr task, std::vector<json::Raw> inputs, Deadline deadline,
                  std::function<void(Result<Outputs>)> done) {
  std::make_shared<Run>(serving_, std::move(pinned), std::move(task), std::move(inputs), deadline, std::move(done))
      ->next();
}

}  // namespace souk::tasks
