// SPDX-License-Identifier: Apache-2.0
#include "base/json/fault.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace souk::json {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

template <class T>
bool fits(std::string_view digits) {
  T number{};
  return std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc();
}

// Of a number as JSON writes it.
bool fits_something(std::string_view number) {
  if (number.find_first_of(".eE") == std::string_view::npos)
    return fits<std::int64_t>(number) || fits<std::uint64_t>(number);
  return fits<double>(number) || std::isfinite(std::strtod(std::string(number).c_str(), nullptr));  // or is next to 0
}

// RFC 8259's grammar without recursion: what is open is on a stack.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  const std::optional<Misfit>& misfit() const { return misfit_; }

  std::optional<Fault> scan() {
    for (;;) {
      const bool one = value();
      if (!one || !after_value()) break;
    }
    return fault_;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool done() const { return at_ >= text_.size(); }

  void skip_space() {
    while (!done() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool fail(std::string expected) {
    fault_ = Fault{at_, std::move(expected)};
    return false;
  }

  // A scalar, a whole empty array or object, or the way down to the first value inside of one.
  bool value() {
    for (;;) {
      skip_space();
      if (take('[')) {
        skip_space();
        if (take(']')) return true;
        open_.push_back({'[', 0, {}});
      } else if (take('{')) {
        skip_space();
        if (take('}')) return true;
        open_.push_back({'{', 0, {}});
        if (!key()) return false;
      } else {
        return scalar();
      }
    }
  }

  // The brackets that close here, and what is between this value and the next. False: the end, or a fault.
  bool after_value() {
    for (;;) {
      skip_space();
      if (open_.empty()) return done() ? false : fail("the end of the text");
      const bool array = open_.back().bracket == '[';
      if (take(',')) {
        ++open_.back().index;
        return array || key();
      }
      if (!take(array ? ']' : '}')) return fail(array ? "',' or ']'" : "',' or '}'");
      open_.pop_back();
    }
  }

  bool key() {
    skip_space();
    if (peek() != '"') return fail("a field's name in double quotes");
    const std::size_t begin = at_ + 1;
    if (!string()) return false;
    open_.back().key = text_.substr(begin, at_ - 1 - begin);
    skip_space();
    return take(':') || fail("':'");
  }

  bool scalar() {
    const char c = peek();
    if (c == '"') return string();
    if (c == '-' || is_digit(c)) return number();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return true;
    }
    return fail("a value");
  }

  bool digits() {
    if (!is_digit(peek())) return fail("a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    const std::size_t begin = at_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    const std::string_view written = text_.substr(begin, at_ - begin);
    if (!misfit_ && !fits_something(written)) misfit_ = Misfit{path(), std::string(written.substr(0, 40))};
    return true;
  }

  std::string path() const {
    std::string out;
    for (const Open& one : open_) {
      if (out.size() + one.key.size() > 250) return out + "…";
      if (one.bracket == '[') {
        out += "[" + std::to_string(one.index) + "]";
      } else {
        out.append(out.empty() ? "" : ".").append(one.key);
      }
    }
    return out;
  }

  bool string() {
    ++at_;
    while (!done()) {
      const unsigned char c = text_[at_];
      if (c == '"') return take('"');
      if (c < 0x20) return fail("an escape in place of a control character");
      if (c == '\\') {
        if (!escape()) return false;
        continue;
      }
      const std::size_t length = utf8_length(text_.substr(at_));
      if (length == 0) return fail("UTF-8");
      at_ += length;
    }
    return fail("the string's closing quote");
  }

  std::optional<unsigned> hex_unit() {
    unsigned unit = 0;
    for (std::size_t i = at_ + 2; i < at_ + 6; ++i) {
      const char c = i < text_.size() ? text_[i] : '\0';
      const bool digit = is_digit(c);
      if (!digit && !((c | 32) >= 'a' && (c | 32) <= 'f')) return std::nullopt;
      unit = unit * 16 + static_cast<unsigned>(digit ? c - '0' : (c | 32) - 'a' + 10);
    }
    return unit;
  }

  bool escape() {
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind != 'u') {
      if (std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos || kind == '\0') return fail("an escape");
      at_ += 2;
      return true;
    }
    const auto unit = hex_unit();
    if (!unit) return fail("four hex digits after \\u");
    if (*unit >= 0xdc00 && *unit < 0xe000) return fail("the first half of a surrogate pair");
    at_ += 6;
    if (*unit < 0xd800 || *unit >= 0xe000) return true;
    const auto low = text_.substr(at_, 2) == "\\u" ? hex_unit() : std::nullopt;
    if (!low || *low < 0xdc00 || *low >= 0xe000) return fail("the second half of a surrogate pair");
    at_ += 6;
    return true;
  }

  struct Open {
    char bracket;
    std::size_t index;     // of the value at hand, in an array
    std::string_view key;  // as written, in an object
  };

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Open> open_;
  std::optional<Fault> fault_;
  std::optional<Misfit> misfit_;
};

}  // namespace

std::optional<Fault> find_fault(std::string_view text) {
  return Scanner(text).scan();
}

std::optional<Misfit> find_misfit(std::string_view text) {
  Scanner scanner(text);
  (void)scanner.scan();
  return scanner.misfit();
}

std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool second = tail(1) && !(lead == 0xe0 && at(1) < 0xa0) && !(lead == 0xed && at(1) > 0x9f);
    return second && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool second = tail(1) && !(lead == 0xf0 && at(1) < 0x90) && !(lead == 0xf4 && at(1) > 0x8f);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace souk::json
