// SPDX-License-Identifier: Apache-2.0
//
// What is due without anybody ringing: put-off items, deadlines, what is kept long enough, what dead nodes left,
// schedules.
#include <algorithm>

#include "work/dispatcher.h"
#include "work/item_rows.h"
#include "work/schedules/schedule_rows.h"

namespace souk::work {

namespace {

constexpr std::chrono::seconds kLookEvery{1};  // PostgreSQL: what others changed and did not tell

}  // namespace

bool Dispatcher::look_is_due() const {
  if (doubtful_) return true;
  return store_.dialect() == store::Dialect::postgresql && std::chrono::steady_clock::now() >= next_look_;
}

bool Dispatcher::sweep_is_due() const {
  return look_is_due() || (next_alarm_ && *next_alarm_ <= clock_.now());
}

Status Dispatcher::sweep(store::Tx& tx, Turn& found) {
  const Time now = clock_.now();
  found.looked = look_is_due();
  if (found.looked) SOUK_TRY(rescue(tx, found, now));
  found.alarm = SOUK_TRY(next_alarm(tx));
  found.swept = true;
  if (!found.alarm || *found.alarm > now) return {};
  for (std::string& queue : SOUK_TRY(wake_delayed(tx, now))) found.waiting.push_back(std::move(queue));
  SOUK_TRY(delete_old(tx, now));
  found.overdue = SOUK_TRY(overdue_items(tx, now));
  found.alarm = SOUK_TRY(next_alarm(tx));
  return {};
}

Status Dispatcher::rescue(store::Tx& tx, Turn& found, Time now) {
  found.ours = SOUK_TRY(running_on(tx, nodes_.id()));
  for (const Item& item : found.ours) {
    if (!running_.contains({item.id, item.token})) SOUK_TRY(send_release(tx, item, now));
  }
  for (const Item& item : SOUK_TRY(orphans(tx))) {
    const Lane* lane = this->lane(item.queue);
    if (lane == nullptr) continue;
    if (item.cancel || item.attempts >= lane->queue.max_attempts) {
      found.worn_out.push_back(item);
      continue;
    }
    SOUK_TRY(send_rescue(tx, item, now));
    found.waiting.push_back(item.queue);
  }
  return {};
}

void Dispatcher::after_sweep(const Turn& found) {
  const Time now = clock_.now();
  if (found.swept) next_alarm_ = found.alarm;
  for (const std::string& queue : found.waiting) {
    if (const auto lane = lanes_.find(queue); lane != lanes_.end()) lane->second.waiting = true;
  }
  bool all_written = true;
  for (const Item& item : found.overdue) {
    all_written &= give_up(item, deadline_exceeded("it was not begun before its deadline"), false).has_value();
  }
  for (const Item& item : found.worn_out) {
    all_written &=
        give_up(item, internal("the node that ran it died, and it was tried often enough"), item.cancel).has_value();
  }
  if (!all_written) next_alarm_ = std::max(next_alarm_.value_or(now), now + std::chrono::seconds(1));
  if (!found.looked) return;
  std::map<Key, bool> ours;
  for (const Item& item : found.ours) ours.emplace(Key{item.id, item.token}, item.cancel);
  for (const auto& [key, running] : running_) {
    const auto row = ours.find(key);
    const bool claimed_now = std::ranges::any_of(
        found.claimed, [&](const Item& item) { return item.id == key.first && item.token == key.second; });
    if (row == ours.end() && !claimed_now && !running->completed) running->ask_to_end(Stopped::lost);
    if (row != ours.end() && row->second) running->ask_to_end(Stopped::cancelled);
  }
  for (auto& [name, lane] : lanes_) lane.waiting = true;
  doubtful_ = false;
  next_look_ = std::chrono::steady_clock::now() + kLookEvery;
}

void Dispatcher::fire_schedules() {
  const bool shared = store_.dialect() == store::Dialect::postgresql;
  const Time now = shared ? clock_.now() : souk::now();
  if (next_schedule_ && *next_schedule_ > now) return;
  const auto next = fire_due_schedules(store_, now, clock_.now(), [this](const std::string& queue) { wake(queue); });
  if (!next) {
    log_.warn("work", "schedules cannot be read", {{"cause", next.error().describe()}});
    next_schedule_ = now + std::chrono::seconds(5);
    return;
  }
  // Another node may add one that is due earlier.
  next_schedule_ = shared ? std::min(*next, now + std::chrono::seconds(10)) : *next;
}

}  // namespace souk::work
