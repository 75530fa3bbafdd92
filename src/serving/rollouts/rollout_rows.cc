// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/rollout_rows.h"

#include <array>

#include "store/in_list.h"

namespace souk::serving {

namespace {

const std::string& columns() {
  static const std::string columns = store::columns<Rollout>("o");
  return columns;
}

constexpr std::string_view kOpen = " o.state IN ('PREPARING', 'RUNNING', 'PAUSED', 'KEEPING')";

}  // namespace

Result<std::vector<Rollout>> open_rollouts(store::Tx& tx) {
  static const std::string sql =
      "SELECT " + columns() + " FROM rollouts o WHERE" + std::string(kOpen) + " ORDER BY o.id";
  return tx.all<Rollout>(sql);
}

Result<std::vector<Rollout>> open_rollouts_of(store::Tx& tx, const std::vector<DeploymentId>& deployments) {
  const store::InList in(deployments);
  return store::rows_as<Rollout>(SOUK_TRY(tx.run("SELECT " + columns() + " FROM rollouts o WHERE o.deployment_id IN " +
                                                     in.text() + " AND" + std::string(kOpen) + " ORDER BY o.number",
                                                 in.values())));
}

Result<std::optional<Rollout>> open_rollout(store::Tx& tx, DeploymentId deployment) {
  static const std::string sql = "SELECT " + columns() + " FROM rollouts o WHERE o.deployment_id = $1 AND" +
                                 std::string(kOpen) + " ORDER BY o.number DESC LIMIT 1";
  return tx.first<Rollout>(sql, deployment);
}

Result<std::optional<Rollout>> find_rollout(store::Tx& tx, RolloutId id) {
  static const std::string sql = "SELECT " + columns() + " FROM rollouts o WHERE o.id = $1";
  return tx.first<Rollout>(sql, id);
}

Result<std::optional<Rollout>> find_rollout(store::Tx& tx, DeploymentId deployment, std::int64_t number) {
  static const std::string sql = "SELECT " + columns() +
                                 " FROM rollouts o WHERE o.deployment_id = $1 AND (o.number = $2 OR $2 = 0)"
                                 " ORDER BY o.number DESC LIMIT 1";
  return tx.first<Rollout>(sql, deployment, number);
}

Status insert_rollout(store::Tx& tx, Rollout& r) {
  const auto last = SOUK_TRY(tx.scalar<std::int64_t>(
      "SELECT COALESCE(MAX(number), 0) FROM rollouts WHERE deployment_id = $1", r.deployment_id));
  r.number = last.value_or(0) + 1;
  const auto id = SOUK_TRY(tx.scalar<RolloutId>(
      "INSERT INTO rollouts (deployment_id, number, revision_id, revision, stable_id, stable, state, strategy, step,"
      " step_time, elapsed_ms, reason, actor, create_time, update_time, end_time, generation)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id",
      r.deployment_id, r.number, r.revision_id, r.revision, r.stable_id, r.stable, r.state, r.strategy, r.step,
      r.step_time, r.elapsed_ms, r.reason, r.actor, r.create_time, r.update_time, r.end_time, r.generation));
  r.id = id.value();
  return {};
}

Status update_rollout(store::Tx& tx, Rollout& r) {
  ++r.generation;
  return tx.defer(
      "UPDATE rollouts SET state = $1, step = $2, step_time = $3, elapsed_ms = $4, reason = $5, update_time = $6,"
      " end_time = $7, generation = $8 WHERE id = $9",
      r.state, r.step, r.step_time, r.elapsed_ms, r.reason, r.update_time, r.end_time, r.generation, r.id);
}

Status delete_rollouts(store::Tx& tx, DeploymentId deployment) {
  for (const char* table : {"rollout_windows", "rollout_steps"}) {
    SOUK_TRY(tx.defer(
        "DELETE FROM " + std::string(table) + " WHERE rollout_id IN (SELECT id FROM rollouts WHERE deployment_id = $1)",
        deployment));
  }
  return tx.defer("DELETE FROM rollouts WHERE deployment_id = $1", deployment);
}

Result<std::vector<RolloutStep>> steps_of(store::Tx& tx, RolloutId rollout) {
  static const std::string sql =
      "SELECT " + store::columns<RolloutStep>("s") + " FROM rollout_steps s WHERE s.rollout_id = $1 ORDER BY s.step";
  return tx.all<RolloutStep>(sql, rollout);
}

Status write_step(store::Tx& tx, const RolloutStep& s) {
  return tx.defer(
      "INSERT INTO rollout_steps (rollout_id, step, weight, state, start_time, end_time, analysis)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (rollout_id, step) DO UPDATE SET state = excluded.state,"
      " end_time = excluded.end_time, analysis = excluded.analysis",
      s.rollout_id, s.step, s.weight, s.state, s.start_time, s.end_time, s.analysis);
}

Status write_window(store::Tx& tx, const Rollout& rollout, RevisionId revision, const std::string& instance,
                    const std::string& figures) {
  return tx.defer(
      "INSERT INTO rollout_windows (rollout_id, step, revision_id, instance, figures) VALUES ($1, $2, $3, $4, $5)"
      " ON CONFLICT (rollout_id, step, revision_id, instance) DO UPDATE SET figures = excluded.figures",
      rollout.id, rollout.step, revision, instance, figures);
}

Result<Window> window_of(store::Tx& tx, const Rollout& rollout, RevisionId revision) {
  const store::Rows rows =
      SOUK_TRY(tx.run("SELECT figures FROM rollout_windows WHERE rollout_id = $1 AND step = $2 AND revision_id = $3",
                      std::array<store::Value, 3>{rollout.id.value, rollout.step, revision.value}));
  Window sum;
  for (const auto& row : rows.rows) {
    sum.add(SOUK_TRY(Window::parse(SOUK_TRY(store::from_value<std::string>(row[0])))));
  }
  return sum;
}

Status delete_windows(store::Tx& tx, RolloutId rollout) {
  return tx.defer("DELETE FROM rollout_windows WHERE rollout_id = $1", rollout);
}

Result<std::vector<NodeReplica>> replicas_everywhere(store::Tx& tx, RevisionId revision) {
  return tx.all<NodeReplica>(
      "SELECT n.name, COALESCE(p.state, ''), COALESCE(p.reason, '') FROM nodes n"
      " LEFT JOIN replicas p ON p.node = n.name AND p.revision_id = $1 ORDER BY n.name",
      revision);
}

}  // namespace souk::serving
