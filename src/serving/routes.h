// SPDX-License-Identifier: Apache-2.0
//
// What a request finds: an immutable snapshot, replaced as a whole when a replica becomes READY or goes. A thread
// keeps the snapshot it saw last and looks at one counter to know that it is still the newest, so that finding
// a route takes no lock and touches no shared count. (libstdc++'s atomic<shared_ptr> is a spin lock on one word
// that every request would write.) A stale snapshot does no harm: what it leads to refuses to be pinned.
#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/model.h"
#include "serving/seen/series.h"
#include "serving/seen/tally.h"
#include "serving/serving.h"
#include "serving/traffic/figures.h"

namespace souk::serving {

class Queue;
struct Split;

// Counts by result, pre-resolved; one a deployment, living as long as the process.
struct DeploymentMetrics {
  std::string name;  // "default/digits"
  Counter* ok = nullptr;
  Metrics::Family<Counter> requests;  // for the other codes
  Histogram* duration = nullptr;
  Counter* violations = nullptr;  // answers that were not the signature's
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::int64_t> waiting{0};  // in the queue

  void count(std::optional<Code> error, double seconds, const Trace* trace);
};

// One running copy of a revision here. `state` and what belongs to it are guarded by State::mutex; the count of
// pins and, while one is held, `target` need no lock.
struct Replicated : std::enable_shared_from_this<Replicated> {
  Replicated(DeploymentId deployment, Revision revision) : deployment(deployment), revision(std::move(revision)) {}

  const DeploymentId deployment;
  const Revision revision;
  std::shared_ptr<DeploymentMetrics> metrics;
  std::unique_ptr<RevisionSeries> series;
  std::shared_ptr<class Bell> bell;  // rung when the last pin of a closed replica goes

  ReplicaState state = ReplicaState::PENDING;
  std::string reason;
  std::int64_t memory_bytes = 0;    // measured; 0: not loaded
  std::int64_t measured_bytes = 0;  // when it was last loaded
  std::int64_t held_bytes = 0;      // of the budget: what it took, or while it loads is expected to take
  double load_ms = 0;
  Time update_time;
  std::int64_t generation = 0;  // of the deployment when this was last begun
  bool loading = false;         // begun, and not over
  CoresWanted loaded_as;        // what the deployment asked for when this was last begun
  bool restored = false;        // begun by the start of the server: it takes no room from others
  bool unwanted = false;        // on its way, but to be stopped when it arrives
  Deadline drain_deadline = kNoDeadline;
  std::chrono::steady_clock::time_point ready_time;  // when it was last loaded

  std::unique_ptr<const Target> target;         // from the first READY or UNLOADED until the last pin went
  std::shared_ptr<runtimes::Runtime> runtime;   // there for who holds a pin and has not seen it asleep
  std::shared_ptr<Queue> queue;                 // as long as target
  std::atomic<std::int64_t> run_time_ns{0};     // of one request alone; a moving mean
  std::atomic<std::int64_t> max_batch_size{1};  // as the deployment has it now
  // What goes into the mean at most: one run that was held up says little of the model.
  std::int64_t longest_learned_ns = std::numeric_limits<std::int64_t>::max();
  Tally tally;

  // Kept while it shares the deployment with others; made under the mutex, and there as long as the replica.
  void keep_figures(CopyCounters copies);
  Figures* figures() const { return figures_.load(std::memory_order_acquire); }
  // A request was answered.
  void count(std::optional<Code> error, std::chrono::nanoseconds took, const Trace* trace);

  bool pin();
  void unpin();
  void close() { pins_.fetch_or(kClosed, std::memory_order_acq_rel); }
  bool drained() const { return (pins_.load(std::memory_order_acquire) & ~kAsleep) == kClosed; }
  // Whether there is no runtime: a request waits until it is loaded. Once a holder of a pin saw that there is one, it
  // stays until that pin goes.
  bool asleep() const { return pins_.load(std::memory_order_acquire) & kAsleep; }
  bool idle() const { return pins_.load(std::memory_order_acquire) == 0; }
  // Unless somebody holds a pin: from here on there is no runtime.
  bool fall_asleep();
  std::chrono::steady_clock::time_point last_used() const { return std::max(ready_time, tally.last()); }

 private:
  static constexpr std::uint64_t kClosed = 1ull << 63;
  static constexpr std::uint64_t kAsleep = 1ull << 62;
  std::atomic<std::uint64_t> pins_{kClosed};  // opened when READY
  std::unique_ptr<Figures> own_figures_;
  std::atomic<Figures*> figures_{nullptr};
  friend struct Serving::State;
  // Loaded, or (asleep) to be loaded on demand.
  void open(bool asleep = false);
};

// A route as an object that access decides on.
struct Callable {
  const access::ResourceRef* reference;
  access::ResourceRef resource() const { return *reference; }
};

struct Route {
  DeploymentId id;
  access::ResourceRef resource;
  DeploymentState state = DeploymentState::PENDING;
  std::string reason;
  std::shared_ptr<Replicated> replica;  // the one with traffic; none: why is in state and reason
  std::shared_ptr<const Split> split;   // of several that share it; null: `replica` answers everything
};

struct Routes {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  template <class T>
  using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
  Map<Route> by_name;                       // "namespace/slug"
  Map<std::vector<const Route*>> by_model;  // "namespace/model", oldest deployment first
};

class RouteTable {
 public:
  RouteTable();
  void publish(std::shared_ptr<const Routes> routes);
  // Valid until this thread calls again.
  const Routes& current() const;

 private:
  const std::uint64_t identity_;  // of this table among all that ever were
  std::atomic<std::uint64_t> version_{1};
  mutable std::mutex mutex_;
  std::shared_ptr<const Routes> routes_;
};

}  // namespace souk::serving
