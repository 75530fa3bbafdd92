// SPDX-License-Identifier: Apache-2.0
//
// Numbers as JSON has them. For the .cc files of base only.
#pragma once

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace souk::json {

inline constexpr std::size_t kLongestNumber = 32;

// Writes a number at `to`, which has room for kLongestNumber, in the shortest digits that give it back; NaN and
// infinities are null. Returns the end.
template <class T>
char* append_digits(char* to, T number) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(number)) {
      std::memcpy(to, "null", 4);
      return to + 4;
    }
  }
  char* end = std::to_chars(to, to + kLongestNumber, number).ptr;
  if constexpr (std::is_floating_point_v<T>) {
    // An integer's form would lose the sign of -0, and past 2^53 pass for an integer of more than 64 bits.
    const bool whole = number == 0 ? std::signbit(number) : std::fabs(number) >= T(1LL << 53);
    if (whole && std::string_view(to, end - to).find_first_of(".e") == std::string_view::npos) {
      *end++ = '.';
      *end++ = '0';
    }
  }
  return end;
}

}  // namespace souk::json
