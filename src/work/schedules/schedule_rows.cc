// SPDX-License-Identifier: Apache-2.0
#include "work/schedules/schedule_rows.h"

#include <algorithm>

#include "work/item_rows.h"

namespace souk::work {

namespace {

const std::string& all_columns() {
  static const std::string columns = store::columns<Schedule>();
  return columns;
}

NewItem item_of(const Schedule& schedule) {
  NewItem item;
  item.queue = schedule.queue;
  item.payload = schedule.payload;
  item.namespace_id = schedule.namespace_id;
  item.priority = schedule.priority;
  if (schedule.deadline_ms) item.deadline = Duration(*schedule.deadline_ms);
  return item;
}

Result<bool> is_under_way(store::Tx& tx, ItemId id) {
  const auto item = SOUK_TRY(find_item(tx, id));
  return item && item->state != ItemState::DEAD && item->state != ItemState::DONE;
}

// False: another node was first.
Result<bool> fire(store::Tx& tx, const Schedule& schedule, Time wall, Time clock) {
  const Time next = SOUK_TRY(next_time(schedule.cron, schedule.zone, wall));
  const auto moved = SOUK_TRY(tx.exec("UPDATE work_schedules SET next_time = $3 WHERE name = $1 AND next_time = $2",
                                      schedule.name, schedule.next_time, next));
  if (moved == 0) return false;
  if (!schedule.overlap && SOUK_TRY(is_under_way(tx, schedule.last_item))) return false;
  const Enqueued made = SOUK_TRY(insert_item(tx, item_of(schedule), clock));
  SOUK_TRY(tx.exec("UPDATE work_schedules SET last_time = $2, last_item = $3 WHERE name = $1", schedule.name, wall,
                   made.id));
  return true;
}

}  // namespace

Status write_schedule(store::Tx& tx, const NewSchedule& schedule, Time wall) {
  SOUK_TRY(check_item(schedule.item));
  if (schedule.name.empty() || schedule.name.size() > 200) {
    return invalid_argument("the name of a schedule has 1 to 200 bytes").at("name");
  }
  const Time next = SOUK_TRY(next_time(schedule.cron, schedule.zone, wall));
  std::optional<std::int64_t> deadline;
  if (schedule.item.deadline) deadline = schedule.item.deadline->count();
  // One that is put again as it was, as every start does, keeps the time at which it is due.
  return tx.defer(
      "INSERT INTO work_schedules (name, cron, zone, queue, namespace_id, priority, payload, overlap, deadline_ms, "
      "next_time, last_item) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0) ON CONFLICT (name) DO UPDATE SET "
      "next_time = CASE WHEN work_schedules.cron = excluded.cron AND work_schedules.zone = excluded.zone "
      "THEN work_schedules.next_time ELSE excluded.next_time END, cron = excluded.cron, zone = excluded.zone, "
      "queue = excluded.queue, namespace_id = excluded.namespace_id, priority = excluded.priority, "
      "payload = excluded.payload, overlap = excluded.overlap, deadline_ms = excluded.deadline_ms",
      schedule.name, schedule.cron, schedule.zone, schedule.item.queue, schedule.item.namespace_id,
      schedule.item.priority, schedule.item.payload, schedule.overlap, deadline, next);
}

Result<bool> delete_schedule(store::Tx& tx, std::string_view name) {
  return SOUK_TRY(tx.exec("DELETE FROM work_schedules WHERE name = $1", name)) == 1;
}

Result<std::vector<Schedule>> all_schedules(store::Tx& tx) {
  return tx.all<Schedule>("SELECT " + all_columns() + " FROM work_schedules ORDER BY name");
}

Result<Time> fire_due_schedules(store::Store& store, Time wall, Time clock,
                                const std::function<void(const std::string&)>& wake) {
  const auto due = SOUK_TRY(store.read([&](store::Tx& tx) {
    return tx.all<Schedule>("SELECT " + all_columns() + " FROM work_schedules WHERE next_time <= $1 ORDER BY next_time",
                            wall);
  }));
  for (const Schedule& schedule : due) {
    const bool fired = SOUK_TRY(store.write([&](store::Tx& tx) { return fire(tx, schedule, wall, clock); }));
    if (fired) wake(schedule.queue);
  }
  const auto next = SOUK_TRY(store.read([](store::Tx& tx) {
    return tx.scalar<Time>("SELECT next_time FROM work_schedules ORDER BY next_time LIMIT 1");
  }));
  return next.value_or(Time::max());
}

}  // namespace souk::work
