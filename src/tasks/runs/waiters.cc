// SPDX-License-Identifier: Apache-2.0
#include "tasks/runs/waiters.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace souk::tasks {

Waiters::Waiters() : thread_([this] { loop(); }) {}

Waiters::~Waiters() {
  stop();
}

void Waiters::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Waiters::add(std::string uid, Deadline deadline, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      waiting_.push_back({std::move(uid), deadline, std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  done();
}

void Waiters::ended(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  for (Waiter& waiter : waiting_) {
    if (waiter.uid == uid) waiter.deadline = Deadline::min();
  }
  changed_.notify_one();
}

void Waiters::loop() {
  pthread_setname_np(pthread_self(), "souk-waiters");
  std::unique_lock lock(mutex_);
  for (;;) {
    std::vector<Waiter> due = take_due(stopping_);
    if (!due.empty()) {
      lock.unlock();
      for (const Waiter& waiter : due) waiter.done();
      lock.lock();
      continue;
    }
    if (stopping_) return;
    const auto next = std::ranges::min_element(waiting_, {}, &Waiter::deadline);
    if (next == waiting_.end() || next->deadline == kNoDeadline) {
      changed_.wait(lock);
    } else {
      const Deadline until = next->deadline;
      changed_.wait_until(lock, until);
    }
  }
}

std::vector<Waiters::Waiter> Waiters::take_due(bool all) {
  const auto now = std::chrono::steady_clock::now();
  const auto due = std::stable_partition(waiting_.begin(), waiting_.end(),
                                         [&](const Waiter& one) { return !all && one.deadline > now; });
  std::vector<Waiter> out(std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
  waiting_.erase(due, waiting_.end());
  return out;
}

}  // namespace souk::tasks
