// SPDX-License-Identifier: Apache-2.0
//
// Wakes a thread that waits. What rang before it waits is not lost. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>

#include "base/time.h"

namespace souk::work {

class Bell {
 public:
  void ring() { set(rung_); }
  void stop() { set(stopped_); }
  // Until it rings, the deadline comes or it is stopped. False: stopped.
  bool wait_until(Deadline deadline) {
    std::unique_lock lock(mutex_);
    const auto heard = [this] { return rung_ || stopped_; };
    // A wait without an end avoids the overflow of the clock's largest time point.
    if (deadline == kNoDeadline) {
      condition_.wait(lock, heard);
    } else {
      condition_.wait_until(lock, deadline, heard);
    }
    rung_ = false;
    return !stopped_;
  }
  bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }

 private:
  void set(bool& flag) {
    const std::lock_guard lock(mutex_);
    flag = true;
    condition_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable condition_;
  bool rung_ = false;
  bool stopped_ = false;
};

}  // namespace souk::work
