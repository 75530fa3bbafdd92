// SPDX-License-Identifier: Apache-2.0
//
// A place in the log, and its written form: two hexadecimal numbers and a check, so that a text that was made
// up or damaged is told from one that this log gave.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::events {

struct Position {
  std::int64_t xid = 0;  // 0 on SQLite
  std::int64_t sequence = 0;
  auto operator<=>(const Position&) const = default;
};

std::string to_cursor(Position position);
// Errors: invalid_argument
Result<Position> parse_cursor(std::string_view cursor);

}  // namespace souk::events
