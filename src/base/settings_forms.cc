// SPDX-License-Identifier: Apache-2.0
#include "base/settings_forms.h"

#include <charconv>
#include <limits>

namespace souk::settings {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first; the last is the bare unit.
constexpr Unit kDurations[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit kSizes[] = {{"TiB", 1ull << 40}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"", 1}};

template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const Unit (&units)[N]) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (number == 0 && name.empty()) return 0;
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    const std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (number > most / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string format_with_unit(std::uint64_t value, const Unit (&units)[N]) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) return std::to_string(value / unit.factor).append(unit.name);
  }
  return "0";
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto millis = parse_with_unit(text, kDurations);
  if (!millis) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*millis));
}

std::string format_duration(std::chrono::milliseconds value) {
  return format_with_unit(static_cast<std::uint64_t>(value.count()), kDurations);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, kSizes);
}

std::string format_size(std::uint64_t bytes) {
  return format_with_unit(bytes, kSizes);
}

}  // namespace souk::settings
