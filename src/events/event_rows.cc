// SPDX-License-Identifier: Apache-2.0
#include "events/event_rows.h"

#include <utility>

namespace souk::events {

namespace {

struct Row {
  std::int64_t xid = 0;
  std::int64_t sequence = 0;
  std::string type;
  Time time;
  NamespaceId namespace_id;
  std::string namespace_;
  std::string kind;
  std::int64_t object_id = 0;
  std::string name;
  std::string actor;
  std::string trace_id;
  json::Raw data;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (xid, sequence, type, time, namespace_id, namespace_, kind, object_id, name, actor, trace_id,
                       data))

struct Place {
  std::int64_t xid = 0;
  std::int64_t sequence = 0;
};
BOOST_DESCRIBE_STRUCT(Place, (), (xid, sequence))

constexpr std::string_view kColumns =
    "xid, sequence, type, time, namespace_id, namespace, kind, object_id, name, actor, trace_id, data";

PlacedEvent placed(Row&& row) {
  PlacedEvent out{{row.xid, row.sequence}, {}};
  out.event = {to_cursor(out.position),   std::move(row.type),  row.time,
               std::move(row.namespace_), std::move(row.kind),  row.object_id,
               std::move(row.name),       std::move(row.actor), std::move(row.trace_id),
               std::move(row.data),       row.namespace_id};
  return out;
}

}  // namespace

Status insert_event(store::Tx& tx, const NewEvent& event) {
  return tx.defer(
      "INSERT INTO events (type, time, namespace_id, namespace, kind, object_id, name, actor, trace_id, data) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      event.type, now(), event.namespace_id, event.namespace_, event.kind, event.id, event.name, event.actor,
      event.trace_id, event.data);
}

Result<std::vector<PlacedEvent>> events_after(store::Tx& tx, Position position, std::size_t limit) {
  static const std::string kSqlite =
      "SELECT " + std::string(kColumns) + " FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2";
  static const std::string kPostgresql =
      "SELECT " + std::string(kColumns) +
      " FROM events WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) AND (xid, sequence) > (CAST($1 AS xid8), $2) "
      "ORDER BY xid, sequence LIMIT $3";
  const auto count = static_cast<std::int64_t>(limit);
  auto rows = tx.dialect() == store::Dialect::sqlite
                  ? SOUK_TRY(tx.all<Row>(kSqlite, position.sequence, count))
                  : SOUK_TRY(tx.all<Row>(kPostgresql, std::to_string(position.xid), position.sequence, count));
  std::vector<PlacedEvent> out;
  out.reserve(rows.size());
  for (Row& row : rows) out.push_back(placed(std::move(row)));
  return out;
}

Result<std::vector<PlacedEvent>> events_of(store::Tx& tx, std::string_view kind, std::int64_t id, std::size_t limit) {
  static const std::string kSql = "SELECT " + std::string(kColumns) +
                                  " FROM events WHERE kind = $1 AND object_id = $2 ORDER BY sequence DESC LIMIT $3";
  std::vector<PlacedEvent> out;
  for (Row& row : SOUK_TRY(tx.all<Row>(kSql, kind, id, static_cast<std::int64_t>(limit))))
    out.push_back(placed(std::move(row)));
  return out;
}

Result<Position> last_position(store::Tx& tx) {
  const auto last = SOUK_TRY(
      tx.first<Place>(tx.dialect() == store::Dialect::sqlite
                          ? "SELECT 0, seq FROM sqlite_sequence WHERE name = 'events'"
                          : "SELECT xid, sequence FROM events WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) "
                            "ORDER BY xid DESC, sequence DESC LIMIT 1"));
  return last ? Position{last->xid, last->sequence} : Position{};
}

Result<Position> place_before(store::Tx& tx, Time time) {
  const auto found = SOUK_TRY(tx.first<Place>(
      tx.dialect() == store::Dialect::sqlite
          ? "SELECT 0, sequence FROM events WHERE time < $1 ORDER BY sequence DESC LIMIT 1"
          : "SELECT xid, sequence FROM events WHERE time < $1 AND xid < pg_snapshot_xmin(pg_current_snapshot()) "
            "ORDER BY xid DESC, sequence DESC LIMIT 1",
      time));
  return found ? Position{found->xid, found->sequence} : Position{};
}

Status check_known(store::Tx& tx, Position position) {
  bool known = false;
  if (tx.dialect() == store::Dialect::sqlite) {
    known = position.xid == 0 && position <= SOUK_TRY(last_position(tx));
  } else {
    // Not past the present: a log that was restored from a backup does not know what came after it.
    const auto below = SOUK_TRY(tx.scalar<bool>("SELECT CAST($1 AS xid8) < pg_snapshot_xmax(pg_current_snapshot())",
                                                std::to_string(position.xid)));
    known = below.value_or(false);
  }
  if (known) return {};
  return invalid_argument("this cursor is not of this event log").advise("leave it out to begin now");
}

Result<std::int64_t> delete_oldest(store::Tx& tx, Time before, std::size_t limit) {
  return tx.exec(
      "DELETE FROM events WHERE sequence IN (SELECT oldest.sequence FROM "
      "(SELECT sequence, time FROM events ORDER BY sequence LIMIT $2) oldest WHERE oldest.time < $1)",
      before, static_cast<std::int64_t>(limit));
}

}  // namespace souk::events
