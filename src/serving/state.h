// SPDX-License-Identifier: Apache-2.0
//
// What Serving is inside. `mutex` guards the deployments, their replicas and the waiters; it is never held while a
// model loads or runs, a statement runs, or a callback is called.
//
// Threads: the reconciler (one) applies rows and local changes and publishes routes; `loads` fetch, load and warm;
// `compute` runs models too slow for a connection's thread; the journal writes down.
#pragma once

#include <map>
#include <thread>

#include "base/pool.h"
#include "serving/batching/round.h"
#include "serving/bell.h"
#include "serving/capacity/meter.h"
#include "serving/change.h"
#include "serving/journal.h"
#include "serving/rollouts/rollout.h"
#include "serving/routes.h"
#include "serving/rows.h"
#include "store/read_cache.h"

namespace souk::serving {

// A revision that is kept loaded.
struct Arm {
  Revision revision;
  std::int64_t weight = 0;
  std::int64_t shadow = 0;
};

// A deployment as this node serves it.
struct Served {
  Deployment row;
  Revision wanted;
  std::vector<Arm> arms;  // with `wanted`, where several revisions are kept loaded
  Routing routing;
  Capacity capacity;
  BatchingOverride batching;
  bool removed = false;
  std::map<RevisionId, std::shared_ptr<Replicated>> replicas;
  std::shared_ptr<Replicated> serving;  // has the traffic; one of `replicas`
  std::shared_ptr<DeploymentMetrics> metrics;
  std::string follow_problem;  // why it does not follow where its alias went

  bool wants(RevisionId id) const;
  bool runs() const { return !removed && row.desired_state == DesiredState::RUNNING; }
  // Several revisions that share the traffic are kept loaded, and so is what is pinned.
  bool may_unload() const { return arms.empty() && !capacity.pinned.value_or(false); }
  bool is_loaded_otherwise(const Replicated& replica) const {
    return runs() && replica.state == ReplicaState::READY && !replica.loading && wants(replica.revision.id) &&
           replica.loaded_as != capacity.cores();
  }
};

// What goes out of memory: destroyed without the lock, for that takes time.
struct Leaving {
  std::shared_ptr<runtimes::Runtime> runtime;
  std::unique_ptr<const Target> target;
  std::int64_t bytes = 0;
};

struct Waiter {
  AuthorizedDeployment deployment;
  Deadline deadline;
  std::function<void(Result<DeploymentView>)> done;
  bool here = false;  // settled on this node: others are waited for
};

struct Serving::State : std::enable_shared_from_this<Serving::State> {
  State(ServingSettings settings, store::Store& store, events::Log& events, access::Access& access,
        registry::Registry& registry, artifacts::Artifacts& artifacts, std::vector<runtimes::Loader*> loaders,
        std::string node, Logger& log, Metrics& metrics);

  // --- reconcile.cc -------------------------------------------------------------------------------------
  void run();  // the reconciler's thread
  Status read_rows();
  void apply(WantedRows rows);
  void settle();
  const std::shared_ptr<Replicated>& want(Served& served, const Revision& revision);
  bool settle_replicas(Served& served, std::vector<std::shared_ptr<Replicated>>& closing,
                       std::vector<Leaving>& leaving);
  void set_batching(const Served& served, Replicated& replica);
  void settle_capacity(Served& served, std::vector<Leaving>& leaving);
  void publish();
  std::shared_ptr<const Split> split_of(const Served& served) const;
  void call_waiters(bool all);
  bool settled(DeploymentId id, std::int64_t generation) const;
  bool shared() const { return store.dialect() == store::Dialect::postgresql; }
  bool all_there() const;  // nothing that is wanted is still on its way
  Deadline next_deadline() const;
  // Moves a replica by the table of states and tells the journal.
  void move(const Served& served, Replicated& replica, ReplicaState to, std::string reason = "");

  // --- load.cc ------------------------------------------------------------------------------------------
  void begin(Served& served, std::shared_ptr<Replicated> replica);
  struct Load;
  void load(Load one);
  Status run(Load& one);
  Status load_and_warm(Load& one, Meter::Ticket ticket);
  Status prepare(Load& one);
  void finish(Load& one, Status done);
  bool advance(const std::shared_ptr<Replicated>& replica, ReplicaState to);

  // --- capacity/room.cc ---------------------------------------------------------------------------------
  // Holds so much of the budget for a replica; what is idle longest is unloaded for it. Errors: resource_exhausted,
  // with the figures
  Status reserve(const std::shared_ptr<Replicated>& replica, std::int64_t bytes);
  Status take_room(Replicated& replica, std::int64_t bytes, std::vector<Leaving>& leaving, bool& busy);
  // Holds twice so much for a moment, if nobody has to go for it.
  bool hold_two(Replicated& replica, std::int64_t bytes);
  Error no_room(const Replicated& replica, std::int64_t bytes) const;
  std::int64_t held_by_others(const Replicated& replica) const;
  bool unload(Served& served, Replicated& replica, std::string reason, std::vector<Leaving>& leaving);
  void destroy(std::vector<Leaving> leaving);
  void show();  // the gauges

