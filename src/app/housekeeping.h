// SPDX-License-Identifier: Apache-2.0
//
// What is done now and then, by one node of all (the one that holds the lease "housekeeping"): bytes that nothing
// refers to are dropped, and events and nodes that are long gone are forgotten. One thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "work/leases.h"

namespace souk::app {

class Housekeeping {
 public:
  struct Task {
    std::string name;                           // "bytes that nothing refers to"
    std::function<Result<std::int64_t>()> run;  // how many went
  };
  Housekeeping(work::Leases& leases, Duration every, std::vector<Task> tasks, Logger& log);
  ~Housekeeping();

 private:
  void run(std::stop_token stop);
  std::unique_ptr<work::Lease> lease_;
  Duration every_;
  std::vector<Task> tasks_;
  Logger& log_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace souk::app
