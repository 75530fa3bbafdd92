// SPDX-License-Identifier: Apache-2.0
#include "work/attempt.h"

#include <algorithm>

#include "work/item_rows.h"
#include "work/running.h"

namespace souk::work {

namespace {

Error superseded(const Item& item) {
  return aborted("item " + std::to_string(item.id.value) + " of queue " + item.queue +
                 " was given to another attempt: nothing was changed");
}

}  // namespace

const Item& Attempt::item() const {
  return running_.item;
}

std::stop_token Attempt::stop() const {
  return running_.stop.get_token();
}

Deadline Attempt::deadline() const {
  return running_.deadline;
}

Status Attempt::complete(store::Tx& tx) {
  if (!SOUK_TRY(complete_item(tx, running_.item, running_.clock.now(), running_.keep_done))) {
    return superseded(running_.item);
  }
  tx.on_commit([&running = running_] { running.completed = true; });
  return {};
}

Status Attempt::check(store::Tx& tx) {
  if (SOUK_TRY(is_current(tx, running_.item))) return {};
  return superseded(running_.item);
}

Status Attempt::save(store::Tx& tx, const json::Raw& checkpoint) {
  if (SOUK_TRY(save_checkpoint(tx, running_.item, checkpoint))) return {};
  return superseded(running_.item);
}

void Attempt::again(Duration delay) {
  running_.again = std::max(delay, Duration(0));
}

bool may_pass(Code code) {
  switch (code) {
    case Code::unavailable:
    case Code::aborted:
    case Code::deadline_exceeded:
    case Code::resource_exhausted:
    case Code::internal:
    case Code::unknown:
    case Code::cancelled:
      return true;
    default:
      return false;
  }
}

Verdict judge(const Running& running, Time now) {
  const Item& item = running.item;
  const Stopped stopped = running.stopped;
  if (running.completed || running.taken_away) return Verdict::kept;
  if (running.outcome) return running.again ? Verdict::again : Verdict::done;
  if (stopped == Stopped::cancelled) return Verdict::cancelled;
  if (stopped == Stopped::closing || stopped == Stopped::lost) return Verdict::release;
  if (item.deadline && *item.deadline <= now) return Verdict::dead;
  if (!may_pass(running.outcome.error().code) || item.attempts >= running.queue.max_attempts) return Verdict::dead;
  return Verdict::retry;
}

Duration back_off(const Queue& queue, std::int64_t attempts, double random) {
  const std::int64_t doublings = std::clamp<std::int64_t>(attempts - 1, 0, 40);
  const double whole =
      static_cast<double>(queue.first_retry.count()) * static_cast<double>(std::int64_t{1} << doublings);
  const double bounded = std::min(whole, static_cast<double>(queue.longest_retry.count()));
  return Duration(static_cast<std::int64_t>(bounded * (1.0 - random / 2)));
}

}  // namespace souk::work