  // --- capacity/held.cc ---------------------------------------------------------------------------------
  // Keeps a request until its replica is loaded, which it begins; answers it later.
  void hold(Waiting one);
  Status keep(Waiting& one);
  std::vector<Waiting> take_held(const Replicated& replica);
  std::vector<Waiting> take_late();
  static void run_held(Queue& queue, std::vector<Waiting> held);

  // --- follow.cc ----------------------------------------------------------------------------------------
  void follow();
  Status roll(const Deployment& followed, std::string& problem);

  // --- deploy.cc ----------------------------------------------------------------------------------------
  access::Call system_call() const;
  Result<registry::ModelVersion> version_of(const Deployment& deployment);
  Result<registry::ModelVersion> deployable(const registry::AuthorizedModel& model,
                                            const registry::Reference& reference);

  // --- change.cc ----------------------------------------------------------------------------------------
  Status change(store::Tx& tx, const access::Call& call, Deployment& deployment, const Change& wanted);
  Status take_over(store::Tx& tx, const access::Call& call, Deployment& deployment,
                   const std::optional<Revision>& stable, std::optional<Rollout> open, const Change& wanted);
  Status note_at_once(store::Tx& tx, const access::Call& call, const Deployment& deployment, const Revision& stable,
                      const Revision& next);
  Status share_out(store::Tx& tx, Deployment& deployment, const std::vector<TrafficShare>& shares);
  Status append(store::Tx& tx, const access::Call& call, const Deployment& deployment, std::string_view type,
                std::string data);
  // Earlier than the row says it.
  bool replica_is(DeploymentId id, RevisionId revision, ReplicaState state) const;

  // --- views.cc -----------------------------------------------------------------------------------------
  Result<DeploymentView> view(store::Tx& tx, Deployment row);
  Result<registry::Page<DeploymentView>> list(const access::Call& call, NamespaceId only,
                                              const registry::ListQuery& query);
  // What rows say, with what memory knows of this node and what both add up to.
  DeploymentView completed(DeploymentView rows) const;
  void overlay(DeploymentView& view) const;

  // --- infer.cc -----------------------------------------------------------------------------------------
  Result<Pinned> pin(const access::Call& call, std::string_view key, std::int64_t revision, access::Role needed,
                     const net::RequestHead* head);

  const ServingSettings settings;
  store::Store& store;
  store::ReadCache<ModelId, std::vector<DeploymentView>> of_model{store, 64};
  events::Log& events;
  access::Access& access;
  registry::Registry& registry;
  artifacts::Artifacts& artifacts;
  const std::vector<runtimes::Loader*> loaders;
  const std::string node;
  Logger& log;

  Metrics::Family<Counter> requests;
  Metrics::Family<Histogram> durations;
  Metrics::Family<Counter> violations;
  Metrics::Family<Gauge> memory;
  Metrics::Family<Counter> loads_done;
  Metrics::Family<Counter> copies;
  Metrics::Family<Counter> unloads;
  Metrics::Family<Gauge> replicas_in;
  Gauge &memory_held, &memory_budget;
  RevisionFamilies of_revisions;

  std::shared_ptr<Bell> bell = std::make_shared<Bell>();
  Journal journal;
  RouteTable routes;
  std::atomic<bool> stopped{false};
  const std::int64_t budget;  // bytes
  Meter meter;

  mutable std::mutex mutex;
  std::condition_variable changed;  // with mutex: a pass of the reconciler is over
  std::map<DeploymentId, Served> deployments;
  std::map<std::string, std::shared_ptr<DeploymentMetrics>> all_metrics;  // by name; a name keeps its series
  std::vector<Waiter> waiters;
  std::map<const Replicated*, std::vector<Waiting>> held;  // until it is loaded
  std::map<std::string, runtimes::Concurrency> measured;   // by digest
  bool restoring = true;  // until what was deployed is back: only the ends are written down

  std::unique_ptr<Pool> loads, compute, shadows;
  events::Subscription subscription;
  std::thread reconciler;
};

// At once, or once it is loaded on demand.
inline bool answers(ReplicaState state) {
  return state == ReplicaState::READY || state == ReplicaState::UNLOADED;
}

inline bool on_its_way(ReplicaState state) {
  return state == ReplicaState::PENDING || state == ReplicaState::FETCHING || state == ReplicaState::LOADING ||
         state == ReplicaState::WARMING;
}

}  // namespace souk::serving
