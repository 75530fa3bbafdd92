// SPDX-License-Identifier: Apache-2.0
#include "work/status_rows.h"

#include <algorithm>

#include "work/item_rows.h"

namespace souk::work {

namespace {

struct WaitingRow {
  std::string queue;
  std::int64_t count = 0;
  Time oldest;
};
BOOST_DESCRIBE_STRUCT(WaitingRow, (), (queue, count, oldest))

struct StateRow {
  std::string queue;
  ItemState state = ItemState::WAITING;
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(StateRow, (), (queue, state, count))

const store::ListSchema& schema() {
  using store::ColumnType;
  static const store::ListSchema all{.filter = {.columns = {{"id", "id", ColumnType::integer, true},
                                                            {"state", "state", ColumnType::text},
                                                            {"namespace_id", "namespace_id", ColumnType::integer},
                                                            {"priority", "priority", ColumnType::integer, true},
                                                            {"key", "key", ColumnType::text},
                                                            {"attempts", "attempts", ColumnType::integer, true},
                                                            {"error", "error", ColumnType::text},
                                                            {"create_time", "create_time", ColumnType::time, true},
                                                            {"update_time", "update_time", ColumnType::time, true}}},
                                     .id = "id",
                                     .default_order = "id asc"};
  return all;
}

}  // namespace

Result<std::vector<QueueStatus>> queue_statuses(store::Tx& tx) {
  std::vector<QueueStatus> out;
  const auto of = [&out](const std::string& name) -> QueueStatus& {
    const auto at = std::ranges::find(out, name, &QueueStatus::name);
    if (at != out.end()) return *at;
    out.emplace_back().name = name;
    return out.back();
  };
  // Both from an index alone.
  for (const WaitingRow& row : SOUK_TRY(tx.all<WaitingRow>(
           "SELECT queue, count(*), min(update_time) FROM work_items WHERE state = 'WAITING' GROUP BY queue"))) {
    QueueStatus& status = of(row.queue);
    status.waiting = row.count;
    status.oldest_waiting = row.oldest;
  }
  for (const StateRow& row : SOUK_TRY(tx.all<StateRow>(
           "SELECT queue, state, count(*) FROM work_items WHERE state <> 'WAITING' GROUP BY state, queue"))) {
    QueueStatus& status = of(row.queue);
    if (row.state == ItemState::DELAYED) status.delayed = row.count;
    if (row.state == ItemState::RUNNING) status.running = row.count;
    if (row.state == ItemState::DEAD) status.dead = row.count;
  }
  return out;
}

Status revive_item(store::Tx& tx, const Item& item, Time now) {
  // A deadline that has passed is of no use to a second life.
  SOUK_TRY(
      tx.exec("UPDATE work_items SET state = 'WAITING', attempts = 0, cancel = 0, update_time = $3, "
              "deadline = NULL, alarm_time = NULL WHERE id = $1 AND token = $2 AND state = 'DEAD'",
              item.id, item.token, now));
  return {};
}

Result<std::int64_t> each_dead(store::Store& store, std::string_view queue, ItemId id, std::int64_t batch,
                               const std::function<Status(store::Tx&, const Item&)>& f) {
  if (id) {
    return store.write([&](store::Tx& tx) -> Result<std::int64_t> {
      const auto item = SOUK_TRY(find_item(tx, id));
      const std::string label = "item " + std::to_string(id.value) + " of queue " + std::string(queue);
      if (!item || item->queue != queue) return not_found(label + " does not exist");
      if (item->state != ItemState::DEAD) {
        return failed_precondition(label + " is " + std::string(json::enum_name(item->state)) + ", not DEAD");
      }
      SOUK_TRY(f(tx, *item));
      return 1;
    });
  }
  std::int64_t total = 0;
  for (ItemId last;;) {
    const auto items = SOUK_TRY(store.write([&](store::Tx& tx) -> Result<std::vector<Item>> {
      auto found = SOUK_TRY(tx.all<Item>("SELECT " + store::columns<Item>() +
                                             " FROM work_items WHERE state <> 'WAITING' AND state = 'DEAD' AND queue = "
                                             "$1 AND id > $2 ORDER BY id LIMIT $3",
                                         queue, last, batch));
      for (const Item& item : found) SOUK_TRY(f(tx, item));
      return found;
    }));
    total += static_cast<std::int64_t>(items.size());
    if (static_cast<std::int64_t>(items.size()) < batch) return total;
    last = items.back().id;
  }
}

Result<store::Page<Item>> list_items(store::Tx& tx, std::string_view queue, const store::ListQuery& query,
                                     std::string_view token_key) {
  const store::Listing listing = SOUK_TRY(store::compile_listing(query, schema(), tx.dialect(), token_key, queue, 2));
  std::vector<store::Value> parameters{std::string(queue)};
  parameters.insert(parameters.end(), listing.parameters.begin(), listing.parameters.end());
  parameters.emplace_back(listing.fetch());
  const std::string sql = "SELECT " + store::columns<Item>() + ", " + listing.order_column +
                          " FROM work_items WHERE queue = $1 AND " + listing.where + " ORDER BY " + listing.order +
                          " LIMIT $" + std::to_string(parameters.size());
  return store::page_of<Item>(SOUK_TRY(tx.run(sql, parameters)), listing, token_key);
}

}  // namespace souk::work
