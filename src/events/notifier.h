// SPDX-License-Identifier: Apache-2.0
//
// Tells other nodes on the same PostgreSQL that events were committed: one NOTIFY for all commits since the last,
// on a thread of its own, since NOTIFY is serialized over the whole server. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/store.h"

namespace souk::events {

inline constexpr const char* kChannel = "souk_events";

class Notifier {
 public:
  Notifier(store::Store& store, Logger& log);
  ~Notifier();
  void committed();

 private:
  void loop();

  store::Store& store_;
  Logger& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool dirty_ = false;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace souk::events
