// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhooks.h"

#include <algorithm>

#include "events/event_rows.h"
#include "webhooks/signature.h"
#include "webhooks/state.h"
#include "webhooks/webhook_rows.h"

namespace souk::webhooks {

namespace {

constexpr std::int64_t kMostWebhooks = 100;  // of a namespace
constexpr std::size_t kMostPatterns = 50, kLongestPattern = 100;
constexpr std::size_t kLongestUrl = 2048, kLongestDescription = 4096;
constexpr Duration kLongestOverlap = std::chrono::hours(24 * 30);

Error missing(std::string_view name, std::string_view ns) {
  return not_found("there is no webhook " + access::as_shown(name) + " in " + std::string(ns));
}

Error missing_delivery(DeliveryId id, std::string_view name) {
  return not_found("webhook " + std::string(name) + " has no delivery " + std::to_string(id.value));
}

Status check_url(const std::string& url) {
  const auto wrong = [](const std::string& why) -> Status {
    return invalid_argument("the URL " + why).at("url").advise("an http:// or https:// URL without a password");
  };
  if (url.size() > kLongestUrl) return wrong("is longer than 2048 bytes");
  if (!url.starts_with("http://") && !url.starts_with("https://")) return wrong("is neither http:// nor https://");
  if (std::ranges::any_of(url, [](unsigned char c) { return c <= 0x20 || c >= 0x7f || c == '\\'; }))
    return wrong("holds characters that must be escaped");
  const std::string rest = url.substr(url.find("://") + 3), host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty()) return wrong("names no host");
  if (host.find('@') != std::string::npos) return wrong("holds a user or password");
  return {};
}

Result<json::Raw> check_events(std::vector<std::string> patterns) {
  if (patterns.empty()) patterns = {"*"};
  if (patterns.size() > kMostPatterns) return invalid_argument("there are more than 50 patterns").at("events");
  for (const std::string& pattern : patterns) {
    const bool fits =
        !pattern.empty() && pattern.size() <= kLongestPattern && std::ranges::all_of(pattern, [](unsigned char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '*';
        });
    if (!fits) {
      return invalid_argument(access::as_shown(pattern) + " is no pattern of event types")
          .at("events")
          .advise("write them as model.*, version.sealed or *");
    }
  }
  return json::Raw{json::write(patterns)};
}

Status check_revision(const Webhook& webhook, std::optional<std::int64_t> if_match) {
  if (!if_match || *if_match == webhook.revision) return {};
  return failed_precondition("webhook " + webhook.name + " was changed since").at("if_match").advise("read it again");
}

}  // namespace

Result<Webhooks::State::Found> Webhooks::State::in(const access::Call& call, std::string_view ns) const {
  const auto found = SOUK_TRY(access.get_namespace(call, access::Role::ADMIN, ns));
  return Found{found->slug, found->id};
}

Status Webhooks::State::tell(store::Tx& tx, const Webhook& webhook, std::string_view type, const access::Call* call,
                             json::Raw data) {
  events::NewEvent event;
  event.type = type;
  event.namespace_id = webhook.namespace_id;
  event.namespace_ = SOUK_TRY(access.namespace_slug(webhook.namespace_id));
  event.kind = "webhook";
  event.id = webhook.id.value;
  event.name = webhook.name;
  event.data = std::move(data);
  if (call != nullptr) access::sign(event, *call);
  return events.append(tx, event);
}

Result<std::unique_ptr<Webhooks>> Webhooks::make(WebhookSettings settings, store::Store& store, events::Log& events,
                                                 access::Access& access, work::Work& work, work::Leases& leases,
                                                 Logger& log, Metrics& metrics) {
  Result<net::AddressGuard> guard = net::AddressGuard::parse(settings.allow);
  if (!guard) return std::move(guard).error().at("webhooks.allow");
  auto counted =
      metrics.counter("souk_webhooks_attempts_total", "Attempts to deliver, by how they ended.", {"outcome"});
  auto state = std::shared_ptr<State>(new State{settings, std::move(*guard), store, events, access, work, log,
                                                counted.with({"delivered"}), counted.with({"failed"}),
                                                counted.with({"retried"}), nullptr, nullptr});
  state->client = std::make_unique<net::Client>(net::ClientSettings{.timeout = settings.timeout,
                                                                    .stall_timeout = settings.timeout,
                                                                    .ca_file = settings.ca_file,
                                                                    .max_body = 1 << 20,
                                                                    .guard = &state->guard});
  state->pump = std::make_unique<Pump>(*state, leases);
  work.add({.name = "webhooks",
            .run = [state = state.get()](work::Attempt& attempt) { return state->run(attempt); },
            .gave_up = [state = state.get()](store::Tx& tx, const work::Item& item,
                                             const Error& why) { return state->gave_up(tx, item, why); },
            .concurrency = settings.concurrency,
            .per_namespace = settings.concurrency / 2});
  return std::unique_ptr<Webhooks>(new Webhooks(std::move(state)));
}

