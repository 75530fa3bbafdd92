// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/queue.h"

#include <algorithm>

#include "serving/batching/batch.h"

namespace souk::serving {

namespace {

using Clock = std::chrono::steady_clock;

bool is_late(const Waiting& one, Clock::time_point now) {
  return one.deadline <= now || (one.gone && one.gone());
}

Error too_late(const Waiting& one) {
  if (one.gone && one.gone()) return cancelled("the caller has left");
  return deadline_exceeded("deployment " + one.replica->metrics->name +
                           " did not come to the request before its deadline");
}

}  // namespace

// What one run takes of those that wait.
struct Queue::Taken {
  std::int64_t most;  // rows
  Clock::time_point now;
  std::vector<Waiting> batch;
  std::vector<Waiting> late;  // need not run any more
  std::int64_t rows = 0;
  std::chrono::nanoseconds waited{0};  // the longest of the batch

  bool full() const { return !batch.empty() && rows >= most; }
  bool fits(const Waiting& one) const {
    if (batch.empty()) return true;
    const std::int64_t more = rows_of(*one.request);
    return rows > 0 && more > 0 && rows + more <= most && joinable(*batch.front().request, *one.request);
  }
};

Queue::Queue(Pool& pool, Batching batching, std::int64_t limit, std::int64_t runs, std::chrono::nanoseconds wait)
    : pool_(pool), usual_limit_(limit), batching_(std::move(batching)), runs_(runs), limiter_(wait, limit) {
  set_limits();
}

// Under the mutex. Two rounds of batches may always be under way: one that runs, and one that gathers meanwhile.
void Queue::set_limits() {
  limit_ = batching_.max_queue_size.value_or(usual_limit_);
  const std::int64_t least = 2 * runs_ * batching_.worth_running();
  limiter_.set_bounds(least, std::max(limit_ + runs_ * batching_.worth_running(), least));
}

void Queue::configure(Batching batching, std::int64_t runs) {
  const std::lock_guard lock(mutex_);
  batching_ = std::move(batching);
  runs_ = runs;
  set_limits();
  more_.notify_all();
}

Batching Queue::batching() const {
  const std::lock_guard lock(mutex_);
  return batching_;
}

std::int64_t Queue::limit() const {
  const std::lock_guard lock(mutex_);
  return limiter_.limit();
}

Status Queue::put(Waiting& one, bool more_follow) {
  const auto now = Clock::now();
  std::unique_lock lock(mutex_);
  one.priority = batching_.level_of(static_cast<std::uint64_t>(one.priority));
  std::optional<Waiting> dropped;
  const bool full = waiting_ >= limit_ || (waiting_ > 0 && waiting_ + in_runs_ >= limiter_.limit());
  if (full) dropped = make_place(one);
  if (!dropped) SOUK_TRY(admit(one, now));
  if (batching_.queue_timeout_microseconds > 0) {
    one.deadline = std::min(one.deadline, now + std::chrono::microseconds(batching_.queue_timeout_microseconds));
  }
  if (waiting_ == 0) oldest_ = now;
  ++waiting_;
  waiting_rows_ += rows_of(*one.request);
  one.replica->metrics->waiting.fetch_add(1, std::memory_order_relaxed);
  Level& level = levels_[one.priority];
  const std::int64_t caller = one.caller;
  std::deque<Waiting>& line = level.of_caller[caller];
  if (line.empty()) level.turns.push_back(caller);
  line.push_back(std::move(one));
  if (!more_follow || waiting_rows_ >= batching_.worth_running()) start(lock);
  if (lock.owns_lock()) lock.unlock();
  if (dropped) {
    Error why = unavailable("deployment " + dropped->replica->metrics->name +
                            " has more waiting than it can answer, most of it of this caller")
                    .retry_in(std::chrono::seconds(1));
    fail(std::move(*dropped), std::move(why));
  }
  return {};
}

void Queue::begin() {
  std::unique_lock lock(mutex_);
  start(lock);
}

// Under the mutex, where no more may come: the newest of the caller whose line is the longest, unless that is about as
// long as the line of this one's caller. Not of a more urgent level.
std::optional<Waiting> Queue::make_place(const Waiting& one) {
  std::size_t own = 0, longest = 0;
  decltype(levels_)::iterator from;
  std::int64_t caller = 0;
  for (auto level = levels_.lower_bound(one.priority); level != levels_.end(); ++level) {
    for (const auto& [who, line] : level->second.of_caller) {
      if (who == one.caller) {
        own += line.size();
      } else if (line.size() >= longest) {
        longest = line.size();
        from = level;
        caller = who;
      }
    }
  }
  if (longest <= own + 1) return std::nullopt;
  auto line = from->second.of_caller.find(caller);
  Waiting dropped = std::move(line->second.back());
  line->second.pop_back();  // it was not the only one
  left(dropped, rows_of(*dropped.request));
  return dropped;
}

// Under the mutex. Nothing is promised to somebody who cannot be served in time.
Status Queue::admit(const Waiting& one, Clock::time_point now) const {
  const std::chrono::nanoseconds until_begun(request_time_ns_ * waiting_ / runs_);
  auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(until_begun);
  delay = std::clamp(delay, std::chrono::milliseconds(100), std::chrono::milliseconds(30'000));
  const std::string deployment = "deployment " + one.replica->metrics->name;
  if (waiting_ >= limit_) {
    return unavailable(deployment + " has " + std::to_string(waiting_) + " requests waiting, its limit")
        .retry_in(delay);
  }
  if (waiting_ > 0 && waiting_ + in_runs_ >= limiter_.limit()) {
    return unavailable(deployment + " is overloaded: " + std::to_string(waiting_ + in_runs_) +
                       " requests are under way, and more would wait longer than serving.queue_wait")
        .retry_in(delay);
  }
  if (waiting_ > 0 && now + until_begun >= one.deadline) {
    return unavailable(deployment + " has " + std::to_string(waiting_) +
                       " requests waiting and would not come to this one before its deadline")
        .retry_in(delay);
  }
  return {};
}

// Asks the pool for as many runs as there may be.
void Queue::start(std::unique_lock<std::mutex>& lock) {
  more_.notify_all();
  while (running_ + posted_ < runs_ && waiting_ > posted_) {
    ++posted_;
    Status posted = pool_.post([self = shared_from_this()] { self->run_next(); });
    if (posted) continue;
    --posted_;
    if (running_ + posted_ > 0) return;  // those that run come back
    std::vector<Waiting> all = take_all();
    lock.unlock();
    for (Waiting& one : all) fail(std::move(one), posted.error());
    return;
  }
}

// On the pool.
void Queue::run_next() {
  Taken taken{0, {}, {}, {}};
  {
    std::unique_lock lock(mutex_);
    while (worth_waiting()) {
      more_.wait_until(lock, oldest_ + std::chrono::microseconds(batching_.max_queue_delay_microseconds));
    }
    taken.now = Clock::now();
    taken.most = batching_.next_size(waiting_rows_);
    take(taken);
    --posted_;
    ++running_;
    in_runs_ += static_cast<std::int64_t>(taken.batch.size());
  }
  // Lives as long as the last of the batch.
  auto turn = std::shared_ptr<void>(nullptr, [self = shared_from_this(), begun = taken.now, waited = taken.waited,
                                              requests = static_cast<std::int64_t>(taken.batch.size())](void*) {
    self->finished(begun, waited, requests);
  });
  for (Waiting& one : taken.batch) one.turn = turn;
  turn.reset();
  if (!taken.batch.empty()) run_together(std::move(taken.batch));
  for (Waiting& one : taken.late) {
    Error why = too_late(one);
    fail(std::move(one), std::move(why));
  }
}

void Queue::finished(Clock::time_point begun, std::chrono::nanoseconds waited, std::int64_t requests) {
  const auto now = Clock::now();
  std::unique_lock lock(mutex_);
  if (requests > 0) limiter_.answered(waited, waiting_ + in_runs_, requests, now);
  --running_;
  in_runs_ -= requests;
  if (requests > 0) {
    const std::int64_t took = std::chrono::nanoseconds(now - begun).count();
    request_time_ns_ += (took / requests - request_time_ns_) / 8;
  }
  start(lock);
}

// Under the mutex: whether a fuller batch may still come before the oldest has waited as long as is allowed. Never
// while nothing runs.
bool Queue::worth_waiting() const {
  return running_ > 0 && waiting_ > 0 && batching_.max_queue_delay_microseconds > 0 &&
         waiting_rows_ < batching_.worth_running() &&
         Clock::now() < oldest_ + std::chrono::microseconds(batching_.max_queue_delay_microseconds);
}

// Under the mutex: the next batch, the most urgent first.
void Queue::take(Taken& taken) {
  for (auto level = levels_.begin(); level != levels_.end() && !taken.full();) {
    take_from(level->second, taken);
    level = level->second.turns.empty() ? levels_.erase(level) : std::next(level);
  }
  oldest_ = taken.now;
}

// One of each caller in turn, until the batch is full or nothing more fits.
void Queue::take_from(Level& level, Taken& taken) {
  std::size_t passed_over = 0;
  while (passed_over < level.turns.size() && !taken.full()) {
    const std::int64_t caller = level.turns.front();
    level.turns.pop_front();
    auto line = level.of_caller.find(caller);
    Waiting& first = line->second.front();
    const bool late = is_late(first, taken.now);
    if (!late && !taken.fits(first)) {
      level.turns.push_back(caller);
      ++passed_over;
      continue;
    }
    passed_over = 0;
    const std::int64_t rows = rows_of(*first.request);
    left(first, rows);
    if (!late) {
      taken.rows += rows;
      taken.waited = std::max(taken.waited, std::chrono::nanoseconds(taken.now - first.begun));
    }
    (late ? taken.late : taken.batch).push_back(std::move(first));
    line->second.pop_front();
    if (line->second.empty()) {
      level.of_caller.erase(line);
    } else {
      level.turns.push_back(caller);
    }
  }
}

void Queue::left(const Waiting& one, std::int64_t rows) {
  --waiting_;
  waiting_rows_ -= rows;
  one.replica->metrics->waiting.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<Waiting> Queue::take_all() {
  std::vector<Waiting> all;
  for (auto& [number, level] : levels_) {
    for (auto& [caller, line] : level.of_caller) {
      for (Waiting& one : line) {
        left(one, rows_of(*one.request));
        all.push_back(std::move(one));
      }
    }
  }
  levels_.clear();
  return all;
}

}  // namespace souk::serving
