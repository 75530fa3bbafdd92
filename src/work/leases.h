// SPDX-License-Identifier: Apache-2.0
//
// What one node of many does: a named lease, held by at most one. Who wants it gets it when it is free, keeps it as
// long as its node lives (nodes.h: nothing to renew), and another gets it within 5 s after that node died, at once
// when it was given back.
//
//   auto lease = leases.want("audit-chain");
//   …
//   if (lease->held()) store.write([&](Tx& tx) -> Status { SOUK_TRY(lease->check(tx)); … });
//
// held() tells cheaply whether to begin. check(tx) is the fence: the write is refused when another has taken the
// lease since, however late this one is. Thread-safe. The Leases outlives its leases.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "store/store.h"
#include "work/nodes.h"

namespace souk::work {

class Lease {
 public:
  ~Lease();  // gives it back
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  const std::string& name() const;
  bool held() const;           // no statement; false too while this node is cut off from the database
  std::int64_t token() const;  // grows each time the lease is taken; 0: never held
  // Part of the transaction; also while not held(). Errors: aborted (another has the lease, or nobody)
  Status check(store::Tx& tx) const;

 private:
  friend class Leases;
  struct State;
  Lease(class Leases& leases, std::shared_ptr<State> state);
  Leases& leases_;
  std::shared_ptr<State> state_;
};

struct LeaseRow {
  std::string name;
  NodeId node_id;  // 0: free
  std::int64_t token = 0;
  Time take_time;
};
BOOST_DESCRIBE_STRUCT(LeaseRow, (), (name, node_id, token, take_time))

class Leases {
 public:
  // Before nodes.start().
  Leases(store::Store& store, Nodes& nodes, Logger& log);
  ~Leases();

  // `changed` is called when the lease is taken or found lost, on the thread that beats: it must not block.
  std::unique_ptr<Lease> want(std::string name, std::function<void()> changed = {});
  Result<std::vector<LeaseRow>> list();

 private:
  friend class Lease;
  void look();  // after each beat: takes what is free
  Status take(const std::shared_ptr<Lease::State>& lease);
  bool settle(const std::shared_ptr<Lease::State>& lease, std::int64_t node);
  void give_back(const std::shared_ptr<Lease::State>& lease);
  void free(const std::shared_ptr<Lease::State>& lease);

  store::Store& store_;
  Nodes& nodes_;
  Logger& log_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Lease::State>> wanted_;
  std::vector<std::shared_ptr<Lease::State>> owed_;  // could not be given back yet
};

}  // namespace souk::work
