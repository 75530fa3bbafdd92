// SPDX-License-Identifier: Apache-2.0
#include "serving/change.h"

#include <algorithm>

#include "registry/lineage/lineage.h"
#include "serving/rollouts/moves.h"
#include "serving/rollouts/rollout_rows.h"
#include "serving/state.h"

namespace souk::serving {

namespace {

struct RevisionData {
  std::int64_t revision = 0;
  std::int64_t version = 0;
  Digest digest;
};
BOOST_DESCRIBE_STRUCT(RevisionData, (), (revision, version, digest))

struct DeploymentData {
  std::string reference;
  bool follow = false;
  DesiredState desired_state = DesiredState::RUNNING;
  std::vector<std::string> changed;  // of an update: which of the wishes
};
BOOST_DESCRIBE_STRUCT(DeploymentData, (), (reference, follow, desired_state, changed))

struct TrafficData {
  std::vector<TrafficShare> traffic;
  std::vector<std::string> changed;
};
BOOST_DESCRIBE_STRUCT(TrafficData, (), (traffic, changed))

bool runs(const std::optional<Revision>& revision, const registry::ModelVersion& version) {
  return revision && revision->version_id == version.id && revision->digest == version.sealed_digest;
}

// The wishes that are others now, as the API names them.
std::vector<std::string> changed_wishes(const Deployment& a, const Deployment& b) {
  std::vector<std::string> out;
  const auto look = [&out](bool same, const char* name) {
    if (!same) out.emplace_back(name);
  };
  look(a.reference == b.reference, "reference");
  look(a.follow == b.follow, "follow");
  look(a.desired_state == b.desired_state, "desired_state");
  look(a.strategy == b.strategy, "strategy");
  look(a.routing == b.routing, "routing");
  look(a.capacity == b.capacity, "capacity");
  look(a.batching == b.batching, "batching");
  return out;
}

Error under_way(const Deployment& deployment, const Rollout& rollout) {
  const std::string name = deployment.namespace_ + "/" + deployment.slug;
  return failed_precondition(deployment.resource().label + " is in roll-out " + std::to_string(rollout.number) +
                             ", which decides on its traffic")
      .at("traffic")
      .advise("souk rollout promote " + name + ", or: souk rollout abort " + name);
}

// So much for a new revision, and the rest as it was shared before.
std::vector<TrafficRow> with_share(std::vector<TrafficRow> rows, const Revision& next, std::int64_t percent,
                                   RevisionId stable) {
  if (rows.empty()) rows.push_back({stable, next.deployment_id, 100, 0});
  std::int64_t left = 100 - percent;
  for (TrafficRow& row : rows) {
    row.weight = row.weight * (100 - percent) / 100;
    left -= row.weight;
  }
  auto first = std::ranges::find(rows, stable, &TrafficRow::revision_id);
  (first == rows.end() ? rows.front() : *first).weight += left;
  rows.push_back({next.id, next.deployment_id, percent, 0});
  return rows;
}

}  // namespace

Revision revision_of(const registry::ModelVersion& version, DeploymentId deployment, json::Raw configuration) {
  Revision revision;
  revision.deployment_id = deployment;
  revision.version_id = version.id;
  revision.version = version.number;
  revision.digest = version.sealed_digest.value();
  revision.configuration = std::move(configuration);
  revision.create_time = now();
  return revision;
}

std::string data_of(const Deployment& d) {
  return json::write(DeploymentData{d.reference, d.follow, d.desired_state, {}});
}

std::string data_of(const Revision& r) {
  return json::write(RevisionData{r.number, r.version, r.digest});
}

bool Serving::State::replica_is(DeploymentId id, RevisionId revision, ReplicaState state) const {
  std::lock_guard lock(mutex);
  auto served = deployments.find(id);
  if (served == deployments.end()) return false;
  auto replica = served->second.replicas.find(revision);
  return replica != served->second.replicas.end() && replica->second->state == state;
}

Status Serving::State::append(store::Tx& tx, const access::Call& call, const Deployment& deployment,
                              std::string_view type, std::string data) {
  return append_event(tx, events, call, deployment, type, std::move(data));
}

// Another version is to answer. What was rolling out before ends with that.
Status Serving::State::take_over(store::Tx& tx, const access::Call& call, Deployment& deployment,
                                 const std::optional<Revision>& stable, std::optional<Rollout> open,
                                 const Change& wanted) {
  Moves moves{tx, events, call, now()};
  const registry::ModelVersion& version = *wanted.version;
  if (open && open->state == RolloutState::KEEPING) {
    SOUK_TRY(moves.succeed(deployment, *open));
  } else if (open) {
    SOUK_TRY(moves.back(deployment, *open, RolloutState::ABORTED,
                        "version " + std::to_string(version.number) + " was deployed instead"));
    if (runs(stable, version)) return {};
  }
  Revision next = revision_of(version, deployment.id, stable ? stable->configuration : json::Raw{"{}"});
  SOUK_TRY(insert_revision(tx, next));
  SOUK_TRY(registry::add_edge(tx, deployment.namespace_id,
                              {registry::node_of(next.version_id), registry::node_of(deployment.id), "deployed"}));
  SOUK_TRY(append(tx, call, deployment, "revision.created", data_of(next)));
  // A revision that does not answer has nothing that could be kept from harm.
  const bool answers =
      stable && deployment.desired_state == DesiredState::RUNNING &&
      (replica_is(deployment.id, stable->id, ReplicaState::READY) ||
       replica_is(deployment.id, stable->id, ReplicaState::UNLOADED) || SOUK_TRY(has_ready_replica(tx, stable->id)));
  const Strategy strategy = strategy_of(deployment.strategy);
  if (answers && wanted.traffic && *wanted.traffic < 100) {
    const auto before = SOUK_TRY(traffic_of(tx, {deployment.id}));
    if (before.size() >= kMostArms) {
      return failed_precondition(deployment.resource().label + " keeps " + std::to_string(before.size()) +
                                 " revisions loaded already")
          .at("traffic");
    }
    return write_traffic(tx, deployment.id, with_share(before, next, *wanted.traffic, stable->id));
  }
  if (answers && !wanted.traffic && strategy.gradual()) {
    Rollout rollout;
    rollout.deployment_id = deployment.id;
    rollout.revision_id = next.id;
    rollout.revision = next.number;
    rollout.stable_id = stable->id;
    rollout.stable = stable->number;
    rollout.strategy = deployment.strategy;
    rollout.step_time = rollout.create_time = rollout.update_time = moves.now;
    rollout.actor = call.principal->name;
    SOUK_TRY(insert_rollout(tx, rollout));
    return moves.begin(deployment, rollout);
  }
  if (stable) SOUK_TRY(note_at_once(tx, call, deployment, *stable, next));
  deployment.revision_id = next.id;
  return write_traffic(tx, deployment.id, {});
}

// So that the history of roll-outs is whole.
Status Serving::State::note_at_once(store::Tx& tx, const access::Call& call, const Deployment& deployment,
                                    const Revision& stable, const Revision& next) {
  Rollout rollout;
  rollout.deployment_id = deployment.id;
  rollout.revision_id = next.id;
  rollout.revision = next.number;
  rollout.stable_id = stable.id;
  rollout.stable = stable.number;
  rollout.state = RolloutState::SUCCEEDED;
  rollout.reason = "at once: it answers as soon as it is ready";
  rollout.step = 0;
  rollout.step_time = rollout.create_time = rollout.update_time = now();
  rollout.end_time = rollout.create_time;
  rollout.actor = call.principal->name;
  return insert_rollout(tx, rollout);
}

// Traffic by hand.
Status Serving::State::share_out(store::Tx& tx, Deployment& deployment, const std::vector<TrafficShare>& shares) {
  std::vector<TrafficRow> rows;
  std::int64_t most = -1;
  RevisionId answers;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto revision = SOUK_TRY(find_revision(tx, deployment.id, shares[i].revision));
    const std::string at = "traffic[" + std::to_string(i) + "].revision";
    if (!revision) {
      return not_found(deployment.resource().label + " has no revision " + std::to_string(shares[i].revision)).at(at);
    }
    if (revision->version_id.value == 0) {
      return failed_precondition("the version of revision " + std::to_string(shares[i].revision) + " was deleted")
          .at(at);
    }
    rows.push_back({revision->id, deployment.id, shares[i].weight, shares[i].shadow.value_or(0)});
    const bool more = shares[i].weight > most || (shares[i].weight == most && revision->id == deployment.revision_id);
    if (!more) continue;
    most = shares[i].weight;
    answers = revision->id;
  }
  deployment.revision_id = answers;
  if (rows.size() == 1) rows.clear();
  return write_traffic(tx, deployment.id, rows);
}

