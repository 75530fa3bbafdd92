// SPDX-License-Identifier: Apache-2.0
//
// What becomes of items whose attempts ended. Ends that nobody else has a part in share the turn's transaction; where
// a queue has something to write about it, each has its own, so that one that cannot be written holds up no other.
#include <algorithm>

#include "work/attempt.h"
#include "work/dispatcher.h"
#include "work/item_rows.h"

namespace souk::work {

namespace {

constexpr std::chrono::seconds kGrace{10};  // for an attempt that was asked to end, before its item goes on without it
constexpr std::chrono::seconds kAfterFailure{1};

Error reason(const Running& running) {
  if (running.stopped == Stopped::late) {
    return deadline_exceeded("the attempt was not done in time").because(running.outcome.error());
  }
  return running.outcome.error();
}

// Bounded, so that what failed once cannot fail again at being written.
std::string told(const Error& error) {
  constexpr std::size_t kMost = 4096;
  std::string text = error.describe();
  if (text.size() > kMost) text.resize(kMost);
  std::erase(text, '\0');
  while (!text.empty() && !json::is_utf8(text)) text.pop_back();
  return text;
}

}  // namespace

void Dispatcher::settle_alone() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<RunningPtr> done;
  for (const RunningPtr& running : unsettled_) {
    if (running->settle_after > now) continue;
    if (!running->verdict) running->verdict = judge(*running, clock_.now());
    const Verdict verdict = *running->verdict;
    if (verdict != Verdict::dead && verdict != Verdict::cancelled) {
      running->settle_after = {};
      continue;
    }
    if (const Status settled = give_up(running->item, reason(*running), verdict == Verdict::cancelled); !settled) {
      running->settle_after = now + kAfterFailure;
      log_.warn(
          "work", "the end of an item cannot be written",
          {{"queue", running->item.queue}, {"item", running->item.id.value}, {"cause", settled.error().describe()}});
      continue;
    }
    done.push_back(running);
  }
  for (const RunningPtr& running : done) {
    finish(running);
    std::erase(unsettled_, running);
  }
}

Status Dispatcher::settle_together(store::Tx& tx) {
  const Time now = clock_.now();
  std::uniform_real_distribution<double> random(0, 1);
  for (const RunningPtr& running : unsettled_) {
    if (running->settle_after != Deadline{}) continue;
    const Item& item = running->item;
    switch (running->verdict.value_or(Verdict::kept)) {
      case Verdict::done:
        SOUK_TRY(send_complete(tx, item, now, settings_.keep_done));
        break;
      case Verdict::again:
        running->due = now + *running->again;
        SOUK_TRY(send_again(tx, item, now, *running->due));
        break;
      case Verdict::release:
        SOUK_TRY(send_release(tx, item, now));
        break;
      case Verdict::retry: {
        Duration delay = back_off(running->queue, item.attempts, random(random_));
        const Error error = reason(*running);
        if (error.retry_after) delay = std::max(delay, *error.retry_after);
        running->due = now + delay;
        SOUK_TRY(send_delay(tx, item, now, *running->due, told(error)));
        break;
      }
      default:
        break;
    }
  }
  return {};
}

Status Dispatcher::give_up(const Item& item, const Error& error, bool was_cancelled) {
  const Lane* lane = this->lane(item.queue);
  note_alarm(clock_.now() + settings_.keep_dead);
  return store_.write([&](store::Tx& tx) -> Status {
    const Time now = clock_.now();
    const bool ours = was_cancelled ? SOUK_TRY(remove_item(tx, item))
                                    : SOUK_TRY(bury_item(tx, item, now, settings_.keep_dead, told(error)));
    if (!ours || lane == nullptr || !lane->queue.gave_up) return {};
    return lane->queue.gave_up(tx, item, was_cancelled ? cancelled("it was cancelled") : error);
  });
}

// Of this node's books; the item is settled.
void Dispatcher::finish(const RunningPtr& running) {
  const auto found = running_.find({running->item.id, running->item.token});
  if (found == running_.end() || found->second != running) return;
  running_.erase(found);
  Lane& lane = lanes_.find(running->item.queue)->second;
  --lane.busy;
  if (--lane.busy_of[running->item.namespace_id] == 0) lane.busy_of.erase(running->item.namespace_id);
  if (lane.queue.per_namespace > 0) lane.waiting = true;
  const double seconds = std::chrono::duration<double>(running->ended - running->started).count();
  lane.mean_seconds = 0.9 * lane.mean_seconds + 0.1 * seconds;
  lane.run_seconds.observe(seconds);
  if (running->due) note_alarm(*running->due);
  if (running->item.key) note_alarm(clock_.now() + settings_.keep_done);
  switch (*running->verdict) {
    case Verdict::kept:
    case Verdict::done:
    case Verdict::again:
      return lane.done.add();
    case Verdict::retry:
    case Verdict::release:
      return lane.retried.add();
    case Verdict::dead:
      return lane.dead.add();
    case Verdict::cancelled:
      return lane.cancelled.add();
  }
}

void Dispatcher::note_alarm(Time time) {
  next_alarm_ = next_alarm_ ? std::min(*next_alarm_, time) : time;
}

void Dispatcher::watch_deadlines() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_deadline_) return;
  next_deadline_ = kNoDeadline;
  for (const auto& [key, running] : running_) {
    if (running->deadline == kNoDeadline || running->taken_away) continue;
    if (now >= running->deadline) running->ask_to_end(Stopped::late);
    if (now >= running->deadline + kGrace) {
      take_away(running);
    } else {
      next_deadline_ =
          std::min(next_deadline_, now >= running->deadline ? running->deadline + kGrace : running->deadline);
    }
  }
}

// Its thread goes on, and what it still writes is refused; the item is tried again or dead.
void Dispatcher::take_away(const RunningPtr& running) {
  const Item& item = running->item;
  const Time now = clock_.now();
  const Error error = deadline_exceeded("the attempt did not end when it was asked to");
  const bool last = (item.deadline && *item.deadline <= now) || item.attempts >= running->queue.max_attempts;
  const Status taken = last ? give_up(item, error, false) : store_.write([&](store::Tx& tx) {
    return send_delay(tx, item, now, now + running->queue.first_retry, error.message);
  });
  if (!taken) {
    next_deadline_ = std::chrono::steady_clock::now() + kAfterFailure;
    return;
  }
  running->taken_away = true;
  note_alarm(now + running->queue.first_retry);
  log_.warn("work", "an attempt does not end: its item goes on without it",
            {{"queue", item.queue}, {"item", item.id.value}});
}

}  // namespace souk::work
