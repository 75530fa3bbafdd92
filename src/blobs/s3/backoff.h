// SPDX-License-Identifier: Apache-2.0
//
// How long to wait before the next attempt: doubling pauses with full jitter (so that many clients do not come back
// together), or what the server asks for.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string_view>

#include "base/time.h"

namespace souk::blobs::s3 {

class Backoff {
 public:
  Backoff(int attempts, Duration first) : left_(attempts - 1), pause_(first) {}

  // None: no attempt is left.
  std::optional<Duration> next(std::optional<Duration> asked);

  static constexpr Duration kLongest{10'000};
  static constexpr Duration kLongestAsked{30'000};

 private:
  int left_;
  Duration pause_;
  std::minstd_rand random_{std::random_device{}()};
};

// Retry-After: seconds or a date (RFC 9110, 10.2.3); absent or malformed: none.
std::optional<Duration> parse_retry_after(std::string_view value, Time now);

}  // namespace souk::blobs::s3
