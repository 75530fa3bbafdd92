// SPDX-License-Identifier: Apache-2.0
//
// crontab(5) expressions in a time zone.
#include <date/tz.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <exception>
#include <vector>

#include "work/schedules/schedule.h"

namespace souk::work {

namespace {

using date::days;
using date::local_days;
using date::local_seconds;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using SysSeconds = date::sys_seconds;

constexpr int kYears = 10;

struct Field {
  std::string_view name;
  int first, last;
  std::string_view words;  // three letters each, from `first` on
};
constexpr std::array kFields{Field{"minute", 0, 59, ""}, Field{"hour", 0, 23, ""}, Field{"day of month", 1, 31, ""},
                             Field{"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
                             Field{"day of week", 0, 7, "sunmontuewedthufrisat"}};
enum { kMinute, kHour, kDay, kMonth, kWeekday };

struct Cron {
  std::array<std::bitset<60>, 5> on;
  bool any_day = false, any_weekday = false, every_hour = false;

  bool day_matches(local_days day) const {
    const date::year_month_day civil(day);
    if (!on[kMonth].test(static_cast<unsigned>(civil.month()))) return false;
    const bool of_month = on[kDay].test(static_cast<unsigned>(civil.day()));
    const bool of_week = on[kWeekday].test(date::weekday(day).c_encoding());
    // As crontab(5) has it: where both days are bound, either will do.
    if (any_day || any_weekday) return of_month && of_week;
    return of_month || of_week;
  }
  bool time_matches(seconds of_day) const {
    const auto minute = std::chrono::duration_cast<minutes>(of_day).count();
    return on[kHour].test(static_cast<std::size_t>(minute / 60)) &&
           on[kMinute].test(static_cast<std::size_t>(minute % 60));
  }
};

Error wrong(const Field& field, std::string_view text) {
  return invalid_argument("'" + std::string(text.substr(0, 40)) + "' is no " + std::string(field.name) +
                          " of a schedule: expected " + std::to_string(field.first) + " to " +
                          std::to_string(field.last) + ", a list, a range or a step such as */5")
      .at("cron");
}

Result<int> parse_number(const Field& field, std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (lower.size() == 3 && !field.words.empty()) {
    for (std::size_t i = 0; i + 3 <= field.words.size(); i += 3) {
      if (field.words.substr(i, 3) == lower) return field.first + static_cast<int>(i / 3);
    }
  }
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || text.size() > 4) return wrong(field, text);
  if (value < field.first || value > field.last) return wrong(field, text);
  return value;
}

// One of a list: "*", "5", "1-5", any of them with "/2".
Status parse_part(const Field& field, std::string_view text, std::bitset<60>& on) {
  const std::size_t slash = text.find('/');
  std::string_view range = text.substr(0, slash);
  int step = 1, first = field.first, last = field.last;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (fault != std::errc() || end != digits.data() + digits.size() || step < 1 || step > 60)
      return wrong(field, text);
  }
  if (range != "*") {
    const std::size_t dash = range.find('-');
    first = SOUK_TRY(parse_number(field, range.substr(0, dash)));
    if (dash != std::string_view::npos) {
      last = SOUK_TRY(parse_number(field, range.substr(dash + 1)));
    } else if (slash == std::string_view::npos) {
      last = first;
    }
    if (first > last) return wrong(field, text);
  }
  for (int value = first; value <= last; value += step) on.set(static_cast<std::size_t>(value));
  return {};
}

Status parse_field(const Field& field, std::string_view text, std::bitset<60>& on) {
  for (;;) {
    const std::size_t comma = text.find(',');
    SOUK_TRY(parse_part(field, text.substr(0, comma), on));
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

std::string_view expanded(std::string_view text) {
  if (text == "@hourly") return "0 * * * *";
  if (text == "@daily" || text == "@midnight") return "0 0 * * *";
  if (text == "@weekly") return "0 0 * * 0";
  if (text == "@monthly") return "0 0 1 * *";
  if (text == "@yearly" || text == "@annually") return "0 0 1 1 *";
  return text;
}

Result<Cron> parse(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::string_view rest = expanded(text); !rest.empty();) {
    const std::size_t begin = rest.find_first_not_of(" \t");
    if (begin == std::string_view::npos) break;
    rest.remove_prefix(begin);
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    words.push_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (words.size() != kFields.size()) {
    return invalid_argument(
               "a schedule has five fields (minute, hour, day of month, month, day of week), this one has " +
               std::to_string(words.size()))
        .at("cron")
        .advise("for example \"30 3 * * mon-fri\", or @daily");
  }
  Cron cron;
  for (std::size_t i = 0; i < words.size(); ++i) SOUK_TRY(parse_field(kFields[i], words[i], cron.on[i]));
  if (cron.on[kWeekday].test(7)) cron.on[kWeekday].set(0);
  cron.any_day = words[kDay].starts_with('*');
  cron.any_weekday = words[kWeekday].starts_with('*');
  cron.every_hour = words[kHour] == "*";
  return cron;
}

// The moment that a wall clock of the zone shows `local`: the first of two, or the change that leaves it out.
SysSeconds moment(const date::time_zone& zone, local_seconds local) {
  const date::local_info info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) return date::floor<seconds>(info.first.end);
  return SysSeconds(local.time_since_epoch() - info.first.offset);
}

std::optional<SysSeconds> first_of_day(const Cron& cron, const date::time_zone& zone, local_days day,
                                       SysSeconds after) {
  if (cron.every_hour) {
    // Real minutes, whatever the clock on the wall shows twice or not at all.
    const SysSeconds begin = std::max(moment(zone, local_seconds(day)), after + seconds(1));
    const SysSeconds end = moment(zone, local_seconds(day + days(1)));
    for (SysSeconds at = date::ceil<minutes>(begin); at < end; at += minutes(1)) {
      const local_seconds local = zone.to_local(at);
      if (date::floor<days>(local) == day && cron.time_matches(local - date::floor<days>(local))) return at;
    }
    return std::nullopt;
  }
  std::optional<SysSeconds> best;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    if (!cron.time_matches(minutes(minute))) continue;
    const SysSeconds at = moment(zone, local_seconds(day) + minutes(minute));
    if (at > after && (!best || at < *best)) best = at;
  }
  return best;
}

Result<const date::time_zone*> find_zone(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return invalid_argument("'" + std::string(name.substr(0, 60)) + "' is no time zone of this machine")
        .at("zone")
        .advise("write one such as UTC or Europe/Berlin; the package tzdata brings them");
  }
}

}  // namespace

Result<Time> next_time(std::string_view cron_text, std::string_view zone_name, Time after) {
  const Cron cron = SOUK_TRY(parse(cron_text));
  const date::time_zone* zone = SOUK_TRY(find_zone(zone_name));
  const SysSeconds from = date::floor<seconds>(date::sys_time<std::chrono::milliseconds>(after.time_since_epoch()));
  const local_days first = date::floor<days>(zone->to_local(from)) - days(1);
  for (local_days day = first; day < first + days(366 * kYears); day += days(1)) {
    if (!cron.day_matches(day)) continue;
    if (const auto at = first_of_day(cron, *zone, day, from)) return Time(at->time_since_epoch());
  }
  return out_of_range("the schedule '" + std::string(cron_text) + "' names no day within ten years").at("cron");
}

}  // namespace souk::work
