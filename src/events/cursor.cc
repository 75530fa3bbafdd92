// SPDX-License-Identifier: Apache-2.0
#include "events/cursor.h"

#include <charconv>

#include "base/digest.h"

namespace souk::events {

namespace {

std::string hex(std::int64_t number) {
  char text[20];
  return std::string(text, std::to_chars(text, text + sizeof text, number, 16).ptr);
}

std::string numbers_of(Position position) {
  return hex(position.xid) + "-" + hex(position.sequence);
}

std::string check_of(std::string_view numbers) {
  return sha256("souk event cursor " + std::string(numbers)).hex().substr(0, 6);
}

}  // namespace

std::string to_cursor(Position position) {
  const std::string numbers = numbers_of(position);
  return numbers + "-" + check_of(numbers);
}

Result<Position> parse_cursor(std::string_view cursor) {
  Position position;
  const char* end = cursor.data() + cursor.size();
  const auto xid = std::from_chars(cursor.data(), end, position.xid, 16);
  if (cursor.size() <= 48 && xid.ec == std::errc() && xid.ptr != end && *xid.ptr == '-') {
    const auto sequence = std::from_chars(xid.ptr + 1, end, position.sequence, 16);
    if (sequence.ec == std::errc() && position.xid >= 0 && position.sequence >= 0 && to_cursor(position) == cursor) {
      return position;
    }
  }
  return invalid_argument("this is no cursor of the event log").advise("leave it out to begin now");
}

}  // namespace souk::events
