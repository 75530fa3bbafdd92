// SPDX-License-Identifier: Apache-2.0
//
// One attempt to deliver, and what becomes of the delivery, its lane and its webhook.
#include <algorithm>
#include <charconv>
#include <random>

#include "webhooks/signature.h"
#include "webhooks/state.h"
#include "webhooks/webhook_rows.h"

namespace souk::webhooks {

namespace {

constexpr std::size_t kExcerpt = 1024;
constexpr std::size_t kMostBody = 1 << 20;  // read of an answer
constexpr int kGone = 410;

struct Payload {
  DeliveryId delivery;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (delivery))

struct Outcome {
  std::optional<std::int64_t> code;
  std::string excerpt;
  std::string error;  // empty: delivered
  std::optional<Duration> retry_after;
  double duration_ms = 0;
};

// The beginning of an answer, fit for a page: one line, no control characters.
std::string excerpt_of(std::string_view body) {
  std::string out(body.substr(0, kExcerpt));
  if (!json::is_utf8(out)) {
    // The cut may have split a character.
    for (int cut = 0; cut < 3 && !out.empty() && !json::is_utf8(out); ++cut) out.pop_back();
    if (!json::is_utf8(out))
      std::ranges::replace_if(
          out, [](unsigned char c) { return c >= 0x80; }, '?');
  }
  std::ranges::replace_if(
      out, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

std::optional<Duration> seconds_of(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > 86'400) return {};
  return std::chrono::seconds(seconds);
}

Outcome send(net::Client& client, const Webhook& webhook, const Delivery& delivery) {
  const auto begun = std::chrono::steady_clock::now();
  const Time time = now();
  const std::int64_t timestamp = to_millis(time) / 1000;
  std::vector<std::string> secrets{webhook.secret};
  if (!webhook.old_secret.empty() && webhook.old_secret_end && *webhook.old_secret_end > time)
    secrets.push_back(webhook.old_secret);
  net::ClientRequest request;
  request.method = "POST";
  request.url = webhook.url;
  request.body = delivery.body;
  request.headers = {{"content-type", "application/json"},
                     {"user-agent", "souk-webhooks"},
                     {"webhook-id", delivery.message_id},
                     {"webhook-timestamp", std::to_string(timestamp)},
                     {"webhook-signature", signature_of(secrets, delivery.message_id, timestamp, delivery.body)}};
  Outcome out;
  std::string body;
  request.head = [&](const net::ClientResponse& head) -> Status {
    out.code = head.status;
    out.retry_after = seconds_of(head.header("Retry-After"));
    return {};
  };
  std::size_t got = 0;
  request.sink = [&](std::span<const std::byte> piece) -> Status {
    const std::size_t room = std::min(piece.size(), 2 * kExcerpt - body.size());
    body.append(reinterpret_cast<const char*>(piece.data()), room);
    got += piece.size();
    if (got > kMostBody) return resource_exhausted("the answer is longer than anybody reads");
    return {};
  };
  const auto response = client.send(request);
  out.duration_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
  out.excerpt = excerpt_of(response && body.empty() ? std::string_view(response->body) : std::string_view(body));
  if (!out.code) {
    out.error = response ? "there was no answer" : response.error().describe();
  } else if (*out.code >= 300 && *out.code < 400) {
    out.error = "the receiver answers " + std::to_string(*out.code) + ", and redirects are not followed";
  } else if (*out.code < 200 || *out.code >= 300) {
    out.error = "the receiver answers " + std::to_string(*out.code);
  }
  return out;
}

Duration back_off(const WebhookSettings& settings, std::int64_t attempts, std::optional<Duration> asked) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  Duration delay = settings.first_retry;
  for (std::int64_t i = 1; i < attempts && delay < settings.longest_retry; ++i) delay *= 2;
  delay = std::min<Duration>(delay, settings.longest_retry);
  delay -= Duration(std::uniform_int_distribution<std::int64_t>(0, delay.count() / 2)(random));
  return asked ? std::max(delay, std::min<Duration>(*asked, settings.longest_retry)) : delay;
}

// What an attempt says of the webhook as a whole; true: there is something to write.
bool judge(Webhook& webhook, const Outcome& outcome, Duration pause_after) {
  if (outcome.error.empty()) {
    const bool was_well = !webhook.failing_since;
    webhook.failing_since.reset();
    webhook.failures = 0;
    webhook.last_error.clear();
    return !was_well;
  }
  if (!webhook.failing_since) webhook.failing_since = now();
  webhook.failures++;
  webhook.last_error = outcome.error;
  if (outcome.code == kGone) {
    webhook.active = false;
    webhook.pause_reason = "the receiver answers 410: it is gone";
  } else if (now() - *webhook.failing_since >= pause_after) {
    webhook.active = false;
    webhook.pause_reason =
        "nothing was delivered since " + format_rfc3339(*webhook.failing_since) + ": " + webhook.last_error;
  }
  return true;
}

}  // namespace

Status Webhooks::State::enqueue(store::Tx& tx, NamespaceId ns, DeliveryId id) {
  const work::Enqueued item = SOUK_TRY(
      work.enqueue(tx, {.queue = "webhooks", .payload = json::Raw{json::write(Payload{id})}, .namespace_id = ns}));
  return set_item(tx, id, item.id);
}

Result<DeliveryId> Webhooks::State::add(store::Tx& tx, NamespaceId ns, const Delivery& delivery) {
  const auto id = SOUK_TRY(insert_delivery(tx, delivery));
  if (!SOUK_TRY(first_waiting(tx, delivery.webhook_id, delivery.lane, id))) SOUK_TRY(enqueue(tx, ns, id));
  return id;
}

Status Webhooks::State::run(work::Attempt& attempt) {
  const Payload payload = SOUK_TRY(json::read<Payload>(attempt.item().payload.text));
  std::optional<Delivery> delivery;
  std::optional<Webhook> webhook;
  SOUK_TRY(store.read([&](store::Tx& tx) -> Status {
    delivery = SOUK_TRY(find_delivery(tx, payload.delivery));
    if (delivery) webhook = SOUK_TRY(find_webhook(tx, delivery->webhook_id));
    return {};
  }));
  const bool is_mine = webhook && delivery->state == DeliveryState::PENDING && delivery->item_id == attempt.item().id;
  const bool is_ping = delivery && delivery->type == kPing;
  if (!is_mine || (!webhook->active && !is_ping)) return {};  // made active again, it gets another item
  if (attempt.stop().stop_requested()) return cancelled("the node stops");
  const Outcome outcome = send(*client, *webhook, *delivery);
  const bool is_last = is_ping || delivery->attempts + 1 >= settings.attempts;
  std::optional<Duration> delay;
  SOUK_TRY(store.write([&](store::Tx& tx) -> Status {
    delay.reset();
    Delivery after = *delivery;
    after.attempts++;
    after.next_time.reset();
    after.response_code = outcome.code;
    after.response_excerpt = outcome.excerpt;
    after.error = outcome.error;
    after.duration_ms = outcome.duration_ms;
    auto hook = SOUK_TRY(find_webhook(tx, after.webhook_id));
    if (!hook) return attempt.complete(tx);  // deleted meanwhile
    if (outcome.error.empty()) {
      after.state = DeliveryState::DELIVERED;
    } else if (is_last) {
      after.state = DeliveryState::FAILED;
    } else {
      delay = back_off(settings, after.attempts, outcome.retry_after);
      after.next_time = now() + *delay;
    }
    if (delay) {
      SOUK_TRY(attempt.check(tx));
    } else {
      SOUK_TRY(attempt.complete(tx));
    }
    if (!SOUK_TRY(update_delivery(tx, after))) {
      delay.reset();  // another item has it; this one's end is no loss
      return {};
    }
    if (!is_ping && judge(*hook, outcome, settings.pause_after)) {
      SOUK_TRY(update_health(tx, *hook));
      if (!hook->active && webhook->active) {
        log.warn("webhooks", "a webhook is paused", {{"webhook", hook->name}, {"why", hook->pause_reason}});
        SOUK_TRY(tell(tx, *hook, "webhook.paused", nullptr));
      }
    }
    if (is_ping) SOUK_TRY(tell(tx, *hook, "webhook.tested", nullptr));
    if (delay) return {};
    const auto next = SOUK_TRY(first_waiting(tx, after.webhook_id, after.lane, after.id));
    return next ? enqueue(tx, hook->namespace_id, *next) : Status();
  }));
  if (delay) attempt.again(*delay);
  (outcome.error.empty() ? delivered : delay ? retried : failed).add();
  return {};
}

Status Webhooks::State::gave_up(store::Tx& tx, const work::Item& item, const Error& why) {
  const auto payload = json::read<Payload>(item.payload.text);
  if (!payload) return {};  // of no delivery, so there is none to say it of
  auto delivery = SOUK_TRY(find_delivery(tx, payload->delivery));
  if (!delivery || delivery->item_id != item.id || delivery->state != DeliveryState::PENDING) return {};
  delivery->state = DeliveryState::FAILED;
  delivery->next_time.reset();
  delivery->error = why.describe();
  SOUK_TRY(update_delivery(tx, *delivery));
  const auto next = SOUK_TRY(first_waiting(tx, delivery->webhook_id, delivery->lane, delivery->id));
  return next ? enqueue(tx, item.namespace_id, *next) : Status();
}

}  // namespace souk::webhooks
