// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "serving/rollouts/rollout_rows.h"
#include "serving/state.h"
#include "serving/traffic/split.h"
#include "store/lists/listing.h"

namespace souk::serving {

namespace {

constexpr std::int64_t kShownRevisions = 50;

using store::ColumnType;

const store::ListSchema& deployment_schema() {
  static const store::ListSchema schema{
      .filter = {.columns = {{"id", "d.id", ColumnType::integer, true},
                             {"uid", "d.uid", ColumnType::text},
                             {"slug", "d.slug", ColumnType::text, true},
                             {"name", "d.name", ColumnType::text, true},
                             {"namespace", "d.namespace", ColumnType::text},
                             {"model", "d.model", ColumnType::text},
                             {"reference", "d.reference", ColumnType::text},
                             {"desired_state", "d.desired_state", ColumnType::text},
                             {"create_time", "d.create_time", ColumnType::time, true},
                             {"update_time", "d.update_time", ColumnType::time, true}}},
      .id = "d.id",
      .default_order = "update_time desc"};
  return schema;
}

const Replica* of_state(const DeploymentView& view, RevisionId revision, ReplicaState state) {
  for (const Replica& replica : view.replicas) {
    if (replica.revision_id == revision && replica.state == state) return &replica;
  }
  return nullptr;
}

// One that answers: at once, or once it is loaded on demand.
const Replica* answering(const DeploymentView& view, RevisionId revision) {
  const Replica* const ready = of_state(view, revision, ReplicaState::READY);
  return ready ? ready : of_state(view, revision, ReplicaState::UNLOADED);
}

// What the replicas add up to, where this node has nothing better to say.
void sum_up(DeploymentView& view) {
  const Deployment& d = view.deployment;
  for (const Revision& revision : view.revisions) {  // newest first
    if (view.serving_revision == 0 && d.desired_state == DesiredState::RUNNING && answering(view, revision.id)) {
      view.serving_revision = revision.number;
    }
  }
  if (d.desired_state == DesiredState::STOPPED) {
    view.state = DeploymentState::STOPPED;
  } else if (const Replica* answers = answering(view, d.revision_id)) {
    view.state = DeploymentState::READY;
    if (answers->state == ReplicaState::UNLOADED) {
      view.reason = "not in memory (" + answers->reason + "); the next request loads it";
    }
  } else if (const Replica* failed = of_state(view, d.revision_id, ReplicaState::FAILED)) {
    view.state = DeploymentState::FAILED;
    view.reason = failed->reason;
    if (view.serving_revision != 0) {
      view.reason += "; revision " + std::to_string(view.serving_revision) + " still answers";
    }
  } else {
    view.state = DeploymentState::PENDING;
  }
}

// Four statements, however many deployments; five where one shares its traffic.
Result<std::vector<DeploymentView>> rows_of(store::Tx& tx, std::vector<Deployment> rows) {
  std::vector<DeploymentView> views(rows.size());
  std::vector<DeploymentId> ids;
  std::unordered_map<DeploymentId, DeploymentView*> by_id;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ids.push_back(rows[i].id);
    by_id[rows[i].id] = &views[i];
    views[i].deployment = std::move(rows[i]);
  }
  std::vector<RevisionId> revision_ids;
  std::unordered_map<RevisionId, DeploymentView*> of_revision;
  for (Revision& revision : SOUK_TRY(revisions_of(tx, ids, kShownRevisions))) {
    revision_ids.push_back(revision.id);
    of_revision[revision.id] = by_id[revision.deployment_id];
    of_revision[revision.id]->revisions.push_back(std::move(revision));
  }
  for (Replica& replica : SOUK_TRY(replicas_of(tx, revision_ids))) {
    of_revision[replica.revision_id]->replicas.push_back(std::move(replica));
  }
  for (const TrafficRow& row : SOUK_TRY(traffic_of(tx, ids))) by_id[row.deployment_id]->traffic.push_back(row);
  std::vector<DeploymentId> shared;  // one that rolls out shares its traffic
  for (const DeploymentView& view : views) {
    if (!view.traffic.empty()) shared.push_back(view.deployment.id);
  }
  if (shared.empty()) return views;
  for (Rollout& rollout : SOUK_TRY(open_rollouts_of(tx, shared))) {
    by_id[rollout.deployment_id]->rollout = std::move(rollout);
  }
  return views;
}

}  // namespace

