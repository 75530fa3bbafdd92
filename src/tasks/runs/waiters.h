// SPDX-License-Identifier: Apache-2.0
//
// Who waits for an operation to end, on one thread for all: woken by the event of its end, or by the deadline.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace souk::tasks {

class Waiters {
 public:
  using Done = std::function<void()>;

  Waiters();
  ~Waiters();
  // All that still wait are done.
  void stop();
  // `done` once, on the thread of this object.
  void add(std::string uid, Deadline deadline, Done done);
  void ended(const std::string& uid);

 private:
  struct Waiter {
    std::string uid;
    Deadline deadline;
    Done done;
  };
  void loop();
  std::vector<Waiter> take_due(bool all);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiter> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace souk::tasks
