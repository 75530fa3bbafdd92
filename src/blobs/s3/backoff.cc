// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/backoff.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace souk::blobs::s3 {

std::optional<Duration> Backoff::next(std::optional<Duration> asked) {
  if (left_ <= 0) return std::nullopt;
  left_--;
  Duration jittered(std::uniform_int_distribution<std::int64_t>(1, std::max<std::int64_t>(pause_.count(), 1))(random_));
  pause_ = std::min(pause_ * 2, kLongest);
  if (asked) return std::min(*asked, kLongestAsked) + jittered;
  return jittered;
}

std::optional<Duration> parse_retry_after(std::string_view value, Time now) {
  if (value.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size()) {
    if (seconds < 0) return std::nullopt;
    return Duration(std::min<std::int64_t>(seconds, 3600) * 1000);
  }
  std::tm parts{};
  std::string text(value);
  const char* rest = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  Time then = from_millis(static_cast<std::int64_t>(timegm(&parts)) * 1000);
  return std::max(then - now, Duration(0));
}

}  // namespace souk::blobs::s3
