// SPDX-License-Identifier: Apache-2.0
//
// One connection and one thread that wait for NOTIFY. After every (re)connection the callbacks are called with
// an empty payload, since some notifications may have been missed. Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"

struct pg_conn;

namespace souk::store {

class PostgresListener {
 public:
  PostgresListener(std::string url, Logger& log);
  ~PostgresListener();

  void add(std::string channel, std::function<void(std::string)> f);
  // Joins the thread: no callback runs afterwards.
  void close();

 private:
  struct Channel {
    std::string name;
    std::function<void(std::string)> f;
    bool heard = false;  // LISTEN was sent on the present connection
  };

  void loop();
  bool listen_to_new(pg_conn* connection);
  void serve(pg_conn* connection);
  void deliver(pg_conn* connection);
  void tell(const std::string& channel, const std::string& payload);
  bool closing();
  void rest(std::chrono::milliseconds time);

  const std::string url_;
  Logger& log_;
  const int wake_;  // an eventfd: a new channel, or closing
  std::mutex mutex_;
  std::vector<Channel> channels_;
  bool closing_ = false;
  std::thread thread_;  // started with the first channel
};

}  // namespace souk::store
