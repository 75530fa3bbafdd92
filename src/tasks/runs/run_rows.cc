// SPDX-License-Identifier: Apache-2.0
#include "tasks/runs/run_rows.h"

#include <array>

namespace souk::tasks {
namespace {

const std::string& all_columns() {
  static const std::string columns = store::columns<ModelRun>();
  return columns;
}

// Without id; what insert_queued and send_finished fill alike.
constexpr std::string_view kColumns =
    "uid, namespace_id, model_id, namespace, model, version, digest, task, state, source, requester, runner_id, "
    "runner, "
    "input_count, item_id, error_code, error, duration_ms, create_time, update_time, start_time, end_time";

// States and sources are found by the words of either door.
const store::ListSchema& schema() {
  using store::ColumnType;
  static const store::ListSchema all{
      .filter = {.columns = {{"id", "r.id", ColumnType::integer, true},
                             {"uid", "r.uid", ColumnType::text},
                             {"namespace", "r.namespace", ColumnType::text},
                             {"model", "r.model", ColumnType::text},
                             {"version", "r.version", ColumnType::text},
                             {"task", "r.task", ColumnType::text},
                             {"state", "r.state", ColumnType::text},
                             {"status",
                              "(CASE r.state WHEN 'QUEUED' THEN 'RUN_STATUS_QUEUED' WHEN 'RUNNING' THEN "
                              "'RUN_STATUS_PROCESSING' WHEN 'SUCCEEDED' THEN 'RUN_STATUS_COMPLETED' ELSE "
                              "'RUN_STATUS_FAILED' END)",
                              ColumnType::text},
                             {"source", "r.source", ColumnType::text},
                             {"run_source", "('RUN_SOURCE_' || r.source)", ColumnType::text},
                             {"requester", "r.requester", ColumnType::text},
                             {"runner", "r.runner", ColumnType::text},
                             {"duration_ms", "r.duration_ms", ColumnType::number, true},
                             {"create_time", "r.create_time", ColumnType::time, true},
                             {"update_time", "r.update_time", ColumnType::time, true}}},
      .id = "r.id",
      .default_order = "create_time desc"};
  return all;
}

struct Where {
  std::string sql = "TRUE";
  std::vector<store::Value> parameters;

