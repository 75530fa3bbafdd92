// SPDX-License-Identifier: Apache-2.0
//
// Webhooks and their deliveries.
//
//   Webhook   ACTIVE → FAILING (no success for webhooks.failing_after) → PAUSED (webhooks.pause_after, or 410 Gone)
//             DISABLED is somebody's wish; made active again, it goes on where it stopped
//   Delivery  PENDING → DELIVERED | FAILED
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "access/model.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "work/model.h"

namespace souk::webhooks {

using WebhookId = Id<struct WebhookKind>;
using DeliveryId = Id<struct WebhookDeliveryKind>;

BOOST_DEFINE_ENUM_CLASS(WebhookState, ACTIVE, FAILING, PAUSED, DISABLED)
BOOST_DEFINE_ENUM_CLASS(DeliveryState, PENDING, DELIVERED, FAILED)

inline constexpr std::string_view kPing = "webhook.ping";

struct Webhook {
  WebhookId id;
  std::string uid;
  NamespaceId namespace_id;
  std::string name;  // a slug, permanent
  std::string url;
  json::Raw events;  // patterns
  std::string description;
  std::string secret, old_secret;
  std::optional<Time> old_secret_end;
  bool active = true;
  std::string pause_reason;
  std::optional<Time> failing_since;
  std::int64_t failures = 0;  // attempts in a row
  std::string last_error;
  std::string cursor;
  Time create_time, update_time;
  std::int64_t revision = 1;

  WebhookState state(Time now, Duration failing_after) const {
    if (!active) return pause_reason.empty() ? WebhookState::DISABLED : WebhookState::PAUSED;
    return failing_since && now - *failing_since >= failing_after ? WebhookState::FAILING : WebhookState::ACTIVE;
  }
};
BOOST_DESCRIBE_STRUCT(Webhook, (),
                      (id, uid, namespace_id, name, url, events, description, secret, old_secret, old_secret_end,
                       active, pause_reason, failing_since, failures, last_error, cursor, create_time, update_time,
                       revision))

struct Delivery {
  DeliveryId id;
  WebhookId webhook_id;
  std::string message_id;
  std::string event_cursor;
  std::string type;
  std::string lane;
  std::string body;
  DeliveryState state = DeliveryState::PENDING;
  std::int64_t attempts = 0;
  std::optional<Time> next_time;
  std::optional<std::int64_t> response_code;
  std::string response_excerpt;
  std::string error;
  std::optional<double> duration_ms;
  std::optional<std::int64_t> redelivery_of;
  work::ItemId item_id;
  Time create_time, update_time;
};
BOOST_DESCRIBE_STRUCT(Delivery, (),
                      (id, webhook_id, message_id, event_cursor, type, lane, body, state, attempts, next_time,
                       response_code, response_excerpt, error, duration_ms, redelivery_of, item_id, create_time,
                       update_time))

struct NewWebhook {
  std::string name;
  std::string url;
  std::vector<std::string> events;  // none: all
  std::string description;
  std::string secret;  // empty: one is made
  bool active = true;
};

struct WebhookPatch {
  std::optional<std::string> url, description;
  std::optional<std::vector<std::string>> events;
  std::optional<bool> active;
};

// From where on events are told again: one of the three.
struct ReplayFrom {
  std::optional<std::string> after;  // a cursor of the event log; empty: all that the log still has
  std::optional<std::int64_t> delivery;
  std::optional<Time> since;
};

}  // namespace souk::webhooks
