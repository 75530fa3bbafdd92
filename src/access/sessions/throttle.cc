// SPDX-License-Identifier: Apache-2.0
#include "access/sessions/throttle.h"

#include <algorithm>
#include <cmath>

namespace souk::access {

namespace {
constexpr std::size_t kSample = 16;
}

double Throttle::tries_of(const Bucket& bucket, Clock::time_point at) const {
  const double passed = std::chrono::duration<double>(at - bucket.filled) / std::chrono::duration<double>(interval_);
  return std::min(tries_, bucket.tries + std::max(passed, 0.0));
}

std::optional<Duration> Throttle::take(const std::string& name, Clock::time_point at) {
  std::lock_guard lock(mutex_);
  auto place = buckets_.find(name);
  if (place == buckets_.end()) {
    if (buckets_.size() >= most_) make_room(at);
    place = buckets_.emplace(name, Bucket{tries_, at}).first;
  }
  Bucket& bucket = place->second;
  const double left = tries_of(bucket, at);
  if (left < 1)
    return Duration(static_cast<std::int64_t>(std::ceil((1 - left) * static_cast<double>(interval_.count()))));
  bucket = {left - 1, at};
  return std::nullopt;
}

void Throttle::forgive(const std::string& name) {
  std::lock_guard lock(mutex_);
  buckets_.erase(name);
}

void Throttle::give_back(const std::string& name) {
  std::lock_guard lock(mutex_);
  const auto place = buckets_.find(name);
  if (place != buckets_.end()) place->second.tries = std::min(tries_, place->second.tries + 1);
}

std::size_t Throttle::size() const {
  std::lock_guard lock(mutex_);
  return buckets_.size();
}

// Of a few, that with the most tries left goes: it loses least by being forgotten.
void Throttle::make_room(Clock::time_point at) {
  auto best = buckets_.begin();
  std::size_t seen = 0;
  for (auto place = buckets_.begin(); place != buckets_.end() && seen < kSample; ++place, ++seen) {
    if (tries_of(place->second, at) > tries_of(best->second, at)) best = place;
  }
  if (best != buckets_.end()) buckets_.erase(best);
}

}  // namespace souk::access
