// SPDX-License-Identifier: Apache-2.0
//
// What header fields may be made of (RFC 9110, 5.1 and 5.5).
#pragma once

#include <algorithm>
#include <string_view>

namespace souk::net {

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

}  // namespace souk::net
