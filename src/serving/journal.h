// SPDX-License-Identifier: Apache-2.0
//
// Writes what became of this node's replicas: each change as the replica's row and an event in one transaction, all
// that came together in one group, on a thread of its own. What answers requests never waits for it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "events/log.h"
#include "serving/model.h"
#include "store/store.h"

namespace souk::serving {

struct ReplicaChange {
  Deployment deployment;  // as it was then
  std::int64_t revision_number = 0;
  Replica replica;
};

class Journal {
 public:
  Journal(store::Store& store, events::Log& events, std::string node, Logger& log);
  ~Journal();
  void start();
  // Writes what is left, then ends. Safe to call again.
  void stop();
  void add(ReplicaChange change);

 private:
  void run();
  Status write(const std::vector<ReplicaChange>& changes, bool first);

  store::Store& store_;
  events::Log& events_;
  const std::string node_;
  Logger& log_;
  std::mutex mutex_;
  std::condition_variable condition_;
  std::vector<ReplicaChange> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace souk::serving
