// SPDX-License-Identifier: Apache-2.0
//
// How many requests of a revision may be under way, waiting included: as many as are answered in good time. When one
// waited too long the limit falls to the part of those under way that could have been answered in time (Little's law:
// who waits twice too long has twice too many before him), by half at most, and not again before an answer can show
// what that did. It grows by one for ten that began in time while it was in use. So a queue that grows faster than it
// is emptied stays short, and what cannot be done is refused at once instead of late. Source: additive increase and
// multiplicative decrease as in Netflix concurrency-limits (github.com/Netflix/concurrency-limits, AIMDLimit), the step
// down by the ratio of times as in its Gradient2Limit.
// Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace souk::serving {

class Limiter {
 public:
  using Clock = std::chrono::steady_clock;
  // `target`: who waits longer waits too long; 0: the limit is always `most`.
  Limiter(std::chrono::nanoseconds target, std::int64_t most);

  // What the limit may be: `least` keeps every run of the model full.
  void set_bounds(std::int64_t least, std::int64_t most);
  // So many were answered that had waited so long; with them so many are under way.
  void answered(std::chrono::nanoseconds waited, std::int64_t under_way, std::int64_t requests, Clock::time_point now);
  std::int64_t limit() const;

 private:
  const std::chrono::nanoseconds target_;
  std::int64_t least_ = 1, most_;
  double limit_;
  Clock::time_point fell_;
};

}  // namespace souk::serving
