// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "serving/batching/queue.h"
#include "serving/state.h"
#include "serving/traffic/split.h"

namespace souk::serving {

namespace {

// Where several nodes share a database, an event of another may be missed while the connection is down.
constexpr std::chrono::seconds kLookAgain{10};
// What other nodes write down of their replicas, while somebody waits for it.
constexpr std::chrono::milliseconds kLookElsewhere{20};
// Whether what should be unloaded has become idle.
constexpr std::chrono::milliseconds kLookAtBusy{50};

Routing routing_of(const json::Raw& text) {
  if (text.text == "{}") return {};
  auto read = json::read<Routing>(text.text, json::UnknownFields::ignore);
  return read ? std::move(*read) : Routing();
}

}  // namespace

void Serving::State::run() {
  auto look_again = std::chrono::steady_clock::now() + kLookAgain;
  for (;;) {
    Bell::Rung rung = bell->wait_until(next_deadline());
    if (rung.stop) return;
    const auto now = std::chrono::steady_clock::now();
    if (rung.follow) follow();
    if (rung.rows || rung.follow || (shared() && now >= look_again)) {
      look_again = now + kLookAgain;
      if (Status read = read_rows(); !read) {
        log.error("serving", "could not read what is deployed", {{"error", read.error().describe()}});
      }
    }
    settle();
  }
}

Deadline Serving::State::next_deadline() const {
  auto now = std::chrono::steady_clock::now();
  Deadline next = shared() ? now + kLookAgain : kNoDeadline;
  std::lock_guard lock(mutex);
  for (const Waiter& waiter : waiters) {
    next = std::min(next, waiter.deadline);
    if (waiter.here) next = std::min(next, now + kLookElsewhere);
  }
  for (const auto& [id, served] : deployments) {
    for (const auto& [revision, replica] : served.replicas) {
      if (replica->state == ReplicaState::DRAINING) next = std::min(next, replica->drain_deadline);
      if (served.is_loaded_otherwise(*replica)) next = std::min(next, now + kLookAtBusy);
    }
    if (const auto after = served.capacity.scale_to_zero_after_ms; after && served.serving) {
      if (served.serving->state != ReplicaState::READY || !served.may_unload()) continue;
      const Deadline idle = served.serving->last_used() + std::chrono::milliseconds(*after);
      next = std::min(next, std::max(idle, now + kLookAtBusy));
    }
  }
  for (const auto& [replica, waiting] : held) {
    for (const Waiting& one : waiting) next = std::min(next, one.deadline);
  }
  return next;
}

Status Serving::State::read_rows() {
  WantedRows rows = SOUK_TRY(store.read([](store::Tx& tx) { return read_wanted(tx); }));
  std::lock_guard lock(mutex);
  apply(std::move(rows));
  return {};
}

// Takes over what is wanted; settle() then acts on it.
void Serving::State::apply(WantedRows rows) {
  std::map<RevisionId, Revision> revisions;
  for (Revision& revision : rows.revisions) revisions.emplace(revision.id, std::move(revision));
  std::map<DeploymentId, std::vector<Arm>> arms;
  for (const TrafficRow& row : rows.traffic) {
    auto revision = revisions.find(row.revision_id);
    if (revision != revisions.end()) arms[row.deployment_id].push_back({revision->second, row.weight, row.shadow});
  }
  for (auto& [id, served] : deployments) served.removed = true;
  for (Deployment& row : rows.deployments) {
    auto revision = revisions.find(row.revision_id);
    if (revision == revisions.end()) continue;
    Served& served = deployments[row.id];
    served.removed = false;
    served.wanted = revision->second;
    served.arms = std::move(arms[row.id]);
    served.routing = routing_of(row.routing);
    served.capacity = capacity_of(row.capacity);
    if (served.row.batching != row.batching) {
      served.batching = override_of(row.batching);
      for (const auto& [revision, replica] : served.replicas) set_batching(served, *replica);
    }
    served.row = std::move(row);
    if (served.metrics) continue;
    std::string name = served.row.namespace_ + "/" + served.row.slug;
    std::shared_ptr<DeploymentMetrics>& metrics = all_metrics[name];
    if (!metrics) {
      metrics = std::make_shared<DeploymentMetrics>();
      metrics->name = name;
      metrics->requests = requests;
      metrics->ok = &requests.with({name, "OK"});
      metrics->duration = &durations.with({name});
      metrics->violations = &violations.with({name});
    }
    served.metrics = metrics;
  }
}

void Serving::State::move(const Served& served, Replicated& replica, ReplicaState to, std::string reason) {
  if (!may_become(replica.state, to)) {
    log.error(
        "serving", "a replica would make an illegal move",
        {{"deployment", served.metrics->name}, {"from", json::enum_name(replica.state)}, {"to", json::enum_name(to)}});
    return;
  }
  replica.state = to;
  replica.reason = std::move(reason);
  replica.update_time = now();
  // Once nobody can count any more; somebody may hold the replica for long by an old snapshot of the routes.
  if (to == ReplicaState::STOPPED && replica.drained()) replica.series.reset();
  bool passing = on_its_way(to);
  if (restoring && passing) return;
  journal.add({served.row,
               replica.revision.number,
               {ReplicaId(), replica.revision.id, node, to, replica.reason, replica.memory_bytes, replica.load_ms,
                replica.update_time}});
  if (passing) return;
  log.write(to == ReplicaState::FAILED ? Logger::Level::error : Logger::Level::info, "serving", "replica changed",
            {{"deployment", served.metrics->name},
             {"revision", replica.revision.number},
             {"state", json::enum_name(to)},
             {"load_ms", replica.load_ms},
             {"reason", replica.reason}});
}

bool Served::wants(RevisionId id) const {
  if (!runs()) return false;
  return id == wanted.id || std::ranges::any_of(arms, [&](const Arm& arm) { return arm.revision.id == id; });
}

// The replica of a revision that is to be loaded; begun, where it is not yet, or to be tried again.
const std::shared_ptr<Replicated>& Serving::State::want(Served& served, const Revision& revision) {
  auto at = served.replicas.find(revision.id);
  if (at == served.replicas.end()) {
    auto replica = std::make_shared<Replicated>(served.row.id, revision);
    replica->bell = bell;
    replica->metrics = served.metrics;
    replica->series = std::make_unique<RevisionSeries>(of_revisions, served.metrics->name,
                                                       served.row.model_namespace + "/" + served.row.model, revision);
    at = served.replicas.emplace(revision.id, replica).first;
    begin(served, replica);
  } else if (at->second->state == ReplicaState::FAILED && at->second->generation < served.row.generation) {
    move(served, *at->second, ReplicaState::PENDING);
    begin(served, at->second);
  }
  at->second->unwanted = false;
  return at->second;
}

// Brings one deployment's replicas on; true when something moved that routes depend on.
bool Serving::State::settle_replicas(Served& served, std::vector<std::shared_ptr<Replicated>>& closing,
                                     std::vector<Leaving>& leaving) {
  if (served.runs()) {
    const auto& wanted = want(served, served.wanted);
    if (answers(wanted->state)) served.serving = wanted;
    if (served.serving && served.serving->state == ReplicaState::FAILED) served.serving = nullptr;
    for (const Arm& arm : served.arms) {
      const auto& replica = want(served, arm.revision);
      if (replica->figures() != nullptr) continue;
      const std::string& name = served.metrics->name;
      replica->keep_figures(
          {&copies.with({name, "agreed"}), &copies.with({name, "disagreed"}), &copies.with({name, "dropped"})});
    }
  } else {
    served.serving = nullptr;
  }

  for (auto it = served.replicas.begin(); it != served.replicas.end();) {
    Replicated& replica = *it->second;
    bool wanted = served.wants(it->first);
    if (wanted ? replica.state != ReplicaState::DRAINING : it->second == served.serving) {
      ++it;
      continue;
    }
    if (on_its_way(replica.state)) replica.unwanted = true;
    if (answers(replica.state) && !replica.loading) {
      move(served, replica, ReplicaState::DRAINING);
      replica.drain_deadline = std::chrono::steady_clock::now() + settings.drain_timeout;
      closing.push_back(it->second);
    } else if (replica.state == ReplicaState::FAILED) {
      move(served, replica, ReplicaState::STOPPED);
    } else if (replica.state == ReplicaState::DRAINING && replica.drained()) {
      leaving.push_back({std::move(replica.runtime), std::move(replica.target), replica.memory_bytes});
      replica.memory_bytes = replica.held_bytes = 0;
      move(served, replica, ReplicaState::STOPPED);
    }
    it = replica.state == ReplicaState::STOPPED ? served.replicas.erase(it) : std::next(it);
  }
  const auto missing = [&](const Revision& revision) { return !served.replicas.contains(revision.id); };
  return served.runs() &&  // to be begun again
         (missing(served.wanted) || std::ranges::any_of(served.arms, missing, &Arm::revision));
}

// What the version declares and the deployment says. A revision whose model cannot run as the deployment says keeps to
// its version.
void Serving::State::set_batching(const Served& served, Replicated& replica) {
  if (!replica.queue || !replica.target) return;
  auto batching = overridden(replica.target->batching, served.batching, replica.target->signature);
  if (!batching) batching = replica.target->batching;
  replica.max_batch_size.store(batching->max_batch_size, std::memory_order_relaxed);
  // A run that takes all cores runs alone; others go side by side.
  const auto cores = static_cast<std::int64_t>(compute->threads());
  const std::int64_t threads = replica.runtime ? replica.runtime->concurrency().threads : 1;
  replica.queue->configure(std::move(*batching), std::max<std::int64_t>(cores / std::max<std::int64_t>(threads, 1), 1));
}

// Loads again what is to use the cores otherwise, in a moment without a request; loads what is to stay loaded, and
// unloads what nobody has asked for long enough.
void Serving::State::settle_capacity(Served& served, std::vector<Leaving>& leaving) {
  if (!served.runs()) return;
  for (const auto& [id, replica] : served.replicas) {
    if (!served.is_loaded_otherwise(*replica)) continue;
    if (unload(served, *replica, "to load it on other sessions or threads", leaving)) begin(served, replica);
  }
  if (!served.may_unload()) {
    for (const auto& [id, replica] : served.replicas) {
      // One that found no room is tried again when something about the deployment changes.
      const bool due = !replica->loading && replica->generation < served.row.generation;
      if (replica->state == ReplicaState::UNLOADED && served.wants(id) && due) begin(served, replica);
    }
    return;
  }
  const auto after = served.capacity.scale_to_zero_after_ms;
  if (!after || !served.serving || served.serving->state != ReplicaState::READY) return;
  if (std::chrono::steady_clock::now() < served.serving->last_used() + std::chrono::milliseconds(*after)) return;
  if (unload(served, *served.serving, "no request for " + std::to_string(*after / 1000) + " s", leaving)) {
    unloads.with({"idle"}).add();
    served.serving->series->evicted("idle");
  }
}

void Serving::State::settle() {
  std::vector<std::shared_ptr<Replicated>> closing;
  std::vector<Leaving> leaving;
  std::vector<Waiting> late;
  {
    std::lock_guard lock(mutex);
    auto now = std::chrono::steady_clock::now();
    for (auto it = deployments.begin(); it != deployments.end();) {
      Served& served = it->second;
      if (settle_replicas(served, closing, leaving)) settle_replicas(served, closing, leaving);
      settle_capacity(served, leaving);
      for (const auto& [id, replica] : served.replicas) {
        if (replica->state == ReplicaState::DRAINING && replica->drain_deadline <= now) {
          replica->drain_deadline = kNoDeadline;
          log.error("serving", "a replaced revision still runs requests after serving.drain_timeout",
                    {{"deployment", served.metrics->name}, {"revision", replica->revision.number}});
        }
      }
      it = served.removed && served.replicas.empty() ? deployments.erase(it) : std::next(it);
    }
    publish();
    show();
    late = take_late();
    changed.notify_all();
  }
  // Only now, when no new request is led there. One without requests is drained at once.
  for (const auto& replica : closing) {
    replica->close();
    if (replica->drained()) bell->ring();
  }
  destroy(std::move(leaving));
  for (Waiting& one : late) {
    Error why =
        deadline_exceeded("deployment " + one.replica->metrics->name + " was not loaded before the request's deadline");
    fail(std::move(one), std::move(why));
  }
  call_waiters(false);
}

std::shared_ptr<const Split> Serving::State::split_of(const Served& served) const {
  std::vector<Split::Arm> arms;
  for (const Arm& arm : served.arms) {
    auto replica = served.replicas.find(arm.revision.id);
    if (replica != served.replicas.end()) arms.push_back({replica->second, arm.weight, arm.shadow});
  }
  return make_split(arms, served.serving, served.routing, served.row.id);
}

void Serving::State::publish() {
  auto made = std::make_shared<Routes>();
  for (const auto& [id, served] : deployments) {
    if (served.removed) continue;
    Route route{id, served.row.resource(), DeploymentState::PENDING, "", served.serving, nullptr};
    auto wanted = served.replicas.find(served.wanted.id);
    if (served.runs() && !served.arms.empty()) route.split = split_of(served);
    if (route.split && !route.replica) route.replica = route.split->arms[route.split->table[0]].replica;
    if (!served.runs()) {
      route.state = DeploymentState::STOPPED;
    } else if (route.replica) {
      route.state = DeploymentState::READY;
    } else if (wanted != served.replicas.end() && wanted->second->state == ReplicaState::FAILED) {
      route.state = DeploymentState::FAILED;
      route.reason = wanted->second->reason;
    }
    const Route& kept = made->by_name.emplace(served.metrics->name, std::move(route)).first->second;
    made->by_model[served.row.model_namespace + "/" + served.row.model].push_back(&kept);
  }
  routes.publish(std::move(made));
}

bool Serving::State::settled(DeploymentId id, std::int64_t generation) const {
  auto found = deployments.find(id);
  if (found == deployments.end() || found->second.row.generation < generation) return false;
  const Served& served = found->second;
  if (!served.runs()) return served.replicas.empty();
  const auto over = [&](const Revision& revision) {
    auto wanted = served.replicas.find(revision.id);
    if (wanted == served.replicas.end()) return false;
    if (wanted->second->state == ReplicaState::FAILED) return wanted->second->generation >= served.row.generation;
    return answers(wanted->second->state);
  };
  auto wanted = served.replicas.find(served.wanted.id);
  if (!over(served.wanted) || !std::ranges::all_of(served.arms, over, &Arm::revision)) return false;
  return wanted->second->state == ReplicaState::FAILED || served.serving == wanted->second;
}

bool Serving::State::all_there() const {
  return std::ranges::all_of(deployments, [](const auto& one) {
    const Served& served = one.second;
    if (!served.runs()) return true;
    for (const Arm& arm : served.arms) {
      auto replica = served.replicas.find(arm.revision.id);
      if (replica == served.replicas.end() || on_its_way(replica->second->state)) return false;
    }
    auto wanted = served.replicas.find(served.wanted.id);
    if (wanted == served.replicas.end()) return false;
    return wanted->second->state == ReplicaState::FAILED || served.serving == wanted->second;
  });
}

void Serving::State::call_waiters(bool all) {
  std::vector<Waiter> due;
  auto now = std::chrono::steady_clock::now();
  {
    std::lock_guard lock(mutex);
    auto waits = [&](const Waiter& waiter) {
      return !all && waiter.deadline > now && !settled(waiter.deployment->id, waiter.deployment->generation);
    };
    auto first = std::partition(waiters.begin(), waiters.end(), waits);
    due.assign(std::make_move_iterator(first), std::make_move_iterator(waiters.end()));
    waiters.erase(first, waiters.end());
  }
  for (Waiter& waiter : due) {
    bool elsewhere = true;
    auto seen = store.read([&](store::Tx& tx) -> Result<DeploymentView> {
      auto row = SOUK_TRY(find_deployment(tx, waiter.deployment->id));
      if (!row) return not_found(waiter.deployment->resource().label + " was removed meanwhile");
      elsewhere = !shared() || SOUK_TRY(settled_elsewhere(tx, *row, node));
      return view(tx, std::move(*row));
    });
    if (seen && !elsewhere && !all && waiter.deadline > now) {
      waiter.here = true;
      std::lock_guard lock(mutex);
      waiters.push_back(std::move(waiter));
    } else {
      waiter.done(std::move(seen));
    }
  }
}

}  // namespace souk::serving
