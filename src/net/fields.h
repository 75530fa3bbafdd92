// SPDX-License-Identifier: Apache-2.0
//
// What header fields may be made of (RFC 9110, 5.1 and 5.5), and how much of them there may be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace souk::net {

inline constexpr std::size_t kMaxFields = 128;
inline constexpr std::size_t kMaxTarget = 16 << 10;

inline char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

inline bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower_case(x) == lower_case(y); });
}

inline bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    char low = lower_case(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

inline bool ends_field(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}
inline bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), ends_field);
}

inline bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Which of an answer's fields are the handler's own to set.
enum class Belongs { handler, transport, connection, length };

inline Belongs whose(std::string_view name) {
  switch (name.size()) {
    case 4:
      return same_name(name, "date") ? Belongs::transport : Belongs::handler;
    case 7:
      return same_name(name, "upgrade") || same_name(name, "trailer") ? Belongs::transport : Belongs::handler;
    case 10:
      if (same_name(name, "connection")) return Belongs::connection;
      return same_name(name, "keep-alive") ? Belongs::transport : Belongs::handler;
    case 14:
      return same_name(name, "content-length") ? Belongs::length : Belongs::handler;
    case 17:
      return same_name(name, "transfer-encoding") ? Belongs::transport : Belongs::handler;
    default:
      return Belongs::handler;
  }
}

}  // namespace souk::net
