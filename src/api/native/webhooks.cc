// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhooks.h"

#include "api/bind.h"
#include "api/native/shapes.h"
#include "base/settings_forms.h"

namespace souk::api::native {
namespace {

constexpr const char* kAll = "/api/v1/namespaces/{ns}/webhooks";
constexpr const char* kOne = "/api/v1/namespaces/{ns}/webhooks/{webhook}";

struct Webhook {
  std::int64_t id = 0;
  std::string uid, namespace_, name, url, description;
  std::vector<std::string> events;
  bool active = true;
  webhooks::WebhookState state = webhooks::WebhookState::ACTIVE;
  std::optional<std::string> pause_reason, last_error;
  std::optional<Time> failing_since, old_secret_end;
  std::int64_t failures = 0;
  std::string cursor;
  Time create_time, update_time;
  std::string etag;
  std::optional<std::string> secret;  // told once
};
BOOST_DESCRIBE_STRUCT(Webhook, (),
                      (id, uid, namespace_, name, url, description, events, active, state, pause_reason, last_error,
                       failing_since, old_secret_end, failures, cursor, create_time, update_time, etag, secret))
struct WebhookList {
  std::vector<Webhook> webhooks;
};
BOOST_DESCRIBE_STRUCT(WebhookList, (), (webhooks))

struct Delivery {
  std::int64_t id = 0;
  std::string message_id, type, object;
  std::optional<std::string> cursor;
  webhooks::DeliveryState state = webhooks::DeliveryState::PENDING;
  std::int64_t attempts = 0;
  std::optional<Time> next_time;
  std::optional<std::int64_t> response_code;
  std::optional<std::string> response_excerpt, error;
  std::optional<double> duration_ms;
  std::optional<std::int64_t> redelivery_of;
  Time create_time, update_time;
  std::optional<json::Raw> body;  // of one that is asked for alone
};
BOOST_DESCRIBE_STRUCT(Delivery, (),
                      (id, message_id, type, object, cursor, state, attempts, next_time, response_code,
                       response_excerpt, error, duration_ms, redelivery_of, create_time, update_time, body))
struct DeliveryList {
  std::vector<Delivery> deliveries;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(DeliveryList, (), (deliveries, next_page_token))

struct OfNamespace {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(OfNamespace, (), (ns))
struct OneWebhook {
  std::string ns, webhook;
};
BOOST_DESCRIBE_STRUCT(OneWebhook, (), (ns, webhook))
struct NewWebhookBody {
  std::string name, url;
  std::optional<std::vector<std::string>> events;
  std::optional<std::string> description, secret;
  std::optional<bool> active;
};
BOOST_DESCRIBE_STRUCT(NewWebhookBody, (), (name, url, events, description, secret, active))
struct CreateWebhook {
  std::string ns;
  NewWebhookBody body;
};
BOOST_DESCRIBE_STRUCT(CreateWebhook, (), (ns, body))
struct WebhookPatchBody {
  std::optional<std::string> url, description;
  std::optional<std::vector<std::string>> events;
  std::optional<bool> active;
};
BOOST_DESCRIBE_STRUCT(WebhookPatchBody, (), (url, description, events, active))
struct PatchWebhook {
  std::string ns, webhook;
  std::optional<std::string> if_match;
  WebhookPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchWebhook, (), (ns, webhook, if_match, body))
struct DeleteWebhook {
  std::string ns, webhook;
  std::optional<std::string> if_match;
};
BOOST_DESCRIBE_STRUCT(DeleteWebhook, (), (ns, webhook, if_match))
struct RotateBody {
  std::optional<std::string> secret, overlap;
};
BOOST_DESCRIBE_STRUCT(RotateBody, (), (secret, overlap))
struct RotateSecret {
  std::string ns, webhook;
  RotateBody body;
};
BOOST_DESCRIBE_STRUCT(RotateSecret, (), (ns, webhook, body))
struct ReplayBody {
  std::optional<std::string> after;
  std::optional<std::int64_t> delivery;
  std::optional<Time> since;
};
BOOST_DESCRIBE_STRUCT(ReplayBody, (), (after, delivery, since))
struct ReplayWebhook {
  std::string ns, webhook;
  ReplayBody body;
};
BOOST_DESCRIBE_STRUCT(ReplayWebhook, (), (ns, webhook, body))
struct ListDeliveries : ListFields {
  std::string ns, webhook;
};
BOOST_DESCRIBE_STRUCT(ListDeliveries, (ListFields), (ns, webhook))
struct OneDelivery {
  std::string ns, webhook;
  std::int64_t delivery = 0;
};
BOOST_DESCRIBE_STRUCT(OneDelivery, (), (ns, webhook, delivery))

std::optional<std::string> filled(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Result<Webhook> shape(const webhooks::Shown& shown, std::optional<std::string> secret = {}) {
  const webhooks::Webhook& hook = shown.webhook;
  Webhook out;
  out.id = hook.id.value;
  out.uid = hook.uid;
  out.namespace_ = shown.namespace_;
  out.name = hook.name;
  out.url = hook.url;
  out.description = hook.description;
  out.events = SOUK_TRY(json::read<std::vector<std::string>>(hook.events.text));
  out.active = hook.active;
  out.state = shown.state;
  out.pause_reason = filled(hook.pause_reason);
  out.last_error = filled(hook.last_error);
  out.failing_since = hook.failing_since;
  if (hook.old_secret_end && *hook.old_secret_end > now()) out.old_secret_end = hook.old_secret_end;
  out.failures = hook.failures;
  out.cursor = hook.cursor;
  out.create_time = hook.create_time;
  out.update_time = hook.update_time;
  out.etag = std::to_string(hook.revision);
  out.secret = std::move(secret);
  return out;
}

Delivery shape(const webhooks::Delivery& delivery, bool whole = false) {
  Delivery out;
  out.id = delivery.id.value;
  out.message_id = delivery.message_id;
  out.type = delivery.type;
  out.object = delivery.lane;
  out.cursor = filled(delivery.event_cursor);
  out.state = delivery.state;
  out.attempts = delivery.attempts;
  out.next_time = delivery.next_time;
  out.response_code = delivery.response_code;
  out.response_excerpt = filled(delivery.response_excerpt);
  out.error = filled(delivery.error);
  out.duration_ms = delivery.duration_ms;
  out.redelivery_of = delivery.redelivery_of;
  out.create_time = delivery.create_time;
  out.update_time = delivery.update_time;
  if (whole) out.body = json::Raw{delivery.body};
  return out;
}

void add_changes(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<CreateWebhook, Webhook>(
      "POST", kAll, kAdmin, kUsual, {"create_webhook", "Tell a URL of events; the secret is told once", 201},
      [&rooms](const access::Call& call, const CreateWebhook& request) -> Result<Webhook> {
        const NewWebhookBody& body = request.body;
        const auto made = SOUK_TRY(rooms.webhooks.create(
            call, request.ns,
            {body.name, body.url, body.events.value_or(std::vector<std::string>()), body.description.value_or(""),
             body.secret.value_or(""), body.active.value_or(true)}));
        return shape(made.shown, made.secret);
      }));
  door.add(plain<PatchWebhook, Webhook>(
      "PATCH", kOne, kAdmin, kUsual, {"update_webhook", "Change a webhook (JSON merge patch)"},
      [&rooms](const access::Call& call, const PatchWebhook& request) -> Result<Webhook> {
        const WebhookPatchBody& body = request.body;
        return shape(SOUK_TRY(rooms.webhooks.update(call, request.ns, request.webhook,
                                                    {body.url, body.description, body.events, body.active},
                                                    SOUK_TRY(revision_of(request.if_match)))));
      }));
  door.add(plain<DeleteWebhook, NoContent>(
      "DELETE", kOne, kAdmin, kUsual, {"delete_webhook", "Delete a webhook with its deliveries"},
      [&rooms](const access::Call& call, const DeleteWebhook& request) -> Result<NoContent> {
        SOUK_TRY(rooms.webhooks.remove(call, request.ns, request.webhook, SOUK_TRY(revision_of(request.if_match))));
        return NoContent{};
      }));
  door.add(plain<RotateSecret, Webhook>(
      "POST", std::string(kOne) + ":rotate", kAdmin, kUsual,
      {"rotate_webhook_secret", "Another secret, told once; the old one signs beside it for the overlap (24h)"},
      [&rooms](const access::Call& call, const RotateSecret& request) -> Result<Webhook> {
        const std::string overlap = request.body.overlap.value_or("24h");
        const auto duration = settings::parse_duration(overlap);
        if (!duration) {
          return invalid_argument("'" + access::as_shown(overlap) + "'; a duration such as 12h or 30d is expected")
              .at("overlap");
        }
        const auto made = SOUK_TRY(
            rooms.webhooks.rotate(call, request.ns, request.webhook, request.body.secret.value_or(""), *duration));
        return shape(made.shown, made.secret);
      }));
}

void add_reads(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<OfNamespace, WebhookList>(
      "GET", kAll, kAdmin, kUsual, {"list_webhooks", "Webhooks of a namespace"},
      [&rooms](const access::Call& call, const OfNamespace& request) -> Result<WebhookList> {
        WebhookList out;
        for (const webhooks::Shown& shown : SOUK_TRY(rooms.webhooks.list(call, request.ns)))
          out.webhooks.push_back(SOUK_TRY(shape(shown)));
        return out;
      }));
  door.add(plain<OneWebhook, Webhook>("GET", kOne, kAdmin, kUsual,
                                      {"get_webhook", "One webhook, and whether it is failing"},
                                      [&rooms](const access::Call& call, const OneWebhook& request) -> Result<Webhook> {
                                        return shape(SOUK_TRY(rooms.webhooks.get(call, request.ns, request.webhook)));
                                      }));
  door.add(plain<ListDeliveries, DeliveryList>(
      "GET", std::string(kOne) + "/deliveries", kAdmin, kUsual,
      {"list_webhook_deliveries", "What was, or is to be, told; the latest first"},
      [&rooms](const access::Call& call, const ListDeliveries& request) -> Result<DeliveryList> {
        const auto page =
            SOUK_TRY(rooms.webhooks.deliveries(call, request.ns, request.webhook, SOUK_TRY(list_query(request))));
        DeliveryList out;
        for (const webhooks::Delivery& delivery : page.items) out.deliveries.push_back(shape(delivery));
        out.next_page_token = page_token_of(page.next_page_token);
        return out;
      }));
  door.add(plain<OneDelivery, Delivery>(
      "GET", std::string(kOne) + "/deliveries/{delivery}", kAdmin, kUsual,
      {"get_webhook_delivery", "One delivery with its body"},
      [&rooms](const access::Call& call, const OneDelivery& request) -> Result<Delivery> {
        return shape(SOUK_TRY(rooms.webhooks.delivery(call, request.ns, request.webhook,
                                                      webhooks::DeliveryId(request.delivery))),
                     true);
      }));
}

}  // namespace

void add_webhooks(RouteTable::Door& door, const Rooms& rooms) {
  add_changes(door, rooms);
  add_reads(door, rooms);
  door.add(plain<OneDelivery, Delivery>(
      "POST", std::string(kOne) + "/deliveries/{delivery}:redeliver", kAdmin, kUsual,
      {"redeliver_webhook_delivery", "Send a message again, as a new delivery", 202},
      [&rooms](const access::Call& call, const OneDelivery& request) -> Result<Delivery> {
        return shape(SOUK_TRY(rooms.webhooks.redeliver(call, request.ns, request.webhook,
                                                       webhooks::DeliveryId(request.delivery))),
                     true);
      }));
  door.add(plain<ReplayWebhook, Webhook>(
      "POST", std::string(kOne) + ":replay", kAdmin, kUsual,
      {"replay_webhook", "Tell again what happened after a cursor, from a delivery on, or since a time", 202},
      [&rooms](const access::Call& call, const ReplayWebhook& request) -> Result<Webhook> {
        return shape(SOUK_TRY(rooms.webhooks.replay(call, request.ns, request.webhook,
                                                    {request.body.after, request.body.delivery, request.body.since})));
      }));
  door.add(plain<OneWebhook, Delivery>(
      "POST", std::string(kOne) + ":test", kAdmin, kUsual,
      {"test_webhook", "Send a message of type webhook.ping, once", 202},
      [&rooms](const access::Call& call, const OneWebhook& request) -> Result<Delivery> {
        return shape(SOUK_TRY(rooms.webhooks.test(call, request.ns, request.webhook)), true);
      }));
}

}  // namespace souk::api::native
