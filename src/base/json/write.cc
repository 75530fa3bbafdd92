// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "base/json.h"
#include "base/json/digits.h"
#include "base/json/fault.h"

namespace souk::json {
namespace {

// What a byte inside a string needs: 0 nothing, 1 an escape, 2 a look at its UTF-8.
constexpr std::array<char, 256> kNeeds = [] {
  std::array<char, 256> needs{};
  for (int c = 0; c < 0x20; ++c) needs[c] = 1;
  needs['"'] = needs['\\'] = 1;
  for (int c = 0x80; c < 0x100; ++c) needs[c] = 2;
  return needs;
}();

// Whether one of eight bytes needs something. The tests are those of "Bit Twiddling Hacks" (S. E. Anderson): a byte
// below n, and a byte that equals another; of them only the lowest found is sure to be one, and none is missed.
bool any_needs(const char* eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const std::uint64_t quotes = word ^ (kOnes * '"'), slashes = word ^ (kOnes * '\\');
  const std::uint64_t found =
      ((word - kOnes * 0x20) & ~word) | ((quotes - kOnes) & ~quotes) | ((slashes - kOnes) & ~slashes) | word;
  return (found & kHighs) != 0;
}

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += "0123456789abcdef"[c >> 4];
      out += "0123456789abcdef"[c & 15];
  }
}

// A text with bytes that are not UTF-8: each becomes U+FFFD, so that the output is always JSON.
void append_repaired(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (kNeeds[static_cast<unsigned char>(text.front())] == 1) {
      append_escape(out, static_cast<unsigned char>(text.front()));
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // where the run that needs no escape began
  bool checked = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (i + 8 <= text.size() && !any_needs(text.data() + i)) i += 8;
    if (i == text.size()) break;
    const char need = kNeeds[static_cast<unsigned char>(text[i])];
    if (need == 0) continue;
    if (need == 1) {
      out.append(text, plain, i - plain);
      append_escape(out, static_cast<unsigned char>(text[i]));
      plain = i + 1;
    } else if (!checked) {
      checked = true;
      if (!simdjson::validate_utf8(text.data(), text.size())) {
        out.append(text, plain, i - plain);
        append_repaired(out, text.substr(i));
        out += '"';
        return;
      }
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

// A short text that needs nothing, which nearly all are, with what stands around it in one piece. False: it is another.
bool append_short(std::string& out, bool comma, std::string_view text, bool colon) {
  constexpr std::size_t kShort = 56;
  if (text.size() > kShort) return false;
  char piece[kShort + 4];
  char* at = piece;
  if (comma) *at++ = ',';
  *at++ = '"';
  text.copy(at, text.size());
  std::size_t i = 0;
  while (i + 8 <= text.size() && !any_needs(at + i)) i += 8;
  for (; i < text.size(); ++i) {
    if (kNeeds[static_cast<unsigned char>(at[i])] != 0) return false;
  }
  at += text.size();
  *at++ = '"';
  if (colon) *at++ = ':';
  out.append(piece, static_cast<std::size_t>(at - piece));
  return true;
}

template <class T>
void append_number(std::string& out, T number) {
  char text[kLongestNumber];
  out.append(text, append_digits(text, number));
}

}  // namespace

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

void Writer::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

void Writer::begin_object() {
  separate();
  out_ += '{';
  comma_ = false;
}

void Writer::end_object() {
  out_ += '}';
  comma_ = true;
}

void Writer::begin_array() {
  separate();
  out_ += '[';
  comma_ = false;
}

void Writer::end_array() {
  out_ += ']';
  comma_ = true;
}

void Writer::key(std::string_view name) {
  if (!append_short(out_, comma_, name, true)) {
    separate();
    append_string(out_, name);
    out_ += ':';
  }
  comma_ = false;
}

void Writer::value(std::string_view text) {
  if (!append_short(out_, comma_, text, false)) {
    separate();
    append_string(out_, text);
  }
  comma_ = true;
}

void Writer::value(bool flag) {
  raw(flag ? "true" : "false");
}

void Writer::value(std::int64_t number) {
  separate();
  append_number(out_, number);
}

void Writer::value(std::uint64_t number) {
  separate();
  append_number(out_, number);
}

void Writer::value(double number) {
  separate();
  append_number(out_, number);
}

void Writer::value(float number) {
  separate();
  append_number(out_, number);
}

void Writer::null() {
  raw("null");
}

void Writer::raw(std::string_view json) {
  separate();
  out_ += json;
}

}  // namespace souk::json
