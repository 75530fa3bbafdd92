// SPDX-License-Identifier: Apache-2.0
//
// Read-only connections beside the writer. Each read has one to itself; a thread tends to get the same one
// again, so that nothing is contended. No read waits for a write. Thread-safe.
//
// Where this process alone writes, a connection keeps its snapshot when a read ends, and the next read takes it
// again unless something was committed since: SQLite's locks, four system calls a read, are then paid once a
// commit. The writer lets go of snapshots that nobody is using before it writes, or the WAL could never start anew.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
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
  // keep_snapshots: every commit to the file is told by `committed`
  SqliteReaders(const Store& store, std::string path, std::size_t count, std::chrono::milliseconds busy_timeout,
                bool keep_snapshots, Metrics& metrics);

  // Blocks: disk; and until a connection is free. Errors: f's own; unavailable (closing)
  Status read(const std::function<Status(Tx&)>& f, Statements statements);
  // Ends the snapshots that no read is using. Before each transaction of the writer.
  void release_snapshots();
  // What was read before may have changed. After each commit, before it is answered.
  void committed() { commits_.fetch_add(1, std::memory_order_release); }
  std::uint64_t commits() const { return commits_.load(std::memory_order_acquire); }
  // Refuses new reads, waits for those that run.
  void close();

 private:
  struct alignas(64) Slot {
    std::atomic<bool> taken{false};
    std::atomic<bool> keeps_snapshot{false};
    std::uint64_t commits = 0;                     // that the snapshot shows, or fewer
    std::unique_ptr<SqliteConnection> connection;  // opened when first needed
  };
  class ReaderTx;

  Slot* take();
  Slot* take_free();
  void give_back(Slot& slot);
  Status read_on(Slot& slot, const std::function<Status(Tx&)>& f, Statements statements);

  const Store& store_;
  const std::string path_;
  const std::chrono::milliseconds busy_timeout_;
  const bool keep_snapshots_;
  Counter& statements_;
  std::vector<Slot> slots_;
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<int> waiting_{0};
  std::atomic<bool> closing_{false};
  std::mutex mutex_;
  std::condition_variable freed_;
};

}  // namespace souk::store
