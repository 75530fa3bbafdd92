// SPDX-License-Identifier: Apache-2.0
//
// How often something may fail: a bucket of tries a name (an account, an address), filled again over time. Bounded in
// memory; when it is full, those that have failed least are forgotten. Thread-safe.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace souk::access {

class Throttle {
 public:
  using Clock = std::chrono::steady_clock;

  Throttle(std::int64_t tries, Duration interval, std::size_t most = 50'000)
      : tries_(static_cast<double>(tries)), interval_(interval), most_(most) {}

  // Takes a try; with none left, how long until there is one.
  std::optional<Duration> take(const std::string& name, Clock::time_point at = Clock::now());
  // A try that was made elsewhere: taken where there is one.
  void note(const std::string& name, Clock::time_point at = Clock::now()) { (void)take(name, at); }
  // The try was right after all: the bucket is full again.
  void forgive(const std::string& name);
  // The try was not made.
  void give_back(const std::string& name);
  std::size_t size() const;

 private:
  struct Bucket {
    double tries = 0;
    Clock::time_point filled;
  };
  double tries_of(const Bucket& bucket, Clock::time_point at) const;
  void make_room(Clock::time_point at);

  const double tries_;
  const Duration interval_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace souk::access
