// SPDX-License-Identifier: Apache-2.0
//
// The memory budget of this node: who holds how much of it, and who goes when another needs room. All but reserve,
// hold_two, destroy and show under the mutex.
#include <algorithm>
#include <thread>

#include "serving/capacity/machine.h"
#include "serving/state.h"

namespace souk::serving {

namespace {

// How long a load waits for what is busy just now.
constexpr std::chrono::milliseconds kPatience{1'000};
constexpr std::chrono::milliseconds kLookAgain{2};
constexpr std::size_t kNamed = 5;

// "default/a (1.0 GiB), default/b (20.0 MiB) and 3 more"
std::string named(std::vector<std::pair<std::int64_t, std::string>> all) {
  std::ranges::sort(all, std::greater());
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kNamed); ++i) {
    text += (i == 0 ? "" : ", ") + all[i].second + " (" + size_text(all[i].first) + ")";
  }
  if (all.size() > kNamed) text += " and " + std::to_string(all.size() - kNamed) + " more";
  return text;
}

struct Candidate {
  std::chrono::steady_clock::time_point used;
  Served* served;
  Replicated* replica;
};

}  // namespace

std::int64_t Serving::State::held_by_others(const Replicated& replica) const {
  std::int64_t sum = 0;
  for (const auto& [id, served] : deployments) {
    for (const auto& [revision, other] : served.replicas) {
      if (other.get() != &replica) sum += other->held_bytes;
    }
  }
  return sum;
}

// Why there is no room, with the figures.
Error Serving::State::no_room(const Replicated& replica, std::int64_t bytes) const {
  std::vector<std::pair<std::int64_t, std::string>> pinned, busy;
  for (const auto& [id, served] : deployments) {
    for (const auto& [revision, other] : served.replicas) {
      if (other.get() == &replica || other->held_bytes == 0) continue;
      const bool stays = !served.may_unload();
      if (stays || !other->idle()) (stays ? pinned : busy).emplace_back(other->held_bytes, served.metrics->name);
    }
  }
  std::string text = "there is no room in memory: it needs " + size_text(bytes) + ", serving.memory_budget is " +
                     size_text(budget) + ", and " + size_text(held_by_others(replica)) + " are in use";
  if (!pinned.empty()) text += "; kept loaded: " + named(std::move(pinned));
  if (!busy.empty()) text += "; busy: " + named(std::move(busy));
  return resource_exhausted(text).advise("unpin or stop a deployment, or give the node a larger budget");
}

// Without the mutex's owner nobody is unloaded or loaded; what is idle can become busy until it has fallen asleep.
Status Serving::State::take_room(Replicated& replica, std::int64_t bytes, std::vector<Leaving>& leaving, bool& busy) {
  std::int64_t free = budget - held_by_others(replica);
  std::int64_t idle = 0;
  std::vector<Candidate> candidates;
  busy = false;
  for (auto& [id, served] : deployments) {
    for (const auto& [revision, other] : served.replicas) {
      if (other.get() == &replica || other->held_bytes == 0 || !served.may_unload()) continue;
      if (other->state != ReplicaState::READY || !other->idle()) {
        busy = true;
        continue;
      }
      idle += other->held_bytes;
      candidates.push_back({other->last_used(), &served, other.get()});
    }
  }
  if (free + (replica.restored ? 0 : idle) < bytes) {
    busy = busy && bytes <= budget && !replica.restored;
    return no_room(replica, bytes);
  }
  std::ranges::sort(candidates, {}, &Candidate::used);
  const std::string name = deployments.at(replica.deployment).metrics->name;
  for (const Candidate& one : candidates) {
    if (free >= bytes) break;
    const std::int64_t held = one.replica->held_bytes;
    if (!unload(*one.served, *one.replica, "to make room for " + name, leaving)) continue;
    unloads.with({"room"}).add();
    one.replica->series->evicted("room");
    free += held;
  }
  if (free < bytes) {
    busy = true;
    return no_room(replica, bytes);
  }
  replica.held_bytes = bytes;
  return {};
}

bool Serving::State::hold_two(Replicated& replica, std::int64_t bytes) {
  const std::lock_guard lock(mutex);
  if (bytes > budget / 2 || budget - held_by_others(replica) < 2 * bytes) return false;
  replica.held_bytes = 2 * bytes;
  return true;
}

Status Serving::State::reserve(const std::shared_ptr<Replicated>& replica, std::int64_t bytes) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    std::vector<Leaving> leaving;
    bool busy = false;
    Status room;
    {
      const std::lock_guard lock(mutex);
      if (!deployments.contains(replica->deployment)) return unavailable("the deployment is gone");
      room = take_room(*replica, std::max(bytes, replica->measured_bytes), leaving, busy);
    }
    destroy(std::move(leaving));
    if (room || !busy || stopped || std::chrono::steady_clock::now() >= until) return room;
    std::this_thread::sleep_for(kLookAgain);
  }
}

// False when a request has come.
bool Serving::State::unload(Served& served, Replicated& replica, std::string reason, std::vector<Leaving>& leaving) {
  if (!replica.fall_asleep()) return false;
  move(served, replica, ReplicaState::DRAINING);
  leaving.push_back({std::move(replica.runtime), nullptr, replica.memory_bytes});
  replica.memory_bytes = replica.held_bytes = 0;
  replica.series->loaded(0);
  move(served, replica, ReplicaState::UNLOADED, std::move(reason));
  return true;
}

void Serving::State::destroy(std::vector<Leaving> leaving) {
  if (leaving.empty()) return;
  for (Leaving& one : leaving) {
    one.runtime.reset();
    one.target.reset();
    meter.freed(one.bytes);
  }
  trim_heap();
}

void Serving::State::show() {
  std::map<ReplicaState, double> counts;
  std::int64_t sum = 0;
  for (const auto& [id, served] : deployments) {
    std::int64_t bytes = 0;
    for (const auto& [revision, replica] : served.replicas) {
      counts[replica->state] += 1;
      sum += replica->held_bytes;
      bytes += replica->memory_bytes;
    }
    memory.with({served.metrics->name}).set(static_cast<double>(bytes));
  }
  memory_held.set(static_cast<double>(sum));
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<ReplicaState>>(
      [&](auto one) { replicas_in.with({std::string(json::enum_name(one.value))}).set(counts[one.value]); });
}

}  // namespace souk::serving
