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
#include "serving/bell.h"
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
  bool removed = false;
  std::map<RevisionId, std::shared_ptr<Replicated>> replicas;
  std::shared_ptr<Replicated> serving;  // has the traffic; one of `replicas`
  std::shared_ptr<DeploymentMetrics> metrics;
  std::string follow_problem;  // why it does not follow where its alias went

  bool wants(RevisionId id) const;
  bool runs() const { return !removed && row.desired_state == DesiredState::RUNNING; }
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
                       std::vector<std::unique_ptr<const Target>>& leaving);
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
  void load(const std::shared_ptr<Replicated>& replica, const Deployment& row);
  bool advance(const std::shared_ptr<Replicated>& replica, ReplicaState to);
  Result<std::unique_ptr<Target>> make_target(const std::shared_ptr<Replicated>& replica, const Deployment& row);

  // --- follow.cc ----------------------------------------------------------------------------------------
  void follow();
  Status roll(const Deployment& followed, std::string& problem);

  // --- deploy.cc ----------------------------------------------------------------------------------------
  access::Call system_call() const;
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
  RevisionFamilies of_revisions;

  std::shared_ptr<Bell> bell = std::make_shared<Bell>();
  Journal journal;
  RouteTable routes;
  std::atomic<bool> stopped{false};

  mutable std::mutex mutex;
  std::condition_variable changed;  // with mutex: a pass of the reconciler is over
  std::map<DeploymentId, Served> deployments;
  std::map<std::string, std::shared_ptr<DeploymentMetrics>> all_metrics;  // by name; a name keeps its series
  std::vector<Waiter> waiters;
  bool restoring = true;  // until what was deployed is back: only the ends are written down

  std::unique_ptr<Pool> loads, compute, shadows;
  events::Subscription subscription;
  std::thread reconciler;
};

inline bool on_its_way(ReplicaState state) {
  return state == ReplicaState::PENDING || state == ReplicaState::FETCHING || state == ReplicaState::LOADING ||
         state == ReplicaState::WARMING;
}

}  // namespace souk::serving
