// SPDX-License-Identifier: Apache-2.0
//
// A typed task through a deployment: inputs become tensors, the model runs, tensors become outputs, in as many calls of
// the model as the task's batch size asks for. Keeps nothing but the tasks it has read. Thread-safe.
#pragma once

#include <functional>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "serving/serving.h"
#include "tasks/task_cache.h"

namespace souk::tasks {

using Outputs = std::vector<json::Raw>;  // {"data":{…}} of each input

class Invoker {
 public:
  explicit Invoker(serving::Serving& serving) : serving_(serving) {}

  // The task that the version declares. Errors: failed_precondition (none)
  Result<TaskPtr> task_of(const serving::Pinned& pinned) { return tasks_.get(pinned); }
  // `inputs`: the `data` object of each. `done` exactly once, here or on the thread that ends the last inference.
  // Errors: invalid_argument (`task_inputs[i]…`), and those of Serving::infer
  void run(serving::Pinned pinned, TaskPtr task, std::vector<json::Raw> inputs, Deadline deadline,
           std::function<void(Result<Outputs>)> done);

 private:
  serving::Serving& serving_;
  TaskCache tasks_;
};

}  // namespace souk::tasks
