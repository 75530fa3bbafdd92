// SPDX-License-Identifier: Apache-2.0
//
// How often signing in may fail, over all nodes of a database. Each counts in its own memory, and tells the others of
// each failure, so that a second node is no second set of tries: what was told is there within milliseconds, and what
// is under way at that moment is bounded by the few threads that check passwords. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "access/sessions/throttle.h"
#include "access/settings.h"
#include "store/store.h"

namespace souk::access {

// Where somebody failed; what is empty does not count.
struct Failed {
  std::string account;
  std::string address;
  std::string device;
};

class Tries {
 public:
  Tries(const AccessSettings& settings, store::Store& store);

  Throttle& accounts() { return buckets_->accounts; }
  Throttle& addresses() { return buckets_->addresses; }
  Throttle& devices() { return buckets_->devices; }

  // Tells the other nodes. That they hear it is no condition of anything: errors are nobody's.
  void tell(const Failed& failed);

 private:
  struct Buckets {
    explicit Buckets(const AccessSettings& settings);
    void heard(const std::string& payload);
    const std::string self;  // what came from here is counted already
    Throttle accounts, addresses, devices;
  };

  store::Store& store_;
  std::shared_ptr<Buckets> buckets_;  // the store's listener may outlive this
};

}  // namespace souk::access
