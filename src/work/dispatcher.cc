// SPDX-License-Identifier: Apache-2.0
#include "work/dispatcher.h"

#include <pthread.h>

#include <algorithm>

namespace souk::work {

namespace {

constexpr std::size_t kAhead = 4;  // claims beyond the threads, of work that takes no time
constexpr std::chrono::milliseconds kRest{200};
constexpr std::chrono::milliseconds kBetweenTelling{20};

}  // namespace

Dispatcher::Dispatcher(WorkSettings settings, store::Store& store, Nodes& nodes, Logger& log, Metrics& metrics)
    : settings_(settings), store_(store), nodes_(nodes), clock_(nodes.clock()), log_(log), metrics_(metrics) {}

Dispatcher::~Dispatcher() {
  stop();
}

void Dispatcher::add(Queue queue) {
  auto ended = metrics_.counter("souk_work_attempts_total", "Attempts that ended, by what became of the item.",
                                {"queue", "outcome"});
  auto wait = metrics_.histogram("souk_work_wait_seconds", "From when an item may begin to its beginning.", {"queue"});
  auto run = metrics_.histogram("souk_work_run_seconds", "An attempt, from its beginning to its end.", {"queue"});
  const std::string name = queue.name;
  const auto threads = static_cast<std::size_t>(queue.concurrency);
  auto pool = std::make_unique<Pool>("w-" + name.substr(0, 13), threads, threads * (kAhead + 1) + 1);
  lanes_.try_emplace(
      name, Lane{std::move(queue), std::move(pool), ended.with({name, "done"}), ended.with({name, "retried"}),
                 ended.with({name, "dead"}), ended.with({name, "cancelled"}), wait.with({name}), run.with({name})});
}

void Dispatcher::start() {
  bell_.ring();
  thread_ = std::thread([this] { loop(); });
}

void Dispatcher::stop() {
  {
    const std::lock_guard lock(mutex_);
    inbox_.closing = true;
  }
  bell_.ring();
  if (thread_.joinable()) thread_.join();
  for (auto& [name, lane] : lanes_) lane.pool->close();
}

const Lane* Dispatcher::lane(std::string_view queue) const {
  const auto found = lanes_.find(queue);
  return found == lanes_.end() ? nullptr : &found->second;
}

void Dispatcher::wake(const std::string& queue) {
  {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(inbox_.waiting, queue) == inbox_.waiting.end()) inbox_.waiting.push_back(queue);
  }
  bell_.ring();
}

void Dispatcher::wake_all() {
  {
    const std::lock_guard lock(mutex_);
    inbox_.all = true;
  }
  bell_.ring();
}

void Dispatcher::alarm_at(Time time) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.alarm = inbox_.alarm ? std::min(*inbox_.alarm, time) : time;
  }
  bell_.ring();
}

void Dispatcher::schedules_changed() {
  {
    const std::lock_guard lock(mutex_);
    inbox_.schedules = true;
  }
  bell_.ring();
}

void Dispatcher::end(ItemId id) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.cancelled.push_back(id);
  }
  bell_.ring();
}

void Dispatcher::loop() {
  pthread_setname_np(pthread_self(), "souk-work");
  for (;;) {
    bell_.wait_until(next_wake());
    read_inbox();
    if (failing_ && std::chrono::steady_clock::now() < retry_at_) continue;
    const Status done = turn();
    if (!done) {
      // What was to be begun may have been claimed all the same.
      doubtful_ = true;
      retry_at_ = std::chrono::steady_clock::now() + kRest;
      if (!std::exchange(failing_, true)) {
        log_.warn("work", "work cannot be moved on", {{"cause", done.error().describe()}});
      }
    } else if (std::exchange(failing_, false)) {
      log_.info("work", "work moves on again");
    }
    if (!closing_) continue;
    const bool late = std::chrono::steady_clock::now() >= goodbye_;
    const bool all_ended = running_.size() == unsettled_.size();
    if (all_ended && (unsettled_.empty() || late)) return;
    if (!done && late) return;
  }
}

