// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/limiter.h"

#include <algorithm>

namespace souk::serving {

namespace {

constexpr double kLeastBackOff = 0.9, kMostBackOff = 0.5;
constexpr double kGrowth = 0.1;  // a request that began in time

}  // namespace

Limiter::Limiter(std::chrono::nanoseconds target, std::int64_t most)
    : target_(target), most_(most), limit_(static_cast<double>(most)) {}

void Limiter::set_bounds(std::int64_t least, std::int64_t most) {
  const bool open = limit() == most_;
  most_ = most;
  least_ = std::min(least, most);
  limit_ =
      open ? static_cast<double>(most_) : std::clamp(limit_, static_cast<double>(least_), static_cast<double>(most_));
}

void Limiter::answered(std::chrono::nanoseconds waited, std::int64_t under_way, std::int64_t requests,
                       Clock::time_point now) {
  if (target_.count() == 0) return;
  if (waited > target_) {
    if (now - fell_ < waited) return;
    fell_ = now;
    const double in_time = static_cast<double>(target_.count()) / static_cast<double>(waited.count());
    // What is under way shows the load; a limit far above it says nothing.
    limit_ = std::max(static_cast<double>(least_), std::min(limit_, static_cast<double>(under_way)) *
                                                       std::clamp(in_time, kMostBackOff, kLeastBackOff));
  } else if (static_cast<double>(under_way) * 2 >= limit_) {
    limit_ = std::min(limit_ + kGrowth * static_cast<double>(requests), static_cast<double>(most_));
  }
}

std::int64_t Limiter::limit() const {
  return static_cast<std::int64_t>(limit_);
}

}  // namespace souk::serving
