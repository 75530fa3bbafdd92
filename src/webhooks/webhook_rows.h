// SPDX-License-Identifier: Apache-2.0
//
// The SQL of webhooks and deliveries. Inside the room only.
#pragma once

#include <optional>
#include <vector>

#include "store/lists/listing.h"
#include "webhooks/model.h"

namespace souk::webhooks {

Result<Webhook> insert_webhook(store::Tx& tx, const Webhook& webhook);
Result<std::optional<Webhook>> find_webhook(store::Tx& tx, NamespaceId ns, std::string_view name);
Result<std::optional<Webhook>> find_webhook(store::Tx& tx, WebhookId id);
Result<std::vector<Webhook>> list_webhooks(store::Tx& tx, NamespaceId ns);
Result<std::vector<Webhook>> active_webhooks(store::Tx& tx);
// What its owner changes, with a new revision.
Status update_webhook(store::Tx& tx, const Webhook& webhook);
// What attempts change.
Status update_health(store::Tx& tx, const Webhook& webhook);
// With its deliveries.
Status delete_webhook(store::Tx& tx, WebhookId id);
// False: it was moved, paused or deleted by another since.
Result<bool> move_cursor(store::Tx& tx, WebhookId id, std::string_view from, std::string_view to);

Result<DeliveryId> insert_delivery(store::Tx& tx, const Delivery& delivery);
Status set_item(store::Tx& tx, DeliveryId id, work::ItemId item);
Result<std::optional<Delivery>> find_delivery(store::Tx& tx, DeliveryId id);
// The first of a lane that is PENDING, `except` being one of others.
Result<std::optional<DeliveryId>> first_waiting(store::Tx& tx, WebhookId id, std::string_view lane, DeliveryId except);
// The first of each lane.
Result<std::vector<DeliveryId>> lane_heads(store::Tx& tx, WebhookId id);
// After an attempt. False: another work item may send it by now.
Result<bool> update_delivery(store::Tx& tx, const Delivery& delivery);
Result<store::Page<Delivery>> list_deliveries(store::Tx& tx, WebhookId id, const store::ListQuery& query,
                                              std::string_view token_key);
// Of the oldest `limit`, those that are over and from before a time.
Result<std::int64_t> delete_old_deliveries(store::Tx& tx, Time before, std::int64_t limit);

}  // namespace souk::webhooks
