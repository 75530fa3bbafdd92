// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the room share. Inside the room only.
#pragma once

#include "net/client/address_guard.h"
#include "net/client/client.h"
#include "webhooks/pump.h"
#include "webhooks/webhooks.h"

namespace souk::webhooks {

struct Webhooks::State {
  WebhookSettings settings;
  net::AddressGuard guard;
  store::Store& store;
  events::Log& events;
  access::Access& access;
  work::Work& work;
  Logger& log;
  Counter& delivered;
  Counter& failed;
  Counter& retried;
  std::unique_ptr<net::Client> client;  // keeps to `guard`
  std::unique_ptr<Pump> pump;

  // The webhook of a namespace that the caller is ADMIN of.
  struct Found {
    std::string namespace_;
    NamespaceId namespace_id;
  };
  Result<Found> in(const access::Call& call, std::string_view ns) const;
  // Appends its event; `call` null: souk's own doing.
  Status tell(store::Tx& tx, const Webhook& webhook, std::string_view type, const access::Call* call,
              json::Raw data = {});
  // Lets a delivery be sent, now.
  Status enqueue(store::Tx& tx, NamespaceId ns, DeliveryId id);
  // Makes a delivery, and lets it be sent when nothing of its lane is before it.
  Result<DeliveryId> add(store::Tx& tx, NamespaceId ns, const Delivery& delivery);

  // sender.cc
  Status run(work::Attempt& attempt);
  Status gave_up(store::Tx& tx, const work::Item& item, const Error& why);
};

}  // namespace souk::webhooks
