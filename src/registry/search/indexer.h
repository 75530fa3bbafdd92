// SPDX-License-Identifier: Apache-2.0
//
// Keeps the search index behind the events: one thread reads on from where the index stands, which is kept with it, and
// writes the documents of what changed. Of several nodes one writes at a time. Inside the room only.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "registry/search/documents.h"
#include "registry/state.h"

namespace souk::registry {

class Indexer {
 public:
  explicit Indexer(std::shared_ptr<Registry::State> registry);
  ~Indexer();
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  Status start();
  void stop();
  // One step, in the caller's thread: how many events it took; 0: the index has all. Not while started.
  // Errors: failed_precondition (another node writes)
  Result<std::size_t> catch_up();

 private:
  void run(std::stop_token stop);
  // SQLite has one writer: while much is written the index waits, up to a while.
  void let_others_write(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);

  const std::shared_ptr<Registry::State> registry_;
  KnownWords known_;  // of the writing thread
  Time reached_;      // of the latest change that the index has; of the writing thread
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool rang_ = false;
  events::Subscription subscription_;
  std::jthread thread_;
};

}  // namespace souk::registry
