// SPDX-License-Identifier: Apache-2.0
//
// One thread that reads the log for all subscribers of this process. Each subscriber has its own place;
// those at the same place, as nearly all are nearly always, share a query. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "events/cursor.h"
#include "events/event_rows.h"
#include "events/log.h"

namespace souk::events {

class Hub {
 public:
  Hub(store::Store& store, Logger& log, Metrics& metrics);
  ~Hub();

  // There may be something new. Cheap; may be called by a committing thread.
  void wake();
  Duration silence() const;
  Subscription subscribe(Filter filter, std::function<void(const EventPtr&)> f, Position after);

 private:
  struct Subscriber;
  struct State;
  using Group = std::vector<std::shared_ptr<Subscriber>>;

  void loop();
  bool wait_for_work();
  // False when the database cannot be read now.
  bool read_all();
  Status read_for(Position position, const Group& group, bool& more);
  void deliver(Subscriber& subscriber, const std::vector<EventPtr>& events, Position reached);

  store::Store& store_;
  Logger& log_;
  Counter& queries_;
  Counter& delivered_;
  std::shared_ptr<State> state_;  // what subscriptions that outlive the hub hold on to
  bool failing_ = false;          // of the reading thread
  std::atomic<std::chrono::steady_clock::rep> last_read_{std::chrono::steady_clock::now().time_since_epoch().count()};
  std::thread thread_;
};

}  // namespace souk::events
