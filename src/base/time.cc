// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <cstdio>
#include <optional>

namespace souk {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;

// Takes the parts of a text from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool literal(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<sys_days> scan_date(Scanner& in) {
  const auto year = in.digits(4);
  if (!year || !in.literal("-")) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.literal("-")) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

std::optional<Duration> scan_time_of_day(Scanner& in) {
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.literal(":")) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59 || !in.literal(":")) return std::nullopt;
  const auto second = in.digits(2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second
  int millis = 0;
  if (in.literal(".")) {
    int scale = 100;
    auto digit = in.digits(1);
    if (!digit) return std::nullopt;
    for (; digit; digit = in.digits(1), scale /= 10) millis += *digit * scale;
  }
  return hours(*hour) + minutes(*minute) + seconds(*second) + Duration(millis);
}

std::optional<minutes> scan_offset(Scanner& in) {
  if (in.literal("Zz")) return minutes(0);
  const int sign = in.front() == '-' ? -1 : 1;
  if (!in.literal("+-")) return std::nullopt;
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.literal(":")) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  return sign * (hours(*hour) + minutes(*minute));
}

}  // namespace

Time now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

std::string format_rfc3339(Time time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[40];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()), unsigned(date.month()),
                    unsigned(date.day()), int(clock.hours().count()), int(clock.minutes().count()),
                    int(clock.seconds().count()), int(clock.subseconds().count()));
  return std::string(text, size);
}

Result<Time> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  const auto fail = [] {
    return invalid_argument("expected a time as RFC 3339 has it, such as 2026-11-21T10:18:00.000Z");
  };
  const auto date = scan_date(in);
  if (!date || !in.literal("Tt ")) return fail();
  const auto clock = scan_time_of_day(in);
  if (!clock) return fail();
  const auto offset = scan_offset(in);
  if (!offset || !in.done()) return fail();
  return Time(*date + *clock - *offset);
}

}  // namespace souk
