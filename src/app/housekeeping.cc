// SPDX-License-Identifier: Apache-2.0
#include "app/housekeeping.h"

#include <pthread.h>

namespace souk::app {

Housekeeping::Housekeeping(work::Leases& leases, Duration every, std::vector<Task> tasks, Logger& log)
    : lease_(leases.want("housekeeping")),
      every_(every),
      tasks_(std::move(tasks)),
      log_(log),
      thread_([this](std::stop_token stop) { run(stop); }) {}

Housekeeping::~Housekeeping() {
  thread_.request_stop();
  wake_.notify_all();
  thread_.join();
}

void Housekeeping::run(std::stop_token stop) {
  pthread_setname_np(pthread_self(), "souk-keeping");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, every_, [&] { return stop.stop_requested(); })) {
    for (const Task& task : tasks_) {
      if (!lease_->held() || stop.stop_requested()) break;
      const Result<std::int64_t> dropped = task.run();
      if (!dropped) {
        log_.warn("app", "housekeeping failed, and is tried again later",
                  {{"of", task.name}, {"why", dropped.error().describe()}});
      } else if (*dropped > 0) {
        log_.info("app", "housekeeping dropped", {{"of", task.name}, {"count", *dropped}});
      }
    }
  }
}

}  // namespace souk::app