  std::string next(store::Value value) {
    parameters.push_back(std::move(value));
    return "$" + std::to_string(parameters.size());
  }
  void both(const std::string& more) { sql += " AND " + more; }
};

Where where_of(const RunFilter& filter) {
  Where out;
  if (!filter.sight.everything) {
    std::string mine = "(r.runner_id = " + out.next(filter.sight.runner_id.value);
    mine += " AND r.runner = " + out.next(filter.sight.runner) + ")";
    for (const NamespaceId id : filter.sight.administered) mine += " OR r.namespace_id = " + out.next(id.value);
    out.both("(" + mine + ")");
  }
  if (filter.model_id) out.both("r.model_id = " + out.next(filter.model_id->value));
  if (filter.version) out.both("r.version = " + out.next(*filter.version));
  if (filter.requester) out.both("r.requester = " + out.next(*filter.requester));
  if (filter.from) out.both("r.create_time >= " + out.next(to_millis(*filter.from)));
  if (filter.until) out.both("r.create_time < " + out.next(to_millis(*filter.until)));
  if (filter.operations) out.both("r.item_id <> 0");
  return out;
}

// "create_time desc", of the two that Instill orders by; a uid says more than an id, given behind the answer, of what
// came first. Errors: invalid_argument
Result<std::string> order_of(std::string_view text) {
  if (text.empty()) return std::string("r.create_time DESC, r.uid DESC");
  for (const std::string_view column : {"create_time", "update_time"}) {
    if (!text.starts_with(column)) continue;
    const std::string_view rest = text.substr(column.size());
    const std::string base = "r." + std::string(column);
    if (rest.empty() || rest == " asc" || rest == " ASC") return base + " ASC, r.uid ASC";
    if (rest == " desc" || rest == " DESC") return base + " DESC, r.uid DESC";
  }
  return invalid_argument("order_by is '" + std::string(text.substr(0, 60)) +
                          "'; create_time or update_time, with asc or desc, is expected")
      .at("order_by");
}

}  // namespace

Status send_finished(store::Tx& tx, const ModelRun& run, const Payload& payload) {
  static const std::string kSql = "INSERT INTO model_runs (" + std::string(kColumns) +
                                  ") SELECT $1, m.namespace_id, m.id, n.slug, m.slug, $4, $5, $6, $7, $8, $9, $10, "
                                  "$11, $12, 0, $13, $14, $15, $16, "
                                  "$17, $16, $17 FROM registered_models m JOIN namespaces n ON n.id = m.namespace_id "
                                  "WHERE n.slug = $2 AND m.slug = "
                                  "$3";
  SOUK_TRY(tx.defer(kSql, run.uid, run.namespace_, run.model, run.version, run.digest, run.task, run.state, run.source,
                    run.requester, run.runner_id, run.runner, run.input_count, run.error_code, run.error,
                    run.duration_ms, run.create_time, run.update_time));
  if (!payload.inputs && !payload.outputs) return {};
  return tx.defer(
      "INSERT INTO model_run_payloads (run_uid, inputs, outputs, end_time) SELECT $1, $2, $3, $4 FROM model_runs WHERE "
      "uid = $1",
      run.uid, payload.inputs, payload.outputs, run.update_time);
}

Status insert_queued(store::Tx& tx, ModelRun& run, const json::Raw& inputs) {
  static const std::string kSql =
      "INSERT INTO model_runs (" + std::string(kColumns) +
      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', 0, $16, $16, NULL, NULL) "
      "RETURNING id";
  SOUK_TRY(tx.defer("INSERT INTO model_run_payloads (run_uid, inputs) VALUES ($1, $2)", run.uid, inputs));
  const auto id = SOUK_TRY(tx.scalar<RunId>(kSql, run.uid, run.namespace_id, run.model_id, run.namespace_, run.model,
                                            run.version, run.digest, run.task, run.state, run.source, run.requester,
                                            run.runner_id, run.runner, run.input_count, run.item_id, run.create_time));
  run.id = id.value_or(RunId());
  return {};
}

Result<std::optional<ModelRun>> find_run(store::Tx& tx, std::string_view uid) {
  return tx.first<ModelRun>("SELECT " + all_columns() + " FROM model_runs WHERE uid = $1", uid);
}

Result<Payload> payload_of(store::Tx& tx, std::string_view uid) {
  const store::Rows rows = SOUK_TRY(tx.run("SELECT inputs, outputs FROM model_run_payloads WHERE run_uid = $1",
                                           std::array<store::Value, 1>{std::string(uid)}));
  Payload out;
  if (rows.rows.empty()) return out;
  const auto text = [](const store::Value& value) -> std::optional<json::Raw> {
    if (const auto* found = std::get_if<std::string>(&value)) return json::Raw{*found};
    return std::nullopt;
  };
  out.inputs = text(rows.rows[0].at(0));
  out.outputs = text(rows.rows[0].at(1));
  return out;
}

Status move_run(store::Tx& tx, ModelRun& run, RunState to, Time now) {
  if (!may_become(run.state, to)) {
    return failed_precondition("run " + run.uid + " is " + std::string(json::enum_name(run.state)) +
                               " and cannot become " + std::string(json::enum_name(to)));
  }
  run.state = to;
  run.update_time = now;
  if (to == RunState::RUNNING && !run.start_time) run.start_time = now;
  if (is_final(to)) run.end_time = now;
  return tx.defer(
      "UPDATE model_runs SET state = $2, version = $3, digest = $4, task = $5, error_code = $6, error = $7, "
      "duration_ms "
      "= $8, update_time = $9, start_time = $10, end_time = $11 WHERE id = $1",
      run.id, run.state, run.version, run.digest, run.task, run.error_code, run.error, run.duration_ms, run.update_time,
      run.start_time, run.end_time);
}

Status send_outputs(store::Tx& tx, std::string_view uid, const std::optional<json::Raw>& outputs, bool keep_inputs,
                    Time end) {
  return tx.defer(keep_inputs
                      ? "UPDATE model_run_payloads SET outputs = $2, end_time = $3 WHERE run_uid = $1"
                      : "UPDATE model_run_payloads SET outputs = $2, end_time = $3, inputs = NULL WHERE run_uid "
                        "= $1",
                  uid, outputs, end);
}

Status reopen(store::Tx& tx, std::string_view uid, Time now) {
  SOUK_TRY(tx.defer("UPDATE model_run_payloads SET end_time = NULL WHERE run_uid = $1", uid));
  return tx.defer(
      "UPDATE model_runs SET state = 'QUEUED', error_code = '', error = '', update_time = $2, end_time = NULL WHERE "
      "uid "
      "= $1",
      uid, now);
}

Result<store::Page<ModelRun>> list_runs(store::Tx& tx, const RunFilter& filter, const store::ListQuery& query,
                                        std::string_view token_key) {
  Where where = where_of(filter);
  const store::Listing listing = SOUK_TRY(store::compile_listing(
      query, schema(), tx.dialect(), token_key, where.sql + (filter.operations ? " operations" : " runs"),
      static_cast<int>(where.parameters.size()) + 1));
  for (const store::Value& value : listing.parameters) where.parameters.push_back(value);
  const std::string limit = where.next(listing.fetch());
  return store::page_of<ModelRun>(
      SOUK_TRY(tx.run("SELECT " + store::columns<ModelRun>("r") + ", " + listing.order_column +
                          " FROM model_runs r WHERE " + where.sql + " AND " + listing.where + " ORDER BY " +
                          listing.order + " LIMIT " + limit,
                      where.parameters)),
      listing, token_key);
}

Result<NumberedPage> page_runs(store::Tx& tx, const RunFilter& filter, std::string_view filter_text,
                               std::string_view order_by, std::int64_t offset, std::int64_t limit) {
  Where where = where_of(filter);
  const store::Condition condition = SOUK_TRY(
      store::compile_filter(filter_text, schema().filter, tx.dialect(), static_cast<int>(where.parameters.size()) + 1));
  for (const store::Value& value : condition.parameters) where.parameters.push_back(value);
  const std::string from = " FROM model_runs r WHERE " + where.sql + " AND " + condition.sql;
  const std::string order = SOUK_TRY(order_of(order_by));
  const store::Rows total = SOUK_TRY(tx.run("SELECT count(*)" + from, where.parameters));
  NumberedPage out;
  out.total = SOUK_TRY(store::from_value<std::int64_t>(total.rows.at(0).at(0)));
  const std::string count = where.next(limit), skip = where.next(offset);
  out.runs = SOUK_TRY(store::rows_as<ModelRun>(SOUK_TRY(tx.run(
      "SELECT " + store::columns<ModelRun>("r") + from + " ORDER BY " + order + " LIMIT " + count + " OFFSET " + skip,
      where.parameters))));
  return out;
}

Result<RunCount> count_runs(store::Tx& tx, ModelId model) {
  const auto found = SOUK_TRY(tx.first<RunCount>(
      "SELECT model_id, count(*), max(create_time) FROM model_runs WHERE model_id = $1 GROUP BY model_id", model));
  return found.value_or(RunCount{model, 0, std::nullopt});
}

Result<std::int64_t> expire(store::Tx& tx, Time runs_before, Time payloads_before, std::int64_t limit) {
  const std::int64_t payloads =
      SOUK_TRY(tx.exec("DELETE FROM model_run_payloads WHERE run_uid IN (SELECT run_uid FROM model_run_payloads WHERE "
                       "end_time IS NOT NULL AND end_time < $1 ORDER BY end_time LIMIT $2)",
                       payloads_before, limit));
  const std::int64_t runs = SOUK_TRY(
      tx.exec("DELETE FROM model_runs WHERE id IN (SELECT id FROM model_runs WHERE end_time IS NOT NULL AND end_time < "
              "$1 ORDER BY end_time LIMIT $2)",
              runs_before, limit));
  return payloads + runs;
}

}  // namespace souk::tasks
