// SPDX-License-Identifier: Apache-2.0
//
// The one thread that writes to a SQLite database, committing in groups: all writes that wait when a commit
// begins share it, each in a savepoint of its own, so that one that fails is undone alone. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/checked_tx.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/readers.h"

namespace souk::store {

class SqliteWriter {
 public:
  SqliteWriter(const Store& store, SqliteReaders& readers, std::unique_ptr<SqliteConnection> connection,
               std::size_t group_limit, Logger& log, Metrics& metrics);
  ~SqliteWriter();

  // Blocks: disk. Errors: f's own; unavailable (closing)
  Status write(const std::function<Status(Tx&)>& f);
  // Refuses new writes, finishes those that wait.
  void close();

 private:
  struct Job {
    const std::function<Status(Tx&)>* f;
    Status status;
    Hooks hooks;
  };
  // Jobs of one commit. They live on the stacks of their callers, who go on once `done` is set.
  struct Group {
    std::vector<Job*> jobs;
    std::atomic<int> done{0};
  };

  void loop();
  std::shared_ptr<Group> next_group();
  void gather(std::unique_lock<std::mutex>& lock);
  void commit(std::vector<Job*> jobs);
  bool run_jobs(std::vector<Job*>& jobs);
  void run_job(Job& job, bool alone);
  void finish(const std::vector<Job*>& jobs);
  void undo();

  const Store& store_;
  SqliteReaders& readers_;
  std::unique_ptr<SqliteConnection> connection_;
  const std::size_t group_limit_;
  Logger& log_;
  Counter& commits_;
  Counter& writes_;
  Counter& statements_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::shared_ptr<Group>> groups_;
  std::size_t last_size_ = 0;
  bool waiting_ = false;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace souk::store
