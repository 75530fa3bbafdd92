// SPDX-License-Identifier: Apache-2.0
//
// Time as souk keeps it: UTC, millisecond. RFC 3339 in JSON, milliseconds since the epoch in the database.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

Time now();
inline std::int64_t to_millis(Time time) {
  return time.time_since_epoch().count();
}
inline Time from_millis(std::int64_t millis) {
  return Time(std::chrono::milliseconds(millis));
}

// "2026-11-21T10:18:00.000Z"
std::string format_rfc3339(Time time);
// Takes any offset and any number of fraction digits (those past milliseconds are cut). Errors: invalid_argument
Result<Time> parse_rfc3339(std::string_view text);

}  // namespace souk
