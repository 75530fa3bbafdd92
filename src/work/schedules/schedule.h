// SPDX-License-Identifier: Apache-2.0
//
// Work that comes again: five cron fields (crontab(5): minute hour day-of-month month day-of-week; lists, ranges,
// steps, names; or @hourly, @daily, @weekly, @monthly, @yearly) in a time zone of the IANA database.
//
// A time that a clock change leaves out is due at the change; one that it brings twice is due the first time, unless
// the hour is `*`, when real hours count. What was missed while nothing ran is made up for once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "work/model.h"

namespace souk::work {

struct NewSchedule {
  std::string name;
  std::string cron;          // "30 3 * * mon-fri"
  std::string zone = "UTC";  // "Europe/Berlin"
  NewItem item;              // `key` and `delay` are not used
  bool overlap = false;      // false: left out while the item of the time before is not done
};

struct Schedule {
  std::string name;
  std::string cron;
  std::string zone;
  std::string queue;
  NamespaceId namespace_id;
  std::int64_t priority = 0;
  json::Raw payload;
  bool overlap = false;
  std::optional<std::int64_t> deadline_ms;
  Time next_time;
  std::optional<Time> last_time;
  ItemId last_item;
};
BOOST_DESCRIBE_STRUCT(Schedule, (),
                      (name, cron, zone, queue, namespace_id, priority, payload, overlap, deadline_ms, next_time,
                       last_time, last_item))

// The first time after `after` that a cron expression names. Errors: invalid_argument (expression, zone),
// out_of_range (never within ten years, such as 30 February)
Result<Time> next_time(std::string_view cron, std::string_view zone, Time after);

}  // namespace souk::work