// Rows tell of other nodes; of this one, memory knows better and earlier.
void Serving::State::overlay(DeploymentView& view) const {
  std::erase_if(view.replicas,
                [&](const Replica& replica) { return replica.node == node && replica.state != ReplicaState::STOPPED; });
  std::lock_guard lock(mutex);
  auto found = deployments.find(view.deployment.id);
  if (found == deployments.end()) return;
  const Served& served = found->second;
  for (const auto& [id, replica] : served.replicas) {
    std::erase_if(view.replicas, [&](const Replica& row) { return row.node == node && row.revision_id == id; });
    view.replicas.push_back({ReplicaId(), id, node, replica->state, replica->reason, replica->memory_bytes,
                             replica->load_ms, replica->update_time,
                             replica->runtime ? replica->runtime->concurrency() : runtimes::Concurrency()});
  }
  if (served.serving) view.serving_revision = served.serving->revision.number;
  const DeploymentMetrics& metrics = *served.metrics;
  view.metrics.errors = static_cast<std::int64_t>(metrics.errors.load());
  view.metrics.requests = static_cast<std::int64_t>(metrics.ok->value()) + view.metrics.errors;
  view.metrics.latency_p50_ms = metrics.duration->quantile(0.5) * 1000;
  view.metrics.latency_p99_ms = metrics.duration->quantile(0.99) * 1000;
}

Result<DeploymentView> Serving::State::view(store::Tx& tx, Deployment row) {
  std::vector<Deployment> rows;
  rows.push_back(std::move(row));
  return completed(std::move(SOUK_TRY(rows_of(tx, std::move(rows))).front()));
}

DeploymentView Serving::State::completed(DeploymentView view) const {
  overlay(view);
  sum_up(view);
  if (view.reason.empty()) {
    std::lock_guard lock(mutex);
    auto found = deployments.find(view.deployment.id);
    if (found != deployments.end()) view.reason = found->second.follow_problem;
  }
  return view;
}

Result<AuthorizedDeployment> Serving::get(const access::Call& call, access::Role needed, std::string_view ns,
                                          std::string_view slug) {
  State& s = *state_;
  auto place = SOUK_TRY(s.access.find_namespace(call, ns));
  auto missing = [&] {
    return not_found("deployment " + access::as_shown(ns.empty() ? call.namespace_ : ns) + "/" +
                     access::as_shown(slug) + " does not exist");
  };
  if (!place) return missing();
  auto row = SOUK_TRY(s.store.read([&](store::Tx& tx) { return find_deployment(tx, place->id, slug); }));
  if (!row) return missing();
  return s.access.authorize(call, needed, std::move(*row));
}

Result<DeploymentView> Serving::view(const AuthorizedDeployment& deployment) {
  State& s = *state_;
  return s.store.read([&](store::Tx& tx) -> Result<DeploymentView> {
    auto row = SOUK_TRY(find_deployment(tx, deployment->id));
    if (!row) return not_found(deployment->resource().label + " does not exist");
    return s.view(tx, std::move(*row));
  });
}

Result<registry::Page<DeploymentView>> Serving::list(const access::Call& call, std::string_view ns,
                                                     const registry::ListQuery& query) {
  State& s = *state_;
  if (ns.empty()) return s.list(call, NamespaceId(), query);
  const auto missing = [&] { return not_found("namespace " + access::as_shown(ns) + " does not exist"); };
  auto place = SOUK_TRY(s.access.find_namespace(call, ns));
  if (!place || !call.principal) return missing();
  auto page = s.list(call, place->id, query);
  // Who may not see the namespace may still see some of its deployments; who sees none is told as if it were not there.
  const bool sees_all = call.principal->role_in(place->id) >= access::Role::READER;
  if (!sees_all && (!page || page->items.empty())) return concealed(missing());
  return page;
}