Webhooks::Webhooks(std::shared_ptr<State> state) : state_(std::move(state)) {}

Webhooks::~Webhooks() {
  stop();
}

Status Webhooks::start() {
  return state_->pump->start();
}

void Webhooks::stop() {
  state_->pump->stop();
}

Result<WithSecret> Webhooks::create(const access::Call& call, std::string_view ns, const NewWebhook& wanted) {
  State& s = *state_;
  const auto place = SOUK_TRY(s.in(call, ns));
  if (Status fits = access::check_slug(wanted.name); !fits) return Error(fits.error()).at("name");
  SOUK_TRY(check_url(wanted.url));
  SOUK_TRY(access::check_text(wanted.description, kLongestDescription, "description"));
  if (!wanted.secret.empty()) SOUK_TRY(check_secret(wanted.secret));
  Webhook hook;
  hook.uid = new_uid();
  hook.namespace_id = place.namespace_id;
  hook.name = wanted.name;
  hook.url = wanted.url;
  hook.events = SOUK_TRY(check_events(wanted.events));
  hook.description = wanted.description;
  hook.secret = wanted.secret.empty() ? make_secret() : wanted.secret;
  hook.active = wanted.active;
  hook.cursor = SOUK_TRY(s.events.head());
  hook.create_time = hook.update_time = now();
  const Webhook made = SOUK_TRY(s.store.write([&](store::Tx& tx) -> Result<Webhook> {
    const auto count =
        SOUK_TRY(tx.scalar<std::int64_t>("SELECT COUNT(*) FROM webhooks WHERE namespace_id = $1", place.namespace_id));
    if (count.value_or(0) >= kMostWebhooks) {
      return resource_exhausted(place.namespace_ + " has " + std::to_string(kMostWebhooks) +
                                " webhooks, and that is the most");
    }
    if (SOUK_TRY(find_webhook(tx, place.namespace_id, hook.name))) {
      return already_exists("there is a webhook " + hook.name + " in " + place.namespace_).at("name");
    }
    Webhook row = SOUK_TRY(insert_webhook(tx, hook));
    SOUK_TRY(s.tell(tx, row, "webhook.created", &call));
    return row;
  }));
  return WithSecret{{made, place.namespace_, made.state(now(), s.settings.failing_after)}, made.secret};
}

Result<std::vector<Shown>> Webhooks::list(const access::Call& call, std::string_view ns) {
  const auto place = SOUK_TRY(state_->in(call, ns));
  std::vector<Shown> out;
  for (Webhook& row :
       SOUK_TRY(state_->store.read([&](store::Tx& tx) { return list_webhooks(tx, place.namespace_id); }))) {
    const WebhookState state = row.state(now(), state_->settings.failing_after);
    out.push_back({std::move(row), place.namespace_, state});
  }
  return out;
}

// Runs f(tx, webhook) in a transaction; what it leaves is shown.
template <class F>
Result<Shown> Webhooks::change(const access::Call& call, std::string_view ns, std::string_view name, F&& f) {
  State& s = *state_;
  const auto place = SOUK_TRY(s.in(call, ns));
  Webhook hook = SOUK_TRY(s.store.write([&](store::Tx& tx) -> Result<Webhook> {
    auto row = SOUK_TRY(find_webhook(tx, place.namespace_id, name));
    if (!row) return missing(name, place.namespace_);
    SOUK_TRY(f(tx, *row));
    return std::move(*row);
  }));
  const WebhookState state = hook.state(now(), s.settings.failing_after);
  return Shown{std::move(hook), place.namespace_, state};
}

