// SPDX-License-Identifier: Apache-2.0
#include "app/housekeeping.h"

namespace souk::app {

Housekeeping::Housekeeping(artifacts::Artifacts& artifacts, Duration every, Duration grace, Logger& log)
    : artifacts_(artifacts), every_(every), grace_(grace), log_(log), thread_([this](std::stop_token stop) {
        run(stop);
      }) {}

Housekeeping::~Housekeeping() {
  thread_.request_stop();
  wake_.notify_all();
}

void Housekeeping::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, every_, [&] { return stop.stop_requested(); })) {
    Result<std::size_t> dropped = artifacts_.collect(grace_);
    if (!dropped) {
      log_.warn("app", "could not collect unused bytes", {{"why", dropped.error().describe()}});
    } else if (*dropped > 0) {
      log_.info("app", "collected unused bytes", {{"blobs", *dropped}});
    }
  }
}

}  // namespace souk::app
