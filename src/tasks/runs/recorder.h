// SPDX-License-Identifier: Apache-2.0
//
// Writes the records of synchronous runs behind their answers: all that came together in one transaction, on a thread
// of its own. Bounded: when the database cannot keep up, records are left out and counted, never answers. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "store/store.h"
#include "tasks/runs/model.h"

namespace souk::tasks {

class Recorder {
 public:
  Recorder(store::Store& store, Logger& log, Metrics& metrics);
  ~Recorder();
  // Writes what is left, then ends. Safe to call again.
  void stop();
  void add(ModelRun run, Payload payload);

 private:
  struct Record {
    ModelRun run;
    Payload payload;
    std::size_t bytes() const;
  };
  void loop();
  Status write(const std::vector<Record>& records);

  store::Store& store_;
  Logger& log_;
  Counter& left_out_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Record> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace souk::tasks