Result<Shown> Webhooks::get(const access::Call& call, std::string_view ns, std::string_view name) {
  const auto place = SOUK_TRY(state_->in(call, ns));
  auto row = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_webhook(tx, place.namespace_id, name); }));
  if (!row) return missing(name, place.namespace_);
  const WebhookState state = row->state(now(), state_->settings.failing_after);
  return Shown{std::move(*row), place.namespace_, state};
}

Result<Shown> Webhooks::update(const access::Call& call, std::string_view ns, std::string_view name,
                               const WebhookPatch& patch, std::optional<std::int64_t> if_match) {
  State& s = *state_;
  if (patch.url) SOUK_TRY(check_url(*patch.url));
  if (patch.description) SOUK_TRY(access::check_text(*patch.description, kLongestDescription, "description"));
  std::optional<json::Raw> events;
  if (patch.events) events = SOUK_TRY(check_events(*patch.events));
  return change(call, ns, name, [&](store::Tx& tx, Webhook& hook) -> Status {
    SOUK_TRY(check_revision(hook, if_match));
    const bool wakes = patch.active.value_or(false) && !hook.active;
    if (patch.url) hook.url = *patch.url;
    if (patch.description) hook.description = *patch.description;
    if (events) hook.events = *events;
    if (patch.active) {
      hook.active = *patch.active;
      hook.pause_reason.clear();
    }
    if (patch.url || wakes) {
      hook.failing_since.reset();
      hook.failures = 0;
      hook.last_error.clear();
    }
    SOUK_TRY(update_webhook(tx, hook));
    hook.revision++;
    hook.update_time = now();
    if (wakes) {
      for (const DeliveryId head : SOUK_TRY(lane_heads(tx, hook.id))) SOUK_TRY(s.enqueue(tx, hook.namespace_id, head));
    }
    return s.tell(tx, hook, "webhook.updated", &call);
  });
}

Status Webhooks::remove(const access::Call& call, std::string_view ns, std::string_view name,
                        std::optional<std::int64_t> if_match) {
  SOUK_TRY(change(call, ns, name, [&](store::Tx& tx, Webhook& hook) -> Status {
    SOUK_TRY(check_revision(hook, if_match));
    SOUK_TRY(delete_webhook(tx, hook.id));
    return state_->tell(tx, hook, "webhook.deleted", &call);
  }));
  return {};
}

Result<WithSecret> Webhooks::rotate(const access::Call& call, std::string_view ns, std::string_view name,
                                    const std::string& secret, Duration overlap) {
  if (!secret.empty()) SOUK_TRY(check_secret(secret));
  if (overlap < Duration(0) || overlap > kLongestOverlap)
    return invalid_argument("an overlap is at most 30 days").at("overlap");
  Shown shown = SOUK_TRY(change(call, ns, name, [&](store::Tx& tx, Webhook& hook) -> Status {
    hook.old_secret = overlap > Duration(0) ? hook.secret : "";
    hook.old_secret_end.reset();
    if (overlap > Duration(0)) hook.old_secret_end = now() + overlap;
    hook.secret = secret.empty() ? make_secret() : secret;
    SOUK_TRY(update_webhook(tx, hook));
    hook.revision++;
    return state_->tell(tx, hook, "webhook.secret_rotated", &call);
  }));
  std::string told = shown.webhook.secret;
  return WithSecret{std::move(shown), std::move(told)};
}

Result<store::Page<Delivery>> Webhooks::deliveries(const access::Call& call, std::string_view ns, std::string_view name,
                                                   const store::ListQuery& query) {
  const Shown shown = SOUK_TRY(get(call, ns, name));
  const std::string key = SOUK_TRY(state_->access.page_token_key());
  return state_->store.read([&](store::Tx& tx) { return list_deliveries(tx, shown.webhook.id, query, key); });
}

Result<Delivery> Webhooks::delivery(const access::Call& call, std::string_view ns, std::string_view name,
                                    DeliveryId id) {
  const Shown shown = SOUK_TRY(get(call, ns, name));
  auto row = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_delivery(tx, id); }));
  if (!row || row->webhook_id != shown.webhook.id) return missing_delivery(id, name);
  return std::move(*row);
}

