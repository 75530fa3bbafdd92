// SPDX-License-Identifier: Apache-2.0
//
// The time that all nodes of one database agree on: on PostgreSQL the database's, learnt with each beat and carried
// on by this machine's steady clock; on SQLite the time at the start, carried on likewise. So nobody's clock being
// set, forwards or backwards, moves what is due. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>

#include "base/time.h"

namespace souk::work {

class Clock {
 public:
  Clock() { learn(souk::now(), std::chrono::steady_clock::now()); }

  Time now() const { return at(std::chrono::steady_clock::now()); }
  // When the steady clock will show it, for waiting.
  Deadline when(Time time) const {
    return Deadline(std::chrono::milliseconds(to_millis(time) - offset_.load(std::memory_order_relaxed)));
  }
  // It was `time` when the steady clock showed `then`.
  void learn(Time time, std::chrono::steady_clock::time_point then) {
    offset_.store(to_millis(time) - millis(then), std::memory_order_relaxed);
  }

 private:
  static std::int64_t millis(std::chrono::steady_clock::time_point point) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(point.time_since_epoch()).count();
  }
  Time at(std::chrono::steady_clock::time_point point) const {
    return from_millis(millis(point) + offset_.load(std::memory_order_relaxed));
  }
  std::atomic<std::int64_t> offset_{0};
};

}  // namespace souk::work
