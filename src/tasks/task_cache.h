// SPDX-License-Identifier: Apache-2.0
//
// The typed task of a version, for every door that asks for one: made at its first use, kept by digest, since a
// digest's declaration never changes. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "serving/serving.h"
#include "tasks/tasks.h"

namespace souk::tasks {

using TaskPtr = std::shared_ptr<const Task>;

class TaskCache {
 public:
  // Errors: failed_precondition (the version declares none), invalid_argument (what it declares does not hold)
  Result<TaskPtr> get(const serving::Pinned& pinned);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, TaskPtr> tasks_;
};

}  // namespace souk::tasks