Result<registry::Page<DeploymentView>> Serving::State::list(const access::Call& call, NamespaceId only,
                                                            const registry::ListQuery& query) {
  const std::string key = SOUK_TRY(access.page_token_key());
  access::Visible visible = access.visible(call, access::ObjectKind::DEPLOYMENT, "d.namespace_id", "d.id", 1);
  std::vector<store::Value> parameters = std::move(visible.parameters);
  std::string where = visible.sql;
  if (only) {
    parameters.emplace_back(only.value);
    where += " AND d.namespace_id = $" + std::to_string(parameters.size());
  }
  store::Listing listing =
      SOUK_TRY(compile_listing(query, deployment_schema(), store.dialect(), key,
                               "deployments " + std::to_string(only.value), static_cast<int>(parameters.size()) + 1));
  parameters.insert(parameters.end(), listing.parameters.begin(), listing.parameters.end());
  parameters.emplace_back(listing.fetch());
  const std::string sql = "SELECT " + deployment_columns() + ", " + listing.order_column +
                          " FROM deployments d WHERE " + where + " AND " + listing.where + " ORDER BY " +
                          listing.order + " LIMIT $" + std::to_string(parameters.size());
  return store.read([&](store::Tx& tx) -> Result<registry::Page<DeploymentView>> {
    auto rows = SOUK_TRY(store::page_of<Deployment>(SOUK_TRY(tx.run(sql, parameters)), listing, key));
    registry::Page<DeploymentView> page{{}, std::move(rows.next_page_token)};
    for (DeploymentView& view : SOUK_TRY(rows_of(tx, std::move(rows.items)))) {
      page.items.push_back(completed(std::move(view)));
    }
    return page;
  });
}

Result<std::vector<DeploymentView>> Serving::of_model(const access::Call& call, ModelId model) {
  State& s = *state_;
  const auto rows =
      SOUK_TRY(s.of_model.get(model, [&](store::Tx& tx) -> Result<std::optional<std::vector<DeploymentView>>> {
        return SOUK_TRY(rows_of(tx, SOUK_TRY(deployments_of(tx, {model}))));
      }));
  std::vector<DeploymentView> views;
  for (const DeploymentView& view : *rows) {
    if (s.access.authorize(call, access::Role::READER, view.deployment)) views.push_back(s.completed(view));
  }
  return views;
}

Result<std::map<ModelId, std::vector<DeploymentView>>> Serving::of_models(const access::Call& call,
                                                                          const std::vector<ModelId>& models) {
  State& s = *state_;
  auto rows = SOUK_TRY(s.store.read([&](store::Tx& tx) -> Result<std::vector<DeploymentView>> {
    return SOUK_TRY(rows_of(tx, SOUK_TRY(deployments_of(tx, models))));
  }));
  std::map<ModelId, std::vector<DeploymentView>> views;
  for (DeploymentView& view : rows) {
    if (!s.access.authorize(call, access::Role::READER, view.deployment)) continue;
    views[view.deployment.model_id].push_back(s.completed(std::move(view)));
  }
  return views;
}

Result<std::vector<Statistics>> Serving::statistics(const access::Call& call, std::string_view name,
                                                    std::int64_t revision) {
  State& s = *state_;
  std::vector<Statistics> all;
  auto add = [&](Replicated& replica) {
    if (!replica.pin()) return;
    const Pinned pinned(replica.shared_from_this(), call);
    Statistics one{pinned->namespace_, pinned->slug, pinned->revision, 0, replica.tally.sums()};
    const std::lock_guard lock(s.mutex);
    one.memory_bytes = replica.memory_bytes;
    all.push_back(std::move(one));
  };
  if (!name.empty()) {
    Pinned pinned = SOUK_TRY(pin(call, name, revision, access::Role::READER));
    add(*pinned.replica_);
    return all;
  }
  for (const auto& [key, route] : s.routes.current().by_name) {
    if (!route.replica || !s.access.authorize(call, access::Role::READER, Callable{&route.resource})) continue;
    if (!route.split) {
      add(*route.replica);
      continue;
    }
    for (const Split::Arm& arm : route.split->arms) add(*arm.replica);
  }
  std::ranges::sort(all, {}, [](const Statistics& one) { return std::tie(one.namespace_, one.slug, one.revision); });
  return all;
}

std::vector<RevisionFigures> Serving::figures(DeploymentId id) const {
  std::vector<RevisionFigures> all;
  std::lock_guard lock(state_->mutex);
  auto found = state_->deployments.find(id);
  if (found == state_->deployments.end()) return all;
  for (const auto& [revision, replica] : found->second.replicas) {
    if (const Figures* const f = replica->figures()) all.push_back({revision, f->instance(), f->sums()});
  }
  return all;
}

void Serving::wait_settled(const AuthorizedDeployment& deployment, Deadline deadline,
                           std::function<void(Result<DeploymentView>)> done) {
  State& s = *state_;
  {
    std::lock_guard lock(s.mutex);
    if (!s.stopped && (s.shared() || !s.settled(deployment->id, deployment->generation))) {
      s.waiters.push_back({deployment, deadline, std::move(done)});
      s.bell->ring();
      return;
    }
  }
  done(view(deployment));
}

}  // namespace souk::serving
