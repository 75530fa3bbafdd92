// SPDX-License-Identifier: Apache-2.0
//
// Requests of one revision that wait for the pool `compute`: of models too slow to run where the request came in.
// While a batch runs, what comes gathers for the next; a request that finds the model idle runs at once. Callers take
// turns within a priority level, so one who sends many does not keep others waiting; the requests of one caller begin
// in their order. How many may be under way follows how long they wait (limiter.h), up to the queue's size. Where no
// more may come, a request takes the place of the newest of the caller with the longest line (the longest queue drop of
// stochastic fairness queueing, McKenney, INFOCOM 1990), so that a full queue is shared like the turns. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/pool.h"
#include "serving/batching/batching.h"
#include "serving/batching/limiter.h"
#include "serving/batching/round.h"

namespace souk::serving {

class Queue : public std::enable_shared_from_this<Queue> {
 public:
  // `limit`: requests that may wait; `runs`: batches that run at a time; `wait`: how long one should wait at most; 0:
  // the limit alone bounds them. The pool must outlive the queue.
  Queue(Pool& pool, Batching batching, std::int64_t limit, std::int64_t runs, std::chrono::nanoseconds wait = {});
  // From the next batch on.
  void configure(Batching batching, std::int64_t runs);
  Batching batching() const;
  std::int64_t limit() const;  // requests that may be under way just now

  // Takes the request and answers it later, from the pool; or leaves it untouched. Errors: unavailable with retry_after
  // (full, or it could not begin before its deadline)
  Status push(Waiting& one) { return put(one, false); }
  // The same, but it begins nothing that is not full: `begin` follows.
  Status gather(Waiting& one) { return put(one, true); }
  void begin();

 private:
  using Clock = std::chrono::steady_clock;
  // Callers in the order of their turns.
  struct Level {
    std::map<std::int64_t, std::deque<Waiting>> of_caller;
    std::deque<std::int64_t> turns;
  };
  struct Taken;

  Status put(Waiting& one, bool more_follow);
  Status admit(const Waiting& one, Clock::time_point now) const;
  std::optional<Waiting> make_place(const Waiting& one);
  void set_limits();
  void start(std::unique_lock<std::mutex>& lock);
  void run_next();
  void finished(Clock::time_point begun, std::chrono::nanoseconds waited, std::int64_t requests);
  bool worth_waiting() const;
  void take(Taken& taken);
  void take_from(Level& level, Taken& taken);
  void left(const Waiting& one, std::int64_t rows);
  std::vector<Waiting> take_all();

  Pool& pool_;
  const std::int64_t usual_limit_;

  mutable std::mutex mutex_;
  Batching batching_;
  std::int64_t runs_;
  std::int64_t limit_ = 0;
  Limiter limiter_;
  std::condition_variable more_;
  std::map<std::int64_t, Level> levels_;  // the lowest number first
  std::int64_t waiting_ = 0;
  std::int64_t waiting_rows_ = 0;
  std::int64_t posted_ = 0;           // runs that the pool has not begun
  std::int64_t running_ = 0;          // batches
  std::int64_t in_runs_ = 0;          // requests of those
  std::int64_t request_time_ns_ = 0;  // a moving mean of a batch's time over its requests
  Clock::time_point oldest_;          // none that waits came before it
};

}  // namespace souk::serving
