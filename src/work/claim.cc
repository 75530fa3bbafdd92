// SPDX-License-Identifier: Apache-2.0
//
// Taking items. Namespaces take turns: a claim goes round those that have something waiting, from the one after the
// last served on, and takes an equal share of each.
#include <algorithm>
#include <exception>

#include "work/attempt.h"
#include "work/dispatcher.h"
#include "work/item_rows.h"

namespace souk::work {

namespace {

constexpr double kNoTime = 0.001;  // seconds: attempts so short that threads would wait for claims
constexpr std::int64_t kAhead = 4;
constexpr std::int64_t kMostAhead = 256;

}  // namespace

std::int64_t Dispatcher::free(const Lane& lane) const {
  const std::int64_t threads = lane.queue.concurrency;
  const std::int64_t ahead = lane.mean_seconds < kNoTime ? std::min(threads * kAhead, kMostAhead) : 0;
  return threads + ahead - lane.busy;
}

Status Dispatcher::claim(store::Tx& tx, Turn& found) {
  for (const auto& [name, lane] : lanes_) {
    if (lane.waiting && free(lane) > 0) SOUK_TRY(claim_for(tx, lane, found));
  }
  return {};
}

Status Dispatcher::claim_for(store::Tx& tx, const Lane& lane, Turn& found) {
  const std::string& name = lane.queue.name;
  const std::int64_t wanted = free(lane);
  std::vector<NamespaceId> ring = SOUK_TRY(waiting_namespaces(tx, name, lane.last, wanted));
  if (static_cast<std::int64_t>(ring.size()) < wanted && lane.last >= NamespaceId(0)) {
    const auto rest = static_cast<std::int64_t>(ring.size());
    for (const NamespaceId one : SOUK_TRY(waiting_namespaces(tx, name, NamespaceId(-1), wanted - rest))) {
      if (one <= lane.last) ring.push_back(one);
    }
  }
  std::int64_t left = wanted;
  auto turns = static_cast<std::int64_t>(ring.size());
  for (const NamespaceId one : ring) {
    std::int64_t share = (left + turns - 1) / turns;
    --turns;
    if (lane.queue.per_namespace > 0) {
      const auto busy = lane.busy_of.find(one);
      share = std::min(share, lane.queue.per_namespace - (busy == lane.busy_of.end() ? 0 : busy->second));
    }
    if (share <= 0) continue;
    auto items = SOUK_TRY(claim_items(tx, name, one, nodes_.id(), share, clock_.now()));
    left -= static_cast<std::int64_t>(items.size());
    if (!items.empty()) found.last[name] = one;
    std::ranges::move(items, std::back_inserter(found.claimed));
    if (left <= 0) break;
  }
  if (left > 0) found.drained.push_back(name);
  return {};
}

void Dispatcher::begin(Turn& found) {
  others_wanted_ |= found.last.size() > found.drained.size();
  for (const auto& [name, last] : found.last) lanes_.find(name)->second.last = last;
  const Time now = clock_.now();
  const auto steady = std::chrono::steady_clock::now();
  for (Item& item : found.claimed) {
    Lane& lane = lanes_.find(item.queue)->second;
    const Time since = item.update_time;
    auto running = std::make_shared<Running>(std::move(item), lane.queue, clock_, settings_.keep_done);
    if (running->item.deadline) running->deadline = clock_.when(*running->item.deadline);
    if (lane.queue.timeout > Duration(0)) running->deadline = std::min(running->deadline, steady + lane.queue.timeout);
    next_deadline_ = std::min(next_deadline_, running->deadline);
    running_.emplace(Key{running->item.id, running->item.token}, running);
    ++lane.busy;
    ++lane.busy_of[running->item.namespace_id];
    lane.wait_seconds.observe(std::chrono::duration<double>(now - since).count());
    if (lane.pool->post([this, running] { execute(running); })) continue;
    running->ask_to_end(Stopped::closing);
    running->outcome = unavailable("the node has no thread left for it");
    unsettled_.push_back(running);
    bell_.ring();
  }
}

void Dispatcher::execute(const RunningPtr& running) {
  running->started = std::chrono::steady_clock::now();
  if (running->stop.stop_requested()) {
    running->outcome = cancelled("it was not begun");
  } else {
    try {
      Attempt attempt(*running);
      running->outcome = running->queue.run(attempt);
    } catch (const std::exception& error) {
      running->outcome = internal("the queue's function threw").because(internal(error.what()));
    } catch (...) {
      running->outcome = internal("the queue's function threw something that is no std::exception");
    }
  }
  running->ended = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    inbox_.ended.push_back(running);
  }
  bell_.ring();
}

}  // namespace souk::work
