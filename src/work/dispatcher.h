// SPDX-License-Identifier: Apache-2.0
//
// The one thread of a node that moves items: takes waiting ones, settles attempts that ended, wakes what is due and
// takes over what dead nodes left, all that came together in one transaction. Attempts run on a pool for each queue.
// Inside the room only. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "store/store.h"
#include "work/bell.h"
#include "work/nodes.h"
#include "work/running.h"
#include "work/settings.h"

namespace souk::work {

// A queue as this node works on it. Of the dispatcher's thread, but for `queue`.
struct Lane {
  Queue queue;
  std::unique_ptr<Pool> pool;
  Counter& done;
  Counter& retried;
  Counter& dead;
  Counter& cancelled;
  Histogram& wait_seconds;
  Histogram& run_seconds;
  bool waiting = true;    // an item may wait
  std::int64_t busy = 0;  // claimed and not ended
  std::unordered_map<NamespaceId, std::int64_t> busy_of;
  NamespaceId last{-1};     // whose turn it was
  double mean_seconds = 1;  // of an attempt, moving
};

class Dispatcher {
 public:
  Dispatcher(WorkSettings settings, store::Store& store, Nodes& nodes, Logger& log, Metrics& metrics);
  ~Dispatcher();

  void add(Queue queue);
  void start();
  void stop();

  const Lane* lane(std::string_view queue) const;
  const std::map<std::string, Lane, std::less<>>& lanes() const { return lanes_; }

  void wake(const std::string& queue);  // an item waits
  void wake_all();
  void alarm_at(Time time);  // something is due then
  void schedules_changed();
  void end(ItemId id);  // one of ours is cancelled

 private:
  // What other threads asked for since the last turn.
  struct Inbox {
    std::vector<std::string> waiting;
    std::vector<ItemId> cancelled;
    std::vector<RunningPtr> ended;
    std::optional<Time> alarm;
    bool all = false;
    bool schedules = false;
    bool closing = false;
  };
  // What one transaction found.
  struct Turn {
    std::vector<Item> claimed;
    std::vector<std::string> drained;  // lanes of which nothing more waits
    std::vector<std::string> waiting;
    std::vector<Item> overdue;
    std::vector<Item> worn_out;  // orphans that were tried often enough
    std::vector<Item> ours;
    bool looked = false;
    bool swept = false;
    std::optional<Time> alarm;
    std::map<std::string, NamespaceId> last;  // of each lane: whose turn it was
  };
  using Key = std::pair<ItemId, std::int64_t>;  // item and token

  void loop();
  Deadline next_wake();
  void read_inbox();
  Status turn();
  bool has_work() const;
  bool may_tell() const;
  // settle.cc
  void settle_alone();
  Status settle_together(store::Tx& tx);
  Status give_up(const Item& item, const Error& error, bool cancelled);
  void finish(const RunningPtr& running);
  void note_alarm(Time time);
  void watch_deadlines();
  void take_away(const RunningPtr& running);
  // sweep.cc
  bool sweep_is_due() const;
  bool look_is_due() const;
  Status sweep(store::Tx& tx, Turn& found);
  Status rescue(store::Tx& tx, Turn& found, Time now);
  void after_sweep(const Turn& found);
  void fire_schedules();
  // claim.cc
  std::int64_t free(const Lane& lane) const;
  Status claim(store::Tx& tx, Turn& found);
  Status claim_for(store::Tx& tx, const Lane& lane, Turn& found);
  void begin(Turn& found);
  void execute(const RunningPtr& running);

  const WorkSettings settings_;
  store::Store& store_;
  Nodes& nodes_;
  const Clock& clock_;
  Logger& log_;
  Metrics& metrics_;
  Bell bell_;
  std::map<std::string, Lane, std::less<>> lanes_;

  std::mutex mutex_;
  Inbox inbox_;

  // Of the dispatcher's thread:
  std::map<Key, RunningPtr> running_;
  std::vector<RunningPtr> unsettled_;
  std::optional<Time> next_alarm_;
  std::optional<Time> next_schedule_;
  Deadline next_deadline_ = kNoDeadline;  // of a running attempt
  Deadline next_look_{};                  // what other nodes changed, or left
  Deadline next_told_{};                  // when others may be told again
  Deadline retry_at_{};                   // after a turn that failed
  Deadline goodbye_ = kNoDeadline;        // closing: what cannot be written until then is left to the next start
  bool doubtful_ = true;                  // something may be claimed that was not begun
  bool others_wanted_ = false;            // more waits than this node can take
  bool failing_ = false;
  bool closing_ = false;
  std::minstd_rand random_{std::random_device{}()};
  std::thread thread_;
};

}  // namespace souk::work
