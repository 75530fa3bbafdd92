// SPDX-License-Identifier: Apache-2.0
//
// Read-only connections beside the writer. Each read has one to itself; a thread tends to get the same one
// again, so that nothing is contended. No read waits for a write. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/checked_tx.h"
#include "store/sqlite/connection.h"

namespace souk::store {

class SqliteReaders {
 public:
  SqliteReaders(const Store& store, std::string path, std::size_t count, std::chrono::milliseconds busy_timeout);

  // Blocks: disk; and until a connection is free. Errors: f's own; unavailable (closing)
  Status read(const std::function<Status(Tx&)>& f);
  // Refuses new reads, waits for those that run.
  void close();

 private:
  struct alignas(64) Slot {
    std::atomic<bool> taken{false};
    std::unique_ptr<SqliteConnection> connection;  // opened when first needed
  };

  Slot* take();
  Slot* take_free();
  void give_back(Slot& slot);
  Status read_on(Slot& slot, const std::function<Status(Tx&)>& f);

  const Store& store_;
  const std::string path_;
  const std::chrono::milliseconds busy_timeout_;
  std::vector<Slot> slots_;
  std::atomic<int> waiting_{0};
  std::atomic<bool> closing_{false};
  std::mutex mutex_;
  std::condition_variable freed_;
};

}  // namespace souk::store
