// SPDX-License-Identifier: Apache-2.0
//
// An attempt of this node, and what is to become of its item. Inside the room only.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

#include "work/clock.h"
#include "work/model.h"

namespace souk::work {

// Why an attempt was asked to end.
enum class Stopped { no, cancelled, late, closing, lost };

enum class Verdict { kept, done, again, retry, release, dead, cancelled };

struct Running {
  Running(Item item, const Queue& queue, const Clock& clock, Duration keep_done)
      : item(std::move(item)), queue(queue), clock(clock), keep_done(keep_done) {}

  void ask_to_end(Stopped why) {
    Stopped none = Stopped::no;
    stopped.compare_exchange_strong(none, why);
    stop.request_stop();
  }

  const Item item;
  const Queue& queue;
  const Clock& clock;
  const Duration keep_done;
  Deadline deadline = kNoDeadline;
  std::stop_source stop;
  std::atomic<Stopped> stopped{Stopped::no};
  std::atomic<bool> completed{false};   // by its own transaction
  std::atomic<bool> taken_away{false};  // settled while its thread went on
  // Of the dispatcher's thread:
  std::optional<Verdict> verdict;
  Deadline settle_after{};  // of an end that could not be written
  std::optional<Time> due;  // of a retry
  std::chrono::steady_clock::time_point started{}, ended{};
  // Written by its thread before it hands the attempt back:
  Status outcome;
  std::optional<Duration> again;
};
using RunningPtr = std::shared_ptr<Running>;

// What becomes of the item of an attempt that ended. Pure.
Verdict judge(const Running& running, Time now);
// Before the next attempt: doubles, less a random part of up to a half; `random` in [0, 1).
Duration back_off(const Queue& queue, std::int64_t attempts, double random);

}  // namespace souk::work
