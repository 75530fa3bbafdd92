// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/round.h"

#include <algorithm>

#include "net/stream.h"
#include "serving/batching/batch.h"
#include "serving/seen/spans.h"

namespace souk::serving {

namespace {

using Clock = std::chrono::steady_clock;

void learn_run_time(Replicated& replica, std::chrono::nanoseconds took) {
  const std::int64_t mean = replica.run_time_ns.load(std::memory_order_relaxed);
  const std::int64_t learned = std::min<std::int64_t>(took.count(), replica.longest_learned_ns);
  replica.run_time_ns.store(mean + (learned - mean) / 8, std::memory_order_relaxed);
}

runtimes::InferResult checked(const Replicated& replica, const runtimes::InferRequest& request,
                              runtimes::InferResult result) {
  if (!result) return result;
  Status fits = runtimes::check_response(replica.target->signature, request, *result);
  if (fits) return result;
  replica.metrics->violations->add();
  return internal("the model's answer does not match its signature: " + fits.error().message);
}

// What a request adds to the model's inferences: its rows, where the first dimension counts some.
std::int64_t inferences_of(const Replicated& replica, const runtimes::InferRequest& request) {
  const auto& inputs = replica.target->signature.inputs;
  const bool batched = !inputs.empty() && !inputs[0].shape.empty() && inputs[0].shape[0] < 0;
  return batched ? std::max<std::int64_t>(rows_of(request), 1) : 1;
}

// `ran`: it came to the model, alone or in a batch.
void finish(Waiting& one, bool ran, Clock::time_point started, Clock::time_point ended, runtimes::InferResult result,
            const BatchSpan& batch = {}) {
  const auto error = result ? std::nullopt : std::optional(result.error().code);
  if (ran) one.replica->series->ran(one.begun, started, ended, one.trace);
  add_spans(one, ran, started, ended, error, batch);
  if (result) {
    one.replica->tally.answered(inferences_of(*one.replica, *one.request), one.begun, started, ended);
  } else {
    one.replica->tally.failed(ended - one.begun);
  }
  one.replica->count(error, ended - one.begun, one.trace);
  one.done(std::move(result));
}

struct Running {
  const Clock::time_point begun = Clock::now();
  std::vector<Waiting> members;
  Batch batch;
  Clock::time_point started;

  explicit Running(std::vector<Waiting> all) : members(std::move(all)), batch(requests(members)) {}

  static std::vector<const runtimes::InferRequest*> requests(const std::vector<Waiting>& members) {
    std::vector<const runtimes::InferRequest*> out;
    out.reserve(members.size());
    for (const Waiting& member : members) out.push_back(member.request);
    return out;
  }

  void completed(runtimes::InferResult result) {
    const auto ended = Clock::now();
    Replicated& replica = *members.front().replica;
    result = checked(replica, batch.request(), std::move(result));
    auto parts = result ? batch.split(std::move(*result)) : std::move(result.error());
    const std::int64_t rows = rows_of(batch.request());
    const BatchSpan span = add_batch_span(members, rows, begun, started, ended, !parts);
    if (!parts) {
      // Whose fault it is shows when each runs alone.
      for (Waiting& member : members) run_alone(std::move(member));
      return;
    }
    replica.tally.executed(rows, ended - started);
    replica.series->executed(rows);
    const net::SendTogether together;
    for (std::size_t i = 0; i < members.size(); ++i) {
      finish(members[i], true, started, ended, std::move((*parts)[i]), span);
    }
  }
};

}  // namespace

void run_together(std::vector<Waiting> members) {
  if (members.size() == 1) return run_alone(std::move(members.front()));
  auto running = std::make_shared<Running>(std::move(members));
  running->started = Clock::now();
  running->members.front().replica->runtime->infer(
      running->batch.request(), kNoDeadline,
      [running](runtimes::InferResult result) { running->completed(std::move(result)); });
}

void fail(Waiting one, Error why) {
  const auto ended = Clock::now();
  finish(one, false, ended, ended, std::move(why));
}

void run_alone(Waiting one) {
  auto started = Clock::now();
  runtimes::Runtime& runtime = *one.replica->runtime;
  const runtimes::InferRequest& request = *one.request;
  const Deadline deadline = one.deadline;
  runtime.infer(request, deadline, [started, one = std::move(one)](runtimes::InferResult result) mutable {
    auto ended = Clock::now();
    if (result) {
      learn_run_time(*one.replica, ended - started);
      one.replica->tally.executed(inferences_of(*one.replica, *one.request), ended - started);
      one.replica->series->executed(inferences_of(*one.replica, *one.request));
    }
    finish(one, true, started, ended, checked(*one.replica, *one.request, std::move(result)));
  });
}

void run_round(std::vector<Waiting> round) {
  for (std::size_t i = 0; i < round.size(); ++i) {
    if (round[i].replica == nullptr) continue;  // ran with an earlier one
    Replicated* const replica = round[i].replica;
    const std::int64_t most = replica->max_batch_size.load(std::memory_order_relaxed);
    const auto now = Clock::now();
    std::int64_t rows = rows_of(*round[i].request);
    std::vector<Waiting> members;
    members.push_back(std::move(round[i]));
    for (std::size_t j = i + 1; j < round.size(); ++j) {
      Waiting& other = round[j];
      if (other.replica != replica || other.deadline <= now) continue;
      const std::int64_t more = rows_of(*other.request);
      if (rows + more > most || !joinable(*members.front().request, *other.request)) continue;
      rows += more;
      members.push_back(std::move(other));
      other.replica = nullptr;
    }
    // Who came too late is told so when it runs alone.
    if (members.size() > 1 && members.front().deadline <= now) {
      run_alone(std::move(members.front()));
      members.erase(members.begin());
    }
    run_together(std::move(members));
  }
}

}  // namespace souk::serving
