// SPDX-License-Identifier: Apache-2.0
//
// What goes with a record, and what stands in the way.
#include "registry/records/kinds.h"

namespace souk::registry {

namespace {

using Names = std::vector<std::string>;

Status count_into(store::Tx& tx, Names& out, std::string_view sql, std::int64_t id, const std::string& one,
                  const std::string& many) {
  const std::int64_t count = SOUK_TRY(tx.scalar<std::int64_t>(sql, id)).value_or(0);
  if (count > 0) out.push_back(std::to_string(count) + " " + (count == 1 ? one : many));
  return {};
}

Status run_all(store::Tx& tx, std::int64_t id, std::initializer_list<std::string> statements) {
  for (const std::string& sql : statements) SOUK_TRY(tx.defer(sql, id));
  return {};
}

// Statements that take all runs of a set, and what only they hold; artifacts of versions stay with those.
Status remove_runs(store::Tx& tx, std::int64_t id, const std::string& runs) {
  const std::string artifacts = "(SELECT id FROM artifacts WHERE version_id IS NULL AND run_id IN " + runs + ")";
  return run_all(
      tx, id,
      {"DELETE FROM metric_chunks WHERE series_id IN (SELECT id FROM metric_series WHERE run_id IN " + runs + ")",
       "DELETE FROM metric_series WHERE run_id IN " + runs,
       "DELETE FROM artifact_properties WHERE owner_id IN " + artifacts,
       "DELETE FROM artifacts WHERE version_id IS NULL AND run_id IN " + runs,
       "UPDATE artifacts SET run_id = NULL, experiment_id = NULL WHERE run_id IN " + runs,
       "DELETE FROM experiment_run_properties WHERE owner_id IN " + runs,
       "DELETE FROM experiment_runs WHERE id IN " + runs});
}

Status remove_services(store::Tx& tx, std::int64_t id, const std::string& services) {
  const std::string serves = "(SELECT id FROM serve_models WHERE inference_service_id IN " + services + ")";
  return run_all(tx, id,
                 {"DELETE FROM serve_model_properties WHERE owner_id IN " + serves,
                  "DELETE FROM serve_models WHERE inference_service_id IN " + services,
                  "DELETE FROM inference_service_properties WHERE owner_id IN " + services,
                  "DELETE FROM inference_services WHERE id IN " + services});
}

}  // namespace

Result<Names> dependents(store::Tx& tx, const Experiment& record) {
  Names out;
  SOUK_TRY(count_into(tx, out, "SELECT count(*) FROM experiment_runs WHERE experiment_id = $1", record.id.value, "run",
                      "runs"));
  return out;
}
Result<Names> dependents(store::Tx& tx, const ExperimentRun& record) {
  Names out;
  SOUK_TRY(count_into(tx, out, "SELECT count(*) FROM experiment_runs WHERE parent_run_id = $1", record.id.value,
                      "nested run", "nested runs"));
  return out;
}
Result<Names> dependents(store::Tx& tx, const Environment& record) {
  Names out;
  SOUK_TRY(count_into(tx, out, "SELECT count(*) FROM inference_services WHERE environment_id = $1", record.id.value,
                      "inference service", "inference services"));
  return out;
}
Result<Names> dependents(store::Tx&, const Artifact&) {
  return Names();
}
Result<Names> dependents(store::Tx&, const InferenceService&) {
  return Names();
}
Result<Names> dependents(store::Tx&, const ServeModel&) {
  return Names();
}

Status remove_rows(store::Tx& tx, const Experiment& record) {
  SOUK_TRY(remove_runs(tx, record.id.value, "(SELECT id FROM experiment_runs WHERE experiment_id = $1)"));
  return run_all(tx, record.id.value,
                 {"DELETE FROM experiment_properties WHERE owner_id = $1", "DELETE FROM experiments WHERE id = $1"});
}

Status remove_rows(store::Tx& tx, const ExperimentRun& record) {
  return remove_runs(
      tx, record.id.value,
      "(WITH RECURSIVE family (id) AS (SELECT CAST($1 AS BIGINT) UNION SELECT r.id FROM experiment_runs r "
      "JOIN family f ON r.parent_run_id = f.id) SELECT id FROM family)");
}

Status remove_rows(store::Tx& tx, const Artifact& record) {
  return run_all(tx, record.id.value,
                 {"DELETE FROM artifact_properties WHERE owner_id = $1", "DELETE FROM artifacts WHERE id = $1"});
}

Status remove_rows(store::Tx& tx, const Environment& record) {
  SOUK_TRY(remove_services(tx, record.id.value, "(SELECT id FROM inference_services WHERE environment_id = $1)"));
  return run_all(tx, record.id.value,
                 {"DELETE FROM environment_properties WHERE owner_id = $1", "DELETE FROM environments WHERE id = $1"});
}

Status remove_rows(store::Tx& tx, const InferenceService& record) {
  return remove_services(tx, record.id.value, "(SELECT CAST($1 AS BIGINT))");
}

Status remove_rows(store::Tx& tx, const ServeModel& record) {
  return run_all(tx, record.id.value,
                 {"DELETE FROM serve_model_properties WHERE owner_id = $1", "DELETE FROM serve_models WHERE id = $1"});
}

}  // namespace souk::registry
