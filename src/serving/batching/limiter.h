// SPDX-License-Identifier: Apache-2.0
//
// How many requests of a revision may be under way, waiting included: as many as are answered in good time. The limit
// grows by one with each that began in time while the limit was in use, and falls to nine tenths when one waited too
// long, at most once in the time that one waits, for until then no answer shows what the last step did. So a queue that
// grows faster than it is emptied stays short, and what cannot be done is refused at once instead of late. Source: the
// AIMD limit of Netflix concurrency-limits (github.com/Netflix/concurrency-limits, AIMDLimit); TCP's, RFC 5681, 3.1.
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
