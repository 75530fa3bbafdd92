// SPDX-License-Identifier: Apache-2.0
//
// Events told to others over HTTP: signed (signature.h), retried, in order for each object. The outbox is the event
// log itself: each webhook has a cursor, which moves in the transaction that makes the deliveries, so that a crash
// neither loses nor repeats one; sending is work of the durable queue, at least once, always with the same message id.
//
// Whoever is ADMIN of a namespace sees and makes its webhooks. Addresses of one's own network are reached only where
// webhooks.allow says so (net/address_guard.h); redirects are not followed. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.h"
#include "store/lists/listing.h"
#include "webhooks/model.h"
#include "webhooks/settings.h"
#include "work/leases.h"
#include "work/work.h"

namespace souk::webhooks {

// A webhook with the namespace that it is in.
struct Shown {
  Webhook webhook;
  std::string namespace_;
  WebhookState state = WebhookState::ACTIVE;
};
// `secret` is told once.
struct WithSecret {
  Shown shown;
  std::string secret;
};

class Webhooks {
 public:
  // Adds its queue and wants its lease; before work and nodes start. Errors: invalid_argument (settings)
  static Result<std::unique_ptr<Webhooks>> make(WebhookSettings settings, store::Store& store, events::Log& events,
                                                access::Access& access, work::Work& work, work::Leases& leases,
                                                Logger& log, Metrics& metrics);
  ~Webhooks();
  // Begins to read the event log, on the node that has the lease.
  Status start();
  void stop();

  // All of these: errors not_found, permission_denied. An empty namespace is the call's.
  // Errors: already_exists, invalid_argument (name, url, events, secret), resource_exhausted (too many)
  Result<WithSecret> create(const access::Call& call, std::string_view ns, const NewWebhook& wanted);
  Result<std::vector<Shown>> list(const access::Call& call, std::string_view ns);
  Result<Shown> get(const access::Call& call, std::string_view ns, std::string_view name);
  Result<Shown> update(const access::Call& call, std::string_view ns, std::string_view name, const WebhookPatch& patch,
                       std::optional<std::int64_t> if_match);
  Status remove(const access::Call& call, std::string_view ns, std::string_view name,
                std::optional<std::int64_t> if_match);
  // Another secret (empty: one is made); the old one signs beside it for `overlap` more.
  Result<WithSecret> rotate(const access::Call& call, std::string_view ns, std::string_view name,
                            const std::string& secret, Duration overlap);

  Result<store::Page<Delivery>> deliveries(const access::Call& call, std::string_view ns, std::string_view name,
                                           const store::ListQuery& query);
  Result<Delivery> delivery(const access::Call& call, std::string_view ns, std::string_view name, DeliveryId id);
  // A new delivery of the same message, after all that wait for the same object.
  Result<Delivery> redeliver(const access::Call& call, std::string_view ns, std::string_view name, DeliveryId id);
  // Sets the cursor back: what happened from there on is told again, under the message ids it had.
  // Errors: invalid_argument (not one place, no place of this log)
  Result<Shown> replay(const access::Call& call, std::string_view ns, std::string_view name, const ReplayFrom& from);
  // Sends a message of type webhook.ping, once, also to one that is not active.
  Result<Delivery> test(const access::Call& call, std::string_view ns, std::string_view name);

  // Deletes deliveries that are over and older than webhooks.keep; how many.
  Result<std::int64_t> prune();

  struct State;

 private:
  template <class F>
  Result<Shown> change(const access::Call& call, std::string_view ns, std::string_view name, F&& f);
  explicit Webhooks(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// "model.*", "*", "version.sealed": * stands for any run of characters.
bool matches(std::string_view pattern, std::string_view type);

}  // namespace souk::webhooks