// The earliest moment at which there is something to do without anybody ringing.
Deadline Dispatcher::next_wake() {
  const auto now = std::chrono::steady_clock::now();
  if (failing_) return retry_at_;
  if (doubtful_ || (!closing_ && has_work())) return nodes_.alive() ? now : now + kRest;
  Deadline wake = next_deadline_;
  if (closing_ && now < goodbye_) wake = std::min(wake, goodbye_);
  if (others_wanted_ && nodes_.others() > 0) wake = std::min(wake, next_told_);
  for (const RunningPtr& running : unsettled_) wake = std::min(wake, running->settle_after);
  if (next_alarm_) wake = std::min(wake, clock_.when(*next_alarm_));
  if (store_.dialect() == store::Dialect::postgresql) {
    wake = std::min(wake, next_look_);
  } else if (!closing_ && next_schedule_ && *next_schedule_ != Time::max()) {
    // By the wall's clock, which may be set meanwhile.
    const auto left = std::clamp<Duration>(*next_schedule_ - souk::now(), Duration(0), std::chrono::seconds(10));
    wake = std::min(wake, now + left);
  }
  return wake;
}

bool Dispatcher::has_work() const {
  return std::ranges::any_of(lanes_, [&](const auto& one) { return one.second.waiting && free(one.second) > 0; });
}

bool Dispatcher::may_tell() const {
  return others_wanted_ && nodes_.others() > 0 && std::chrono::steady_clock::now() >= next_told_;
}

void Dispatcher::read_inbox() {
  Inbox inbox;
  {
    const std::lock_guard lock(mutex_);
    std::swap(inbox, inbox_);
    inbox_.closing = inbox.closing;
  }
  for (const std::string& queue : inbox.waiting) {
    const auto lane = lanes_.find(queue);
    if (lane != lanes_.end()) lane->second.waiting = true;
    others_wanted_ |= lane == lanes_.end() || free(lane->second) <= 0;
  }
  if (inbox.all) {
    for (auto& [name, lane] : lanes_) lane.waiting = true;
    next_look_ = {};
  }
  if (inbox.alarm) next_alarm_ = next_alarm_ ? std::min(*next_alarm_, *inbox.alarm) : inbox.alarm;
  if (inbox.schedules) next_schedule_ = Time{};
  for (const ItemId id : inbox.cancelled) {
    for (auto at = running_.lower_bound({id, 0}); at != running_.end() && at->first.first == id; ++at) {
      at->second->ask_to_end(Stopped::cancelled);
    }
  }
  std::ranges::move(inbox.ended, std::back_inserter(unsettled_));
  if (inbox.closing && !std::exchange(closing_, true)) {
    goodbye_ = std::chrono::steady_clock::now() + settings_.goodbye;
    for (const auto& [key, running] : running_) running->ask_to_end(Stopped::closing);
  }
}

Status Dispatcher::turn() {
  watch_deadlines();
  settle_alone();
  const bool sweeping = sweep_is_due();
  const bool claiming = !closing_ && nodes_.alive() && has_work();
  const auto settled = [](const RunningPtr& one) { return one->settle_after == Deadline{}; };
  const bool settling = std::ranges::any_of(unsettled_, settled);
  const bool telling = may_tell();
  if (sweeping || claiming || settling || telling) {
    Turn found;
    SOUK_TRY(store_.write(
        [&](store::Tx& tx) -> Status {
          found = {};
          SOUK_TRY(settle_together(tx));
          if (sweeping) SOUK_TRY(sweep(tx, found));
          if (claiming) SOUK_TRY(claim(tx, found));
          if (!telling) return {};
          return tx.defer("SELECT pg_notify('souk_work', $1)", std::to_string(nodes_.id().value));
        },
        store::Isolation::read_committed));
    // First: what ends makes room that the claim did not see, and the lane is to be looked at again.
    for (const std::string& name : found.drained) lanes_.find(name)->second.waiting = false;
    for (const RunningPtr& running : unsettled_) {
      if (settled(running)) finish(running);
    }
    std::erase_if(unsettled_, settled);
    if (telling) {
      others_wanted_ = false;
      next_told_ = std::chrono::steady_clock::now() + kBetweenTelling;
    }
    begin(found);
    if (sweeping) after_sweep(found);
  }
  if (!closing_) fire_schedules();
  return {};
}

}  // namespace souk::work
