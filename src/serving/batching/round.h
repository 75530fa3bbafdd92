// SPDX-License-Identifier: Apache-2.0
//
// Running requests, alone or together; and rounds: what one thread took in during one turn of its loop, to be run
// together at the turn's end. What arrived at the same time shares a batch, and nothing waits for what has not arrived.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "runtimes/runtime.h"
#include "serving/routes.h"

namespace souk::serving {

// A request that was checked and pinned. The replica and the request live until `done` was called.
struct Waiting {
  Replicated* replica = nullptr;
  const runtimes::InferRequest* request = nullptr;
  Deadline deadline = kNoDeadline;
  std::chrono::steady_clock::time_point begun;  // when it was taken on, for the time its caller saw
  runtimes::Completion done;
  const Trace* trace = nullptr;     // null: it is not sampled
  std::int64_t caller = 0;          // whose turn it is on, where requests wait
  std::int64_t priority = 0;        // as it was asked for; in the queue its level, the lowest first
  std::function<bool()> gone = {};  // whether nobody waits for the answer any more
  std::shared_ptr<void> turn = {};  // dropped when it was answered
};

// Runs the request here, or where its runtime likes.
void run_alone(Waiting one);
// Runs joinable requests as one batch. Each gets its own answer or error.
void run_together(std::vector<Waiting> members);
// Answers without running it.
void fail(Waiting one, Error why);
// Runs them all here, those that fit together as batches. Each gets its own answer or error.
void run_round(std::vector<Waiting> round);

}  // namespace souk::serving
