// SPDX-License-Identifier: Apache-2.0
#include "serving/rows.h"

#include <array>

#include "serving/rollouts/rollout_rows.h"
#include "store/in_list.h"

namespace souk::serving {

namespace {

const std::string& revision_columns() {
  static const std::string columns = [] {
    std::string all = store::columns<Revision>("r");
    constexpr std::string_view kNullable = "r.version_id";
    return all.replace(all.find(kNullable), kNullable.size(), "COALESCE(r.version_id, 0)");
  }();
  return columns;
}

const std::string& replica_columns() {
  static const std::string columns = store::columns<Replica>("p");
  return columns;
}

// The rows that a query has for many ids, whose list goes between its halves.
template <class T, class Tag>
Result<std::vector<T>> all_of(store::Tx& tx, const std::string& before, const std::string& after,
                              const std::vector<Id<Tag>>& ids) {
  if (ids.empty()) return std::vector<T>();
  const store::InList in(ids);
  return store::rows_as<T>(SOUK_TRY(tx.run(before + " IN " + in.text() + after, in.values())));
}

}  // namespace

const std::string& deployment_columns() {
  static const std::string columns = store::columns<Deployment>("d");
  return columns;
}

Result<WantedRows> read_wanted(store::Tx& tx) {
  static const std::string deployments = "SELECT " + deployment_columns() + " FROM deployments d ORDER BY d.id";
  static const std::string revisions = "SELECT " + revision_columns() +
                                       " FROM revisions r JOIN deployments d ON d.revision_id = r.id UNION SELECT " +
                                       revision_columns() + " FROM revisions r JOIN traffic t ON t.revision_id = r.id";
  static const std::string traffic = "SELECT " + store::columns<TrafficRow>("t") + " FROM traffic t";
  WantedRows rows;
  rows.deployments = SOUK_TRY(tx.all<Deployment>(deployments));
  rows.revisions = SOUK_TRY(tx.all<Revision>(revisions));
  rows.traffic = SOUK_TRY(tx.all<TrafficRow>(traffic));
  return rows;
}

Result<std::optional<Deployment>> find_deployment(store::Tx& tx, NamespaceId ns, std::string_view slug) {
  static const std::string sql =
      "SELECT " + deployment_columns() + " FROM deployments d WHERE d.namespace_id = $1 AND d.slug = $2";
  return tx.first<Deployment>(sql, ns, slug);
}

Result<std::optional<Deployment>> find_deployment(store::Tx& tx, DeploymentId id) {
  static const std::string sql = "SELECT " + deployment_columns() + " FROM deployments d WHERE d.id = $1";
  return tx.first<Deployment>(sql, id);
}

Result<std::vector<Deployment>> deployments_of(store::Tx& tx, const std::vector<ModelId>& models) {
  return all_of<Deployment>(tx, "SELECT " + deployment_columns() + " FROM deployments d WHERE d.model_id",
                            " ORDER BY d.id", models);
}

Result<std::optional<Revision>> find_revision(store::Tx& tx, RevisionId id) {
  static const std::string sql = "SELECT " + revision_columns() + " FROM revisions r WHERE r.id = $1";
  return tx.first<Revision>(sql, id);
}

Result<std::optional<Revision>> find_revision(store::Tx& tx, DeploymentId deployment, std::int64_t number) {
  static const std::string sql =
      "SELECT " + revision_columns() + " FROM revisions r WHERE r.deployment_id = $1 AND r.number = $2";
  return tx.first<Revision>(sql, deployment, number);
}

Result<std::vector<TrafficRow>> traffic_of(store::Tx& tx, const std::vector<DeploymentId>& deployments) {
  return all_of<TrafficRow>(tx, "SELECT " + store::columns<TrafficRow>("t") + " FROM traffic t WHERE t.deployment_id",
                            " ORDER BY t.revision_id", deployments);
}

Status write_traffic(store::Tx& tx, DeploymentId deployment, const std::vector<TrafficRow>& rows) {
  SOUK_TRY(tx.defer("DELETE FROM traffic WHERE deployment_id = $1", deployment));
  for (const TrafficRow& row : rows) {
    SOUK_TRY(tx.defer("INSERT INTO traffic (revision_id, deployment_id, weight, shadow) VALUES ($1, $2, $3, $4)",
                      row.revision_id, deployment, row.weight, row.shadow));
  }
  return {};
}

Result<std::vector<Revision>> revisions_of(store::Tx& tx, const std::vector<DeploymentId>& deployments,
                                           std::int64_t most) {
  // Numbers have no gaps.
  const std::string newest =
      " AND r.number > (SELECT max(number) FROM revisions WHERE deployment_id = r.deployment_id) - " +
      std::to_string(most);
  return all_of<Revision>(tx, "SELECT " + revision_columns() + " FROM revisions r WHERE r.deployment_id",
                          newest + " ORDER BY r.deployment_id, r.number DESC", deployments);
}

Result<std::vector<Replica>> replicas_of(store::Tx& tx, const std::vector<RevisionId>& revisions) {
  return all_of<Replica>(tx, "SELECT " + replica_columns() + " FROM replicas p WHERE p.revision_id",
                         " AND p.node IN (SELECT name FROM nodes) ORDER BY p.id", revisions);
}

Status insert_deployment(store::Tx& tx, Deployment& d, Revision& first) {
  auto id = SOUK_TRY(tx.scalar<DeploymentId>(
      "INSERT INTO deployments (uid, namespace_id, namespace, slug, name, model_id, model_namespace, model, reference,"
      " follow, desired_state, revision_id, create_time, update_time, generation, strategy, routing, capacity, "
      "batching)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, $16, $17, $18) RETURNING id",
      d.uid, d.namespace_id, d.namespace_, d.slug, d.name, d.model_id, d.model_namespace, d.model, d.reference,
      d.follow, d.desired_state, d.create_time, d.update_time, d.generation, d.strategy, d.routing, d.capacity,
      d.batching));
  d.id = id.value();
  first.deployment_id = d.id;
  SOUK_TRY(insert_revision(tx, first));
  d.revision_id = first.id;
  return tx.defer("UPDATE deployments SET revision_id = $1 WHERE id = $2", d.revision_id, d.id);
}

Status insert_revision(store::Tx& tx, Revision& r) {
  auto last = SOUK_TRY(tx.scalar<std::int64_t>(
      "SELECT COALESCE(MAX(number), 0) FROM revisions WHERE deployment_id = $1", r.deployment_id));
  r.number = last.value_or(0) + 1;
  auto id = SOUK_TRY(tx.scalar<RevisionId>(
      "INSERT INTO revisions (deployment_id, number, version_id, version, digest, configuration, create_time)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
      r.deployment_id, r.number, r.version_id, r.version, r.digest, r.configuration, r.create_time));
  r.id = id.value();
  return {};
}

Status update_deployment(store::Tx& tx, const Deployment& d) {
  return tx.defer(
      "UPDATE deployments SET reference = $1, follow = $2, desired_state = $3, revision_id = $4, update_time = $5,"
      " generation = $6, strategy = $7, routing = $8, capacity = $9, batching = $10 WHERE id = $11",
      d.reference, d.follow, d.desired_state, d.revision_id, d.update_time, d.generation, d.strategy, d.routing,
      d.capacity, d.batching, d.id);
}

Status delete_deployment(store::Tx& tx, DeploymentId id) {
  SOUK_TRY(
      tx.defer("DELETE FROM replicas WHERE revision_id IN (SELECT id FROM revisions WHERE deployment_id = $1)", id));
  SOUK_TRY(delete_rollouts(tx, id));
  SOUK_TRY(tx.defer("DELETE FROM traffic WHERE deployment_id = $1", id));
  SOUK_TRY(tx.defer("DELETE FROM revisions WHERE deployment_id = $1", id));
  return tx.defer("DELETE FROM deployments WHERE id = $1", id);
}

Result<bool> write_replica(store::Tx& tx, const Replica& p) {
  auto there = SOUK_TRY(tx.scalar<std::int64_t>("SELECT 1 FROM revisions WHERE id = $1", p.revision_id));
  if (!there) return false;
  SOUK_TRY(tx.defer(
      "INSERT INTO replicas (revision_id, node, state, reason, memory_bytes, load_ms, update_time)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (revision_id, node) DO UPDATE SET state = excluded.state,"
      " reason = excluded.reason, memory_bytes = excluded.memory_bytes, load_ms = excluded.load_ms,"
      " update_time = excluded.update_time",
      p.revision_id, p.node, p.state, p.reason, p.memory_bytes, p.load_ms, p.update_time));
  return true;
}

Result<bool> has_failed_replica(store::Tx& tx, RevisionId revision) {
  auto found = SOUK_TRY(
      tx.scalar<std::int64_t>("SELECT 1 FROM replicas WHERE revision_id = $1 AND state = 'FAILED' LIMIT 1", revision));
  return found.has_value();
}

Result<bool> has_ready_replica(store::Tx& tx, RevisionId revision) {
  auto found = SOUK_TRY(
      tx.scalar<std::int64_t>("SELECT 1 FROM replicas WHERE revision_id = $1 AND state IN ('READY', 'UNLOADED')"
                              " AND node IN (SELECT name FROM nodes) LIMIT 1",
                              revision));
  return found.has_value();
}

Result<std::vector<std::string>> used_by(store::Tx& tx, ModelId model, std::optional<VersionId> version) {
  std::vector<std::string> names;
  store::Rows rows;
  if (version) {
    rows = SOUK_TRY(
        tx.run("SELECT DISTINCT d.namespace, d.slug FROM revisions r JOIN deployments d ON d.id = r.deployment_id"
               " WHERE r.version_id = $1 AND (d.revision_id = r.id OR r.id IN (SELECT t.revision_id FROM traffic t)"
               " OR EXISTS (SELECT 1 FROM replicas p"
               " WHERE p.revision_id = r.id AND p.state NOT IN ('STOPPED', 'FAILED')"
               " AND p.node IN (SELECT name FROM nodes))) ORDER BY d.namespace, d.slug",
               std::array<store::Value, 1>{store::to_value(*version)}));
  } else {
    rows = SOUK_TRY(
        tx.run("SELECT d.namespace, d.slug FROM deployments d WHERE d.model_id = $1 ORDER BY d.namespace, d.slug",
               std::array<store::Value, 1>{store::to_value(model)}));
  }
  for (const auto& row : rows.rows) {
    names.push_back("deployment " + SOUK_TRY(store::from_value<std::string>(row[0])) + "/" +
                    SOUK_TRY(store::from_value<std::string>(row[1])));
  }
  return names;
}

Result<bool> settled_elsewhere(store::Tx& tx, const Deployment& d, std::string_view node) {
  if (d.desired_state == DesiredState::STOPPED) {
    auto running = SOUK_TRY(tx.scalar<std::int64_t>(
        "SELECT 1 FROM replicas p JOIN revisions r ON r.id = p.revision_id JOIN nodes n ON n.name = p.node"
        " WHERE r.deployment_id = $1 AND p.node <> $2 AND p.state NOT IN ('STOPPED', 'FAILED') LIMIT 1",
        d.id, node));
    return !running;
  }
  // A failure that is older than the deployment's last change is one that is tried again.
  auto waited_for = SOUK_TRY(tx.scalar<std::int64_t>(
      "SELECT 1 FROM nodes n JOIN revisions r ON r.deployment_id = $4 WHERE n.name <> $1 AND (r.id = $2 OR r.id IN"
      " (SELECT t.revision_id FROM traffic t)) AND NOT EXISTS (SELECT 1 FROM replicas p WHERE p.node = n.name"
      " AND p.revision_id = r.id AND (p.state IN ('READY', 'UNLOADED') OR (p.state = 'FAILED' AND p.update_time >= "
      "$3))) LIMIT 1",
      node, d.revision_id, d.update_time, d.id));
  return !waited_for;
}

Result<std::int64_t> forget_gone(store::Tx& tx, Time before) {
  return tx.exec("DELETE FROM replicas WHERE update_time < $1 AND node NOT IN (SELECT name FROM nodes)", before);
}

Status forget_others(store::Tx& tx, std::string_view node) {
  return tx.defer("DELETE FROM replicas WHERE node <> $1", node);
}

}  // namespace souk::serving