// Writes a deployment that is there already, as `deployment` wants it and `wanted` asks besides.
Status Serving::State::change(store::Tx& tx, const access::Call& call, Deployment& deployment, const Change& wanted) {
  auto before = SOUK_TRY(find_deployment(tx, deployment.id));
  if (!before) return not_found(deployment.resource().label + " does not exist");
  const auto stable = SOUK_TRY(find_revision(tx, before->revision_id));
  const auto open = SOUK_TRY(open_rollout(tx, deployment.id));
  const bool by_hand = wanted.one_revision || !wanted.shares.empty();
  if (open && (by_hand || wanted.traffic)) return under_way(deployment, *open);
  const bool rolling = open && open->state != RolloutState::KEEPING;
  const auto latest = rolling ? SOUK_TRY(find_revision(tx, open->revision_id)) : stable;
  deployment.revision_id = before->revision_id;
  const bool rolls = wanted.version && !runs(latest, *wanted.version);
  const bool failed = wanted.retry && (replica_is(deployment.id, before->revision_id, ReplicaState::FAILED) ||
                                       SOUK_TRY(has_failed_replica(tx, before->revision_id)));
  std::vector<std::string> changed = changed_wishes(*before, deployment);
  if (!rolls && !by_hand && !failed && changed.empty()) {
    deployment = *before;
    return {};
  }
  if (rolls) SOUK_TRY(take_over(tx, call, deployment, stable, open, wanted));
  if (wanted.one_revision) SOUK_TRY(write_traffic(tx, deployment.id, {}));
  if (!wanted.shares.empty()) SOUK_TRY(share_out(tx, deployment, wanted.shares));
  deployment.generation = before->generation + 1;
  deployment.update_time = now();
  SOUK_TRY(update_deployment(tx, deployment));
  if (by_hand) changed.emplace_back("traffic");
  const DeploymentData now_wanted{deployment.reference, deployment.follow, deployment.desired_state, changed};
  SOUK_TRY(append(tx, call, deployment, "deployment.updated",
                  wanted.shares.empty() ? json::write(now_wanted) : json::write(TrafficData{wanted.shares, changed})));
  tx.on_commit([bell = bell] { bell->ring_rows(); });
  return {};
}

}  // namespace souk::serving
