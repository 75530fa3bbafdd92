// SPDX-License-Identifier: Apache-2.0
//
// The `souk serve` processes of one database. Each has a row and raises its count of beats; all that a node holds
// (leases, running items) stands on that row. A node whose count has not moved for `timeout`, by the watch of the
// one that looks, is dead: its row goes, and what it held is free. No clock of two machines is ever compared.
//
// A node that could not write its beat for two thirds of that time takes itself for cut off: alive() is false, and
// it begins nothing that is done once. Should it find its row gone, it comes back as a new incarnation with a new id.
// On SQLite, which one process holds, the node is alone and alive from start to stop.
//
// Thread-safe. The Store outlives it; give it one of its own, since beats must not wait for what others do.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/settings.h"
#include "store/store.h"
#include "work/bell.h"
#include "work/clock.h"

namespace souk::work {

struct NodeSettings {
  std::chrono::milliseconds timeout{3'000};  // six beats
};

struct Node {
  NodeId id;
  std::string name;
  std::string incarnation;
  std::int64_t beats = 0;
  Time start_time;
  Time seen_time;
};
BOOST_DESCRIBE_STRUCT(Node, (), (id, name, incarnation, beats, start_time, seen_time))

class Nodes {
 public:
  Nodes(NodeSettings settings, store::Store& store, std::string name, Logger& log);
  ~Nodes();

  // Registers. Errors: failed_precondition (a living node has the name)
  Status start();
  // Takes the row away: what this node held is free at once.
  void stop();

  NodeId id() const { return NodeId(id_.load()); }  // of this incarnation; 0: not registered
  const std::string& name() const { return name_; }
  bool alive() const;                                                             // no statement
  std::size_t others() const { return others_.load(std::memory_order_relaxed); }  // that live
  const Clock& clock() const { return clock_; }
  Result<std::vector<Node>> list();

  // Called after each beat and after each change among the nodes, on the thread that beats; may use the database.
  // Before start().
  void on_beat(std::function<void()> f);
  void beat_soon();

 private:
  using Steady = std::chrono::steady_clock;
  struct Seen {
    std::int64_t beats = 0;
    Steady::time_point since;
  };

  void loop();
  Status beat();
  Status enter();
  Status wait_for_name();
  void look_at(const std::vector<Node>& nodes);
  void bury(const Node& node);
  void tell();
  std::chrono::milliseconds between() const { return settings_.timeout / 6; }
  bool alone() const { return store_.dialect() == store::Dialect::sqlite; }

  const NodeSettings settings_;
  store::Store& store_;
  const std::string name_;
  const std::string incarnation_;
  Logger& log_;
  Clock clock_;
  std::atomic<std::int64_t> id_{0};
  std::atomic<Steady::rep> last_beat_{0};
  std::atomic<std::size_t> others_{0};
  std::map<NodeId, Seen> seen_;  // of the beating thread
  bool failing_ = false;         // likewise
  std::vector<std::function<void()>> listeners_;
  std::shared_ptr<Bell> bell_;
  std::thread thread_;
};

}  // namespace souk::work
