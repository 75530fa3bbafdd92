// SPDX-License-Identifier: Apache-2.0
//
// Wakes the reconciler. What rang before it waits is not lost.
#pragma once

#include <condition_variable>
#include <mutex>

#include "base/time.h"

namespace souk::serving {

class Bell {
 public:
  struct Rung {
    bool rows = false;    // what is wanted may have changed
    bool follow = false;  // an alias may have moved
    bool stop = false;
  };

  void ring() { add({}); }
  void ring_rows() { add({.rows = true}); }
  void ring_follow() { add({.follow = true}); }
  void ring_stop() { add({.stop = true}); }

  Rung wait_until(Deadline deadline) {
    std::unique_lock lock(mutex_);
    auto rang = [this] { return rang_; };
    // A wait without an end avoids the overflow of the clock's largest time point.
    if (deadline == kNoDeadline) {
      condition_.wait(lock, rang);
    } else {
      condition_.wait_until(lock, deadline, rang);
    }
    rang_ = false;
    Rung rung = pending_;
    pending_ = {.stop = pending_.stop};
    return rung;
  }

 private:
  void add(Rung more) {
    std::lock_guard lock(mutex_);
    pending_.rows |= more.rows;
    pending_.follow |= more.follow;
    pending_.stop |= more.stop;
    rang_ = true;
    condition_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable condition_;
  bool rang_ = false;
  Rung pending_;
};

}  // namespace souk::serving
