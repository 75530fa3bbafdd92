// SPDX-License-Identifier: Apache-2.0
#include "serving/serving.h"

#include "base/cores.h"
#include "serving/capacity/machine.h"
#include "serving/state.h"
#include "serving/traffic/shadow.h"

namespace souk::serving {

namespace {

constexpr std::int64_t kMemoryShare = 70;  // percent

std::int64_t budget_of(const ServingSettings& settings) {
  if (settings.memory_budget.count > 0) return static_cast<std::int64_t>(settings.memory_budget.count);
  const std::int64_t all = machine_memory();
  return all > 0 ? all / 100 * kMemoryShare : std::numeric_limits<std::int64_t>::max() / 2;
}

}  // namespace

Serving::State::State(ServingSettings settings, store::Store& store, events::Log& events, access::Access& access,
                      registry::Registry& registry, artifacts::Artifacts& artifacts,
                      std::vector<runtimes::Loader*> loaders, std::string node, Logger& log, Metrics& metrics)
    : settings(settings),
      store(store),
      events(events),
      access(access),
      registry(registry),
      artifacts(artifacts),
      loaders(std::move(loaders)),
      node(std::move(node)),
      log(log),
      requests(metrics.counter("souk_serving_requests_total", "Inferences answered, by deployment and code",
                               {"deployment", "code"})),
      durations(metrics.histogram("souk_serving_request_duration_seconds",
                                  "From the checked request to its answer, waiting included", {"deployment"})),
      violations(metrics.counter("souk_serving_signature_violations_total",
                                 "Answers of a model that were not what its signature says", {"deployment"})),
      memory(metrics.gauge("souk_serving_replica_memory_bytes", "What loading a deployment's revisions took here",
                           {"deployment"})),
      loads_done(metrics.counter("souk_serving_loads_total", "Loads ended, by result", {"result"})),
      copies(metrics.counter("souk_serving_copies_total",
                             "Copies of requests for revisions that are only tried, by what came of them",
                             {"deployment", "result"})),
      unloads(metrics.counter("souk_serving_unloads_total",
                              "Revisions unloaded while they were wanted, by why: idle, room", {"reason"})),
      replicas_in(metrics.gauge("souk_serving_replicas", "Replicas of this node, by state", {"state"})),
      memory_held(metrics
                      .gauge("souk_serving_memory_held_bytes",
                             "Of the budget: what loaded models took, and those that load are to take")
                      .with()),
      memory_budget(
          metrics.gauge("souk_serving_memory_budget_bytes", "What loaded models may take on this node").with()),
      of_revisions(metrics),
      journal(store, events, this->node, log),
      budget(budget_of(settings)),
      meter(&heap_in_use) {
  memory_budget.set(static_cast<double>(budget));
}

namespace {

constexpr std::size_t kLoadQueue = 1 << 20;     // every deployment may wait to load
constexpr std::size_t kComputeQueue = 1 << 20;  // each deployment has its own bound

}  // namespace

Serving::Serving(ServingSettings settings, store::Store& store, events::Log& events, access::Access& access,
                 registry::Registry& registry, artifacts::Artifacts& artifacts, std::vector<runtimes::Loader*> loaders,
                 std::string node, Logger& log, Metrics& metrics)
    : state_(std::make_shared<State>(settings, store, events, access, registry, artifacts, std::move(loaders),
                                     std::move(node), log, metrics)) {
  registry.ask_before_delete(
      [](store::Tx& tx, ModelId model, std::optional<VersionId> version) { return used_by(tx, model, version); });
}

Serving::~Serving() {
  stop();
}

Status Serving::start(Duration wait) {
  State& s = *state_;
  auto deadline = std::chrono::steady_clock::now() + wait;
  s.loads = std::make_unique<Pool>("loads", static_cast<std::size_t>(s.settings.loads), kLoadQueue);
  std::size_t threads =
      s.settings.compute_threads > 0 ? static_cast<std::size_t>(s.settings.compute_threads) : usable_cores();
  s.compute = std::make_unique<Pool>("compute", threads, kComputeQueue);
  s.shadows = std::make_unique<Pool>("shadows", 1, kMostCopies);
  // What commits after the subscription is told; what committed before it is read below.
  auto heard = [bell = s.bell](const events::EventPtr& event) {
    // Where a roll-out went back, what is followed is not where it points: that is to be said.
    for (const char* type : {"alias.moved", "version.sealed", "rollout.rolled_back", "rollout.aborted"}) {
      if (event->type == type) return bell->ring_follow();
    }
    bell->ring_rows();
  };
  s.subscription = SOUK_TRY(s.events.subscribe(
      {.types = {"deployment.*", "revision.created", "rollout.*", "alias.moved", "version.sealed"}}, std::move(heard)));
  SOUK_TRY(s.read_rows());
  s.journal.start();
  s.settle();
  s.reconciler = std::thread([&s] { s.run(); });

  std::unique_lock lock(s.mutex);
  s.changed.wait_until(lock, deadline, [&s] { return s.all_there(); });
  s.publish();  // a load may have ended since the reconciler last did
  s.restoring = false;
  lock.unlock();
  s.bell->ring_follow();  // an alias may have moved just before the last stop
  return {};
}

void Serving::stop() {
  State& s = *state_;
  if (s.stopped.exchange(true)) return;
  s.subscription.reset();
  if (s.loads) s.loads->close();
  s.bell->ring_stop();
  if (s.reconciler.joinable()) s.reconciler.join();
  s.call_waiters(true);
  std::map<const Replicated*, std::vector<Waiting>> held;
  {
    const std::lock_guard lock(s.mutex);
    held = std::exchange(s.held, {});
  }
  for (auto& [replica, waiting] : held) {
    for (Waiting& one : waiting) fail(std::move(one), unavailable("the server is stopping"));
  }
  s.journal.stop();
  if (s.shadows) s.shadows->close();
  if (s.compute) s.compute->close();
}

Result<std::int64_t> Serving::forget_gone_nodes(Time before) {
  return state_->store.write([&](store::Tx& tx) { return forget_gone(tx, before); });
}

bool Serving::ready() const {
  std::lock_guard lock(state_->mutex);
  return !state_->restoring && state_->all_there();
}

}  // namespace souk::serving
