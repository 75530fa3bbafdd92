// SPDX-License-Identifier: Apache-2.0
//
// The listener: HTTP/1.1 (RFC 9112) with keep-alive and pipelining and HTTP/2 (RFC 9113; by prior knowledge, or ALPN
// under TLS) on one port, over TCP or TLS. A connection stays on one of `threads` event loops.
//
// Every head is bounded in size and time, every connection in idle time, their number in all.
// Life: construct → start (bound and answering) → drain → destruct.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/settings.h"
#include "net/stream.h"

namespace souk::net {

struct ServerSettings {
  std::int64_t threads = 0;   // 0: one a core
  std::int64_t spin_us = 50;  // how long a loop that is busy looks for more before it sleeps
  std::int64_t max_connections = 10'000;
  std::int64_t max_streams = 256;  // requests under way on one HTTP/2 connection
  settings::Bytes http2_window{1 << 20};
  settings::Bytes max_head{64 << 10};
  std::chrono::milliseconds head_timeout{10'000};   // from the first byte of a head to its end
  std::chrono::milliseconds idle_timeout{75'000};   // between requests
  std::chrono::milliseconds drain_timeout{20'000};  // how long SIGTERM waits for answers under way
  std::string tls_certificate;                      // PEM file; empty: no TLS
  std::string tls_key;                              // PEM file
};
void declare(settings::Table& table, ServerSettings& s);

class Server {
 public:
  // `listen` is HOST:PORT, [V6]:PORT; port 0 picks a free one.
  Server(ServerSettings settings, std::string listen, Handler handler, Logger& log, Metrics& metrics);
  ~Server();

  // Errors: unavailable (address in use, with which), invalid_argument (address, certificate)
  Status start();
  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8080"
  // Stops accepting, tells clients to close, waits for answers under way up to drain_timeout, then closes.
  void drain();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::net
