// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhook_rows.h"

namespace souk::webhooks {

namespace {

const std::string kSelect = "SELECT " + store::columns<Webhook>() + " FROM webhooks ";
const std::string kSelectDelivery = "SELECT " + store::columns<Delivery>() + " FROM webhook_deliveries ";

struct Head {
  DeliveryId id;
};
BOOST_DESCRIBE_STRUCT(Head, (), (id))

const store::ListSchema& schema() {
  using store::ColumnType;
  static const store::ListSchema out{.filter = {.columns = {{"id", "d.id", ColumnType::integer, true},
                                                            {"type", "d.type", ColumnType::text},
                                                            {"state", "d.state", ColumnType::text},
                                                            {"attempts", "d.attempts", ColumnType::integer},
                                                            {"response_code", "d.response_code", ColumnType::integer},
                                                            {"message_id", "d.message_id", ColumnType::text},
                                                            {"create_time", "d.create_time", ColumnType::time, true}}},
                                     .id = "d.id",
                                     .default_order = "id desc"};
  return out;
}

}  // namespace

Result<Webhook> insert_webhook(store::Tx& tx, const Webhook& w) {
  auto row = SOUK_TRY(tx.first<Webhook>(
      "INSERT INTO webhooks (uid, namespace_id, name, url, events, description, secret, old_secret, active, "
      "pause_reason, failures, last_error, cursor, create_time, update_time, revision) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, '', 0, '', $9, $10, $10, 1) RETURNING " +
          store::columns<Webhook>(),
      w.uid, w.namespace_id, w.name, w.url, w.events, w.description, w.secret, w.active, w.cursor, w.create_time));
  if (!row) return internal("a webhook that was made is not there");
  return std::move(*row);
}

Result<std::optional<Webhook>> find_webhook(store::Tx& tx, NamespaceId ns, std::string_view name) {
  return tx.first<Webhook>(kSelect + "WHERE namespace_id = $1 AND name = $2", ns, name);
}

Result<std::optional<Webhook>> find_webhook(store::Tx& tx, WebhookId id) {
  return tx.first<Webhook>(kSelect + "WHERE id = $1", id);
}

Result<std::vector<Webhook>> list_webhooks(store::Tx& tx, NamespaceId ns) {
  return tx.all<Webhook>(kSelect + "WHERE namespace_id = $1 ORDER BY name", ns);
}

Result<std::vector<Webhook>> active_webhooks(store::Tx& tx) {
  return tx.all<Webhook>(kSelect + "WHERE active = 1 ORDER BY id");
}

Status update_webhook(store::Tx& tx, const Webhook& w) {
  return tx.defer(
      "UPDATE webhooks SET url = $2, events = $3, description = $4, secret = $5, old_secret = $6, old_secret_end = $7, "
      "active = $8, pause_reason = $9, failing_since = $10, failures = $11, last_error = $12, cursor = $13, "
      "update_time = $14, revision = revision + 1 WHERE id = $1",
      w.id, w.url, w.events, w.description, w.secret, w.old_secret, w.old_secret_end, w.active, w.pause_reason,
      w.failing_since, w.failures, w.last_error, w.cursor, now());
}

Status update_health(store::Tx& tx, const Webhook& w) {
  return tx.defer(
      "UPDATE webhooks SET active = $2, pause_reason = $3, failing_since = $4, failures = $5, last_error = $6 "
      "WHERE id = $1",
      w.id, w.active, w.pause_reason, w.failing_since, w.failures, w.last_error);
}

Status delete_webhook(store::Tx& tx, WebhookId id) {
  SOUK_TRY(tx.defer("DELETE FROM webhook_deliveries WHERE webhook_id = $1", id));
  return tx.defer("DELETE FROM webhooks WHERE id = $1", id);
}

Result<bool> move_cursor(store::Tx& tx, WebhookId id, std::string_view from, std::string_view to) {
  return SOUK_TRY(
             tx.exec("UPDATE webhooks SET cursor = $3 WHERE id = $1 AND cursor = $2 AND active = 1", id, from, to)) > 0;
}

Result<DeliveryId> insert_delivery(store::Tx& tx, const Delivery& d) {
  const auto id = SOUK_TRY(tx.scalar<DeliveryId>(
      "INSERT INTO webhook_deliveries (webhook_id, message_id, event_cursor, type, lane, body, state, attempts, "
      "response_excerpt, error, redelivery_of, item_id, create_time, update_time) "
      "VALUES ($1, $2, $3, $4, $5, $6, 'PENDING', 0, '', '', $7, 0, $8, $8) RETURNING id",
      d.webhook_id, d.message_id, d.event_cursor, d.type, d.lane, d.body, d.redelivery_of, now()));
  if (!id) return internal("a delivery that was made is not there");
  return *id;
}

Status set_item(store::Tx& tx, DeliveryId id, work::ItemId item) {
  return tx.defer("UPDATE webhook_deliveries SET item_id = $2 WHERE id = $1", id, item);
}

Result<std::optional<Delivery>> find_delivery(store::Tx& tx, DeliveryId id) {
  return tx.first<Delivery>(kSelectDelivery + "WHERE id = $1", id);
}

Result<std::optional<DeliveryId>> first_waiting(store::Tx& tx, WebhookId id, std::string_view lane, DeliveryId except) {
  return tx.scalar<DeliveryId>(
      "SELECT id FROM webhook_deliveries WHERE webhook_id = $1 AND lane = $2 AND state = 'PENDING' AND id <> $3 "
      "ORDER BY id LIMIT 1",
      id, lane, except);
}

Result<std::vector<DeliveryId>> lane_heads(store::Tx& tx, WebhookId id) {
  std::vector<DeliveryId> out;
  for (const Head& head : SOUK_TRY(tx.all<Head>("SELECT MIN(id) FROM webhook_deliveries WHERE webhook_id = $1 AND "
                                                "state = 'PENDING' GROUP BY lane ORDER BY 1",
                                                id)))
    out.push_back(head.id);
  return out;
}

Result<bool> update_delivery(store::Tx& tx, const Delivery& d) {
  return SOUK_TRY(
             tx.exec("UPDATE webhook_deliveries SET state = $3, attempts = $4, next_time = $5, response_code = $6, "
                     "response_excerpt = $7, error = $8, duration_ms = $9, update_time = $10 "
                     "WHERE id = $1 AND item_id = $2 AND state = 'PENDING'",
                     d.id, d.item_id, d.state, d.attempts, d.next_time, d.response_code, d.response_excerpt, d.error,
                     d.duration_ms, now())) > 0;
}

Result<store::Page<Delivery>> list_deliveries(store::Tx& tx, WebhookId id, const store::ListQuery& query,
                                              std::string_view token_key) {
  const store::Listing listing = SOUK_TRY(
      store::compile_listing(query, schema(), tx.dialect(), token_key, "webhook " + std::to_string(id.value), 2));
  std::vector<store::Value> parameters{id.value};
  parameters.insert(parameters.end(), listing.parameters.begin(), listing.parameters.end());
  parameters.emplace_back(listing.fetch());
  const std::string sql = "SELECT " + store::columns<Delivery>("d") + ", " + listing.order_column +
                          " FROM webhook_deliveries d WHERE d.webhook_id = $1 AND " + listing.where + " ORDER BY " +
                          listing.order + " LIMIT $" + std::to_string(parameters.size());
  return store::page_of<Delivery>(SOUK_TRY(tx.run(sql, parameters)), listing, token_key);
}

Result<std::int64_t> delete_old_deliveries(store::Tx& tx, Time before, std::int64_t limit) {
  return tx.exec(
      "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE create_time < $1 AND "
      "state <> 'PENDING' ORDER BY create_time LIMIT $2)",
      before, limit);
}

}  // namespace souk::webhooks
