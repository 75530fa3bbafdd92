// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/fold.h"

#include <clocale>
#include <cwchar>
#include <cwctype>

namespace souk::registry {

namespace {

// The length of the code point's sequence at `at`, and the code point; 1 and the byte where it is none.
struct Point {
  std::size_t length = 1;
  std::uint32_t value = 0;
  bool valid = false;
};

Point point_at(std::string_view text, std::size_t at) {
  const unsigned char first = static_cast<unsigned char>(text[at]);
  const std::size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return {1, first, false};
  std::uint32_t value = length == 1 ? first : first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; i++) {
    const unsigned char next = static_cast<unsigned char>(text[at + i]);
    if (next >> 6 != 2) return {1, first, false};
    value = value << 6 | (next & 0x3f);
  }
  return {length, value, true};
}

void append(std::string& out, std::uint32_t value) {
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += {static_cast<char>(0xc0 | value >> 6), static_cast<char>(0x80 | (value & 0x3f))};
  } else if (value < 0x10000) {
    out += {static_cast<char>(0xe0 | value >> 12), static_cast<char>(0x80 | (value >> 6 & 0x3f)),
            static_cast<char>(0x80 | (value & 0x3f))};
  } else {
    out += {static_cast<char>(0xf0 | value >> 18), static_cast<char>(0x80 | (value >> 12 & 0x3f)),
            static_cast<char>(0x80 | (value >> 6 & 0x3f)), static_cast<char>(0x80 | (value & 0x3f))};
  }
}

}  // namespace

std::string fold_case(std::string_view text) {
  static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Point point = point_at(text, at);
    if (!point.valid) {
      out += text[at];
    } else {
      const wint_t wide = static_cast<wint_t>(point.value);
      // Up and down: several letters share one upper form (ς and σ, ſ and s).
      append(out, static_cast<std::uint32_t>(kLocale != nullptr ? towlower_l(towupper_l(wide, kLocale), kLocale)
                                                                : towlower(wide)));
    }
    at += point.length;
  }
  return out;
}

}  // namespace souk::registry