Result<Delivery> Webhooks::redeliver(const access::Call& call, std::string_view ns, std::string_view name,
                                     DeliveryId id) {
  std::optional<Delivery> made;
  SOUK_TRY(change(call, ns, name, [&](store::Tx& tx, Webhook& hook) -> Status {
    auto row = SOUK_TRY(find_delivery(tx, id));
    if (!row || row->webhook_id != hook.id) return missing_delivery(id, name);
    if (row->state == DeliveryState::PENDING) {
      return failed_precondition("delivery " + std::to_string(id.value) + " is not over yet");
    }
    if (!hook.active) {
      return failed_precondition("webhook " + hook.name + " is not active: nothing is sent")
          .advise("make it active first");
    }
    row->redelivery_of = id.value;
    const DeliveryId again = SOUK_TRY(state_->add(tx, hook.namespace_id, *row));
    made = SOUK_TRY(find_delivery(tx, again));
    return state_->tell(tx, hook, "webhook.redelivered", &call,
                        json::Raw{R"({"delivery":)" + std::to_string(id.value) + "}"});
  }));
  return std::move(*made);
}

Result<Shown> Webhooks::replay(const access::Call& call, std::string_view ns, std::string_view name,
                               const ReplayFrom& from) {
  if (from.after.has_value() + from.delivery.has_value() + from.since.has_value() != 1) {
    return invalid_argument("a replay begins at one place")
        .at("after")
        .advise("give after (a cursor of the event log), delivery (its number) or since (a time)");
  }
  return change(call, ns, name, [&](store::Tx& tx, Webhook& hook) -> Status {
    events::Position place;
    if (from.after && !from.after->empty()) {
      place = SOUK_TRY(events::parse_cursor(*from.after));
      SOUK_TRY(events::check_known(tx, place));
    } else if (from.since) {
      place = SOUK_TRY(events::place_before(tx, *from.since));
    } else if (from.delivery) {
      const auto row = SOUK_TRY(find_delivery(tx, DeliveryId(*from.delivery)));
      if (!row || row->webhook_id != hook.id) return missing_delivery(DeliveryId(*from.delivery), name);
      if (row->event_cursor.empty()) return failed_precondition("a test is no event: nothing follows it");
      place = SOUK_TRY(events::parse_cursor(row->event_cursor));
      place.sequence--;  // that event too
    }
    // Never forwards: what was not told yet will be.
    const events::Position now_at = SOUK_TRY(events::parse_cursor(hook.cursor));
    if (place < now_at) {
      hook.cursor = events::to_cursor(place);
      SOUK_TRY(update_webhook(tx, hook));
      hook.revision++;
    }
    return state_->tell(tx, hook, "webhook.replayed", &call);
  });
}

Result<Delivery> Webhooks::test(const access::Call& call, std::string_view ns, std::string_view name) {
  std::optional<Delivery> made;
  SOUK_TRY(change(call, ns, name, [&](store::Tx& tx, Webhook& hook) -> Status {
    Delivery ping;
    ping.webhook_id = hook.id;
    ping.message_id = "msg_" + new_uid();
    ping.type = kPing;
    ping.lane = "ping";
    json::Writer to(ping.body);
    to.begin_object();
    to.key("type");
    to.value(kPing);
    to.key("timestamp");
    to.value(format_rfc3339(now()));
    to.key("data");
    to.begin_object();
    to.key("webhook");
    to.value(hook.name);
    to.end_object();
    to.end_object();
    made = SOUK_TRY(find_delivery(tx, SOUK_TRY(state_->add(tx, hook.namespace_id, ping))));
    return state_->tell(tx, hook, "webhook.test_asked", &call);
  }));
  return std::move(*made);
}

Result<std::int64_t> Webhooks::prune() {
  constexpr std::int64_t kAtOnce = 1000;
  std::int64_t total = 0;
  for (;;) {
    const auto some = SOUK_TRY(state_->store.write(
        [&](store::Tx& tx) { return delete_old_deliveries(tx, now() - state_->settings.keep, kAtOnce); }));
    total += some;
    if (some < kAtOnce) return total;
  }
}

}  // namespace souk::webhooks
