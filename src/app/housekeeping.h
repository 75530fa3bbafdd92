// SPDX-License-Identifier: Apache-2.0
//
// Drops what nothing refers to any more, now and then, on one thread of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "artifacts/artifacts.h"
#include "base/log.h"
#include "base/time.h"

namespace souk::app {

class Housekeeping {
 public:
  Housekeeping(artifacts::Artifacts& artifacts, Duration every, Duration grace, Logger& log);
  ~Housekeeping();

 private:
  void run(std::stop_token stop);
  artifacts::Artifacts& artifacts_;
  Duration every_, grace_;
  Logger& log_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace souk::app
