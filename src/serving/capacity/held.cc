// SPDX-License-Identifier: Apache-2.0
//
// Requests for what is not in memory: held until it is loaded, which the first of them begins, or until their deadline.
#include "serving/batching/queue.h"
#include "serving/state.h"

namespace souk::serving {

namespace {

constexpr std::chrono::milliseconds kLeastRetry{100};
constexpr std::chrono::milliseconds kMostRetry{30'000};

Duration about(double load_ms) {
  return std::clamp(Duration(static_cast<Duration::rep>(load_ms)), Duration(kLeastRetry), Duration(kMostRetry));
}

}  // namespace

// Under the mutex.
Status Serving::State::keep(Waiting& one) {
  Replicated& replica = *one.replica;
  const std::string label = "deployment " + replica.metrics->name;
  auto found = deployments.find(replica.deployment);
  if (stopped || found == deployments.end() || !found->second.runs()) return unavailable(label + " is stopping");
  if (replica.state == ReplicaState::FAILED) {
    return failed_precondition(label + " could not be loaded: " + replica.reason)
        .advise("deploy a version that loads, or stop and start the deployment to try again");
  }
  if (replica.state != ReplicaState::UNLOADED && !on_its_way(replica.state)) {
    return unavailable(label + " is being replaced").retry_in(kLeastRetry);
  }
  std::vector<Waiting>& waiting = held[&replica];
  if (waiting.size() >= static_cast<std::size_t>(settings.queue_limit)) {
    return unavailable(label + " is loading, and " + std::to_string(waiting.size()) +
                       " requests wait for it, the limit")
        .retry_in(about(replica.load_ms));
  }
  replica.metrics->waiting.fetch_add(1, std::memory_order_relaxed);
  const bool sooner = waiting.empty() || one.deadline < waiting.back().deadline;
  waiting.push_back(std::move(one));
  if (replica.state == ReplicaState::UNLOADED && !replica.loading) {
    begin(found->second, found->second.replicas.at(replica.revision.id));
  }
  if (sooner) bell->ring();  // the reconciler looks at deadlines
  return {};
}

void Serving::State::hold(Waiting one) {
  Status kept;
  {
    const std::lock_guard lock(mutex);
    if (one.replica->asleep()) {
      kept = keep(one);
      if (kept) return;
    }
  }
  Queue& queue = *one.replica->queue;
  if (kept) kept = queue.push(one);  // it was loaded meanwhile
  if (!kept) fail(std::move(one), std::move(kept.error()));
}

// Under the mutex.
std::vector<Waiting> Serving::State::take_held(const Replicated& replica) {
  auto found = held.find(&replica);
  if (found == held.end()) return {};
  std::vector<Waiting> all = std::move(found->second);
  held.erase(found);
  replica.metrics->waiting.fetch_sub(static_cast<std::int64_t>(all.size()), std::memory_order_relaxed);
  return all;
}

// Under the mutex: those whose deadline has come.
std::vector<Waiting> Serving::State::take_late() {
  std::vector<Waiting> late;
  const auto now = std::chrono::steady_clock::now();
  for (auto& [replica, waiting] : held) {
    const auto first =
        std::stable_partition(waiting.begin(), waiting.end(), [&](const Waiting& one) { return one.deadline > now; });
    replica->metrics->waiting.fetch_sub(waiting.end() - first, std::memory_order_relaxed);
    late.insert(late.end(), std::make_move_iterator(first), std::make_move_iterator(waiting.end()));
    waiting.erase(first, waiting.end());
  }
  return late;
}

void Serving::State::run_held(Queue& queue, std::vector<Waiting> held) {
  for (Waiting& one : held) {
    if (Status queued = queue.push(one); !queued) fail(std::move(one), std::move(queued.error()));
  }
}

}  // namespace souk::serving
