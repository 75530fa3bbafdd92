// SPDX-License-Identifier: Apache-2.0
#include "events/notifier.h"

#include <pthread.h>

#include <chrono>
#include <utility>

namespace souk::events {

namespace {

constexpr std::chrono::milliseconds kBetween{5};

}  // namespace

Notifier::Notifier(store::Store& store, Logger& log) : store_(store), log_(log), thread_([this] { loop(); }) {}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void Notifier::committed() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(dirty_, true)) changed_.notify_one();
}

void Notifier::loop() {
  pthread_setname_np(pthread_self(), "souk-notifier");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || dirty_; });
    if (closing_) return;
    dirty_ = false;
    lock.unlock();
    const auto sent = store_.write([](store::Tx& tx) { return tx.exec("SELECT pg_notify($1, '')", kChannel); },
                                   store::Isolation::read_committed);
    // The other nodes look by themselves every 50 ms: no need to try again.
    if (!sent) log_.debug("events", "other nodes were not notified", {{"cause", sent.error().describe()}});
    lock.lock();
    changed_.wait_for(lock, kBetween, [this] { return closing_; });
  }
}

}  // namespace souk::events
