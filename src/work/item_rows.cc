// SPDX-License-Identifier: Apache-2.0
#include "work/item_rows.h"

#include <algorithm>
#include <array>
#include <utility>

namespace souk::work {

namespace {

constexpr std::size_t kMaxJson = 64 << 10;
constexpr std::size_t kMaxKey = 200;
constexpr std::int64_t kMaxPriority = 100;

const std::string& all_columns() {
  static const std::string columns = store::columns<Item>();
  return columns;
}

std::string_view lock_rows(const store::Tx& tx) {
  return tx.dialect() == store::Dialect::postgresql ? " FOR UPDATE SKIP LOCKED" : "";
}

constexpr std::string_view kInsert =
    "INSERT INTO work_items (queue, namespace_id, state, priority, key, payload, checkpoint, attempts, error, node_id, "
    "token, cancel, create_time, update_time, deadline, alarm_time) "
    "VALUES ($1, $2, $3, $4, $5, $6, 'null', 0, '', 0, 0, 0, $7, $7, $8, $9)";

struct Times {
  ItemState state = ItemState::WAITING;
  std::optional<Time> deadline, alarm;
};

Times times_of(const NewItem& item, Time now) {
  Times out;
  if (item.deadline) out.deadline = out.alarm = now + *item.deadline;
  if (item.delay > Duration(0)) {
    out.state = ItemState::DELAYED;
    out.alarm = std::min(now + item.delay, out.deadline.value_or(Time::max()));
  }
  return out;
}

// What still runs under this token.
constexpr std::string_view kFence = " WHERE id = $1 AND token = $2 AND state = 'RUNNING'";

std::string fenced(std::string_view statement) {
  return std::string(statement).append(kFence);
}

std::string_view done_statement() {
  static const std::string sql = fenced(
      "UPDATE work_items SET state = 'DONE', payload = '{}', checkpoint = 'null', node_id = 0, update_time = $3, "
      "alarm_time = $4");
  return sql;
}

constexpr std::string_view kDelete = "DELETE FROM work_items WHERE id = $1 AND token = $2 AND state = $3";

// Time at which a put-off item is looked at again.
Time earlier(Time due, const std::optional<Time>& deadline) {
  return deadline ? std::min(due, *deadline) : due;
}

}  // namespace

Status check_item(const NewItem& item) {
  if (item.queue.empty()) return invalid_argument("an item of work names no queue");
  if (item.payload.text.size() > kMaxJson) {
    return invalid_argument("the payload of an item of queue " + item.queue + " is larger than 64 KiB")
        .advise("keep it in rows or bytes, and name them in the payload");
  }
  if (item.key.size() > kMaxKey) {
    return invalid_argument("the key of an item of queue " + item.queue + " is longer than 200 bytes").at("key");
  }
  if (item.priority < -kMaxPriority || item.priority > kMaxPriority) {
    return invalid_argument("priority " + std::to_string(item.priority) + " is not between -100 and 100")
        .at("priority");
  }
  return {};
}

Result<Enqueued> insert_item(store::Tx& tx, const NewItem& item, Time now) {
  static const std::string kPlain = std::string(kInsert) + " RETURNING id";
  static const std::string kKeyed =
      std::string(kInsert) + " ON CONFLICT (queue, namespace_id, key) WHERE key IS NOT NULL DO NOTHING RETURNING id";
  SOUK_TRY(check_item(item));
  const Times times = times_of(item, now);
  const std::optional<std::string> key = item.key.empty() ? std::nullopt : std::optional(item.key);
  const auto id = SOUK_TRY(tx.scalar<ItemId>(key ? kKeyed : kPlain, item.queue, item.namespace_id, times.state,
                                             item.priority, key, item.payload, now, times.deadline, times.alarm));
  if (id) return Enqueued{*id, true};
  const auto there =
      SOUK_TRY(tx.scalar<ItemId>("SELECT id FROM work_items WHERE queue = $1 AND namespace_id = $2 AND key = $3",
                                 item.queue, item.namespace_id, item.key));
  if (!there) return aborted("the item of key '" + item.key + "' went at this moment: ask again");
  return Enqueued{*there, false};
}

Status send_item(store::Tx& tx, const NewItem& item, Time now) {
  SOUK_TRY(check_item(item));
  const Times times = times_of(item, now);
  return tx.defer(kInsert, item.queue, item.namespace_id, times.state, item.priority, nullptr, item.payload, now,
                  times.deadline, times.alarm);
}

Result<std::optional<Item>> find_item(store::Tx& tx, ItemId id) {
  return tx.first<Item>("SELECT " + all_columns() + " FROM work_items WHERE id = $1", id);
}

Result<std::vector<NamespaceId>> waiting_namespaces(store::Tx& tx, std::string_view queue, NamespaceId last,
                                                    std::int64_t limit) {
  constexpr std::string_view kSql =
      "WITH RECURSIVE ring(id) AS ("
      "SELECT (SELECT namespace_id FROM work_items WHERE queue = $1 AND state = 'WAITING' AND namespace_id > $2 "
      "ORDER BY namespace_id LIMIT 1) "
      "UNION ALL "
      "SELECT (SELECT namespace_id FROM work_items WHERE queue = $1 AND state = 'WAITING' AND namespace_id > ring.id "
      "ORDER BY namespace_id LIMIT 1) FROM ring WHERE ring.id IS NOT NULL) "
      "SELECT id FROM ring WHERE id IS NOT NULL LIMIT $3";
  const store::Rows rows = SOUK_TRY(tx.run(kSql, std::array<store::Value, 3>{std::string(queue), last.value, limit}));
  std::vector<NamespaceId> out;
  for (const auto& row : rows.rows) out.push_back(SOUK_TRY(store::from_value<NamespaceId>(row.at(0))));
  return out;
}

Result<std::vector<Item>> claim_items(store::Tx& tx, std::string_view queue, NamespaceId namespace_id, NodeId node,
                                      std::int64_t limit, Time now) {
  constexpr std::string_view kSet =
      "UPDATE work_items SET state = 'RUNNING', node_id = $4, token = token + 1, attempts = attempts + 1, "
      "update_time = $5, alarm_time = NULL, cancel = 0 WHERE ";
  constexpr std::string_view kPick =
      "SELECT id FROM work_items WHERE queue = $1 AND state = 'WAITING' AND namespace_id = $2 "
      "AND EXISTS (SELECT 1 FROM nodes WHERE id = $4) ORDER BY priority DESC, id LIMIT $3";
  // An array is planned for a few rows, whatever the limit may turn out to be.
  static const std::string kPostgresql = std::string(kSet) + "id = ANY(ARRAY(" + std::string(kPick) +
                                         " FOR UPDATE SKIP LOCKED)) RETURNING " + all_columns();
  static const std::string kSqlite =
      std::string(kSet) + "id IN (" + std::string(kPick) + ") RETURNING " + all_columns();
  auto items = SOUK_TRY(tx.all<Item>(tx.dialect() == store::Dialect::sqlite ? kSqlite : kPostgresql, queue,
                                     namespace_id, limit, node, now));
  std::ranges::sort(
      items, [](const Item& a, const Item& b) { return std::pair(-a.priority, a.id) < std::pair(-b.priority, b.id); });
  return items;
}

Result<bool> complete_item(store::Tx& tx, const Item& item, Time now, Duration keep_done) {
  if (!item.key) return remove_item(tx, item);
  return SOUK_TRY(tx.exec(done_statement(), item.id, item.token, now, now + keep_done)) == 1;
}

Status send_complete(store::Tx& tx, const Item& item, Time now, Duration keep_done) {
  if (!item.key) return tx.defer(kDelete, item.id, item.token, item.state);
  return tx.defer(done_statement(), item.id, item.token, now, now + keep_done);
}

Status send_delay(store::Tx& tx, const Item& item, Time now, Time due, std::string_view error) {
  static const std::string kSql =
      fenced("UPDATE work_items SET state = 'DELAYED', node_id = 0, update_time = $3, alarm_time = $4, error = $5");
  return tx.defer(kSql, item.id, item.token, now, earlier(due, item.deadline), error);
}

Status send_release(store::Tx& tx, const Item& item, Time now) {
  static const std::string kSql = fenced(
      "UPDATE work_items SET state = 'WAITING', node_id = 0, update_time = $3, alarm_time = deadline, "
      "attempts = attempts - 1");
  return tx.defer(kSql, item.id, item.token, now);
}

Status send_again(store::Tx& tx, const Item& item, Time now, Time due) {
  static const std::string kSql = fenced(
      "UPDATE work_items SET state = 'DELAYED', node_id = 0, update_time = $3, alarm_time = $4, attempts = 0, "
      "error = ''");
  return tx.defer(kSql, item.id, item.token, now, earlier(due, item.deadline));
}

Result<bool> bury_item(store::Tx& tx, const Item& item, Time now, Duration keep_dead, std::string_view error) {
  constexpr std::string_view kSql =
      "UPDATE work_items SET state = 'DEAD', node_id = 0, update_time = $4, alarm_time = $5, error = $6 "
      "WHERE id = $1 AND token = $2 AND state = $3";
  return SOUK_TRY(tx.exec(kSql, item.id, item.token, item.state, now, now + keep_dead, error)) == 1;
}

Result<bool> remove_item(store::Tx& tx, const Item& item) {
  return SOUK_TRY(tx.exec(kDelete, item.id, item.token, item.state)) == 1;
}

Result<bool> save_checkpoint(store::Tx& tx, const Item& item, const json::Raw& checkpoint) {
  if (checkpoint.text.size() > kMaxJson) {
    return invalid_argument("the checkpoint of an item of queue " + item.queue + " is larger than 64 KiB");
  }
  static const std::string kSql = fenced("UPDATE work_items SET checkpoint = $3");
  return SOUK_TRY(tx.exec(kSql, item.id, item.token, checkpoint)) == 1;
}

Result<bool> is_current(store::Tx& tx, const Item& item) {
  static const std::string kSql = fenced("SELECT 1 FROM work_items");
  const std::string_view lock = tx.dialect() == store::Dialect::postgresql ? " FOR SHARE" : "";
  return SOUK_TRY(tx.scalar<std::int64_t>(kSql + std::string(lock), item.id, item.token)).has_value();
}

Result<std::optional<Time>> next_alarm(store::Tx& tx) {
  return tx.scalar<Time>("SELECT alarm_time FROM work_items WHERE alarm_time IS NOT NULL ORDER BY alarm_time LIMIT 1");
}

Result<std::vector<std::string>> wake_delayed(store::Tx& tx, Time now) {
  const std::string sql =
      "UPDATE work_items SET state = 'WAITING', update_time = $1, alarm_time = deadline WHERE id IN ("
      "SELECT id FROM work_items WHERE alarm_time IS NOT NULL AND alarm_time <= $1 AND state = 'DELAYED' "
      "AND (deadline IS NULL OR deadline > $1) ORDER BY alarm_time LIMIT $2" +
      std::string(lock_rows(tx)) + ") RETURNING queue";
  const store::Rows rows = SOUK_TRY(tx.run(sql, std::array<store::Value, 2>{to_millis(now), kSweep}));
  std::vector<std::string> out;
  for (const auto& row : rows.rows) out.push_back(SOUK_TRY(store::from_value<std::string>(row.at(0))));
  return out;
}

Result<std::int64_t> delete_old(store::Tx& tx, Time now) {
  return tx.exec(
      "DELETE FROM work_items WHERE id IN (SELECT id FROM work_items WHERE alarm_time IS NOT NULL AND alarm_time <= $1 "
      "AND state IN ('DONE', 'DEAD') ORDER BY alarm_time LIMIT $2" +
          std::string(lock_rows(tx)) + ")",
      now, kSweep);
}

Result<std::vector<Item>> overdue_items(store::Tx& tx, Time now) {
  return tx.all<Item>("SELECT " + all_columns() +
                          " FROM work_items WHERE alarm_time IS NOT NULL AND alarm_time <= $1 "
                          "AND state IN ('WAITING', 'DELAYED') AND deadline <= $1 ORDER BY alarm_time LIMIT $2",
                      now, kSweep);
}

Result<std::vector<Item>> orphans(store::Tx& tx) {
  return tx.all<Item>("SELECT " + all_columns() +
                          " FROM work_items WHERE state <> 'WAITING' AND state = 'RUNNING' "
                          "AND node_id NOT IN (SELECT id FROM nodes) ORDER BY id LIMIT $1" +
                          std::string(lock_rows(tx)),
                      kSweep);
}

Result<std::vector<Item>> running_on(store::Tx& tx, NodeId node) {
  return tx.all<Item>(
      "SELECT " + all_columns() + " FROM work_items WHERE state <> 'WAITING' AND state = 'RUNNING' AND node_id = $1",
      node);
}

Status rebase_times(store::Tx& tx, Time now) {
  return tx.defer(
      "UPDATE work_items SET alarm_time = alarm_time - (update_time - $1), deadline = deadline - (update_time - $1), "
      "update_time = $1 WHERE update_time > $1",
      now);
}

Status send_rescue(store::Tx& tx, const Item& item, Time now) {
  static const std::string kSql = fenced(
      "UPDATE work_items SET state = 'WAITING', node_id = 0, update_time = $3, alarm_time = deadline, error = $4");
  return tx.defer(kSql, item.id, item.token, now, "the node that ran it died");
}

}  // namespace souk::work
