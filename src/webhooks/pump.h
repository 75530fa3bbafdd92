// SPDX-License-Identifier: Apache-2.0
//
// Makes deliveries of events: the one thread, on the one node that has the lease, that reads the log for all webhooks.
// Those at the same place share a read. Inside the room only.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "webhooks/webhooks.h"
#include "work/bell.h"

namespace souk::webhooks {

class Pump {
 public:
  Pump(Webhooks::State& state, work::Leases& leases);
  ~Pump();
  Status start();
  void stop();
  // One look at the log; whether there may be more to read. For the thread, and for tests.
  Result<bool> turn();

 private:
  struct Hook {
    WebhookId id;
    NamespaceId namespace_id;
    std::vector<std::string> events;
    std::string saved;  // its cursor in the database
    std::string at;     // how far it was looked: nothing for it lies between
  };
  using Group = std::vector<Hook*>;

  void loop();
  Status load();
  Result<bool> read(const std::string& from, const Group& group);
  Status deliver(const Group& group, const std::vector<events::Event>& events, const std::string& reached);
  Status reset(const Group& group, const Error& why);
  Status save(bool all);

  Webhooks::State& state_;
  std::shared_ptr<work::Bell> bell_ = std::make_shared<work::Bell>();
  std::unique_ptr<work::Lease> lease_;
  events::Subscription subscription_;
  std::atomic<bool> changed_{false};
  // Of the thread:
  std::vector<Hook> hooks_;
  bool stale_ = true;
  std::chrono::steady_clock::time_point saved_{};
  std::thread thread_;
};

}  // namespace souk::webhooks
