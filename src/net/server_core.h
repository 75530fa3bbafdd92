// SPDX-License-Identifier: Apache-2.0
//
// What the connections of one server share. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "net/server.h"
#include "net/stream.h"
#include "net/wire.h"

namespace souk::net {

// What one loop has seen. Only its loop writes, so that counting costs no locked instruction.
class Traffic {
 public:
  static void add(std::atomic<std::uint64_t>& count, std::uint64_t n = 1) {
    count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::atomic<std::uint64_t> answers[6] = {};  // by class of status
  std::atomic<std::uint64_t> refused{0};       // answered without a handler
  std::atomic<std::uint64_t> sent_bytes{0};
  std::atomic<std::uint64_t> accepted{0};

  void count_answer(int status) { add(answers[std::clamp(status / 100, 1, 5)]); }
};

struct ServerCore {
  ServerCore(ServerSettings settings, Handler handler, Logger& log)
      : settings(std::move(settings)), handler(std::move(handler)), log(log) {}

  const ServerSettings settings;
  const Handler handler;
  Logger& log;
  std::shared_ptr<TlsContext> tls;
  std::atomic<bool> draining{false};
  std::atomic<std::int64_t> connections{0};

  void connection_ended() {
    if (connections.fetch_sub(1, std::memory_order_acq_rel) == 1 && draining.load()) {
      std::lock_guard lock(mutex);
      none_left.notify_all();
    }
  }
  bool wait_until_none(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex);
    return none_left.wait_for(lock, limit, [this] { return connections.load() == 0; });
  }

 private:
  std::mutex mutex;
  std::condition_variable none_left;
};

}  // namespace souk::net
