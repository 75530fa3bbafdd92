// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/listener.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "store/postgres/errors.h"

namespace souk::store {

namespace {

constexpr std::chrono::milliseconds kFirstRest{100}, kLongestRest{5000};

std::string listen_statement(PGconn* connection, const std::string& channel) {
  char* quoted = PQescapeIdentifier(connection, channel.data(), channel.size());
  std::string out = quoted == nullptr ? "" : "LISTEN " + std::string(quoted);
  PQfreemem(quoted);
  return out;
}

}  // namespace

PostgresListener::PostgresListener(std::string url, Logger& log)
    : url_(std::move(url)), log_(log), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

PostgresListener::~PostgresListener() {
  close();
  ::close(wake_);
}

void PostgresListener::add(std::string channel, std::function<void(std::string)> f) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  channels_.push_back({std::move(channel), std::move(f), false});
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  ::eventfd_write(wake_, 1);
}

void PostgresListener::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    ::eventfd_write(wake_, 1);
  }
  if (thread_.joinable()) thread_.join();
}

bool PostgresListener::closing() {
  const std::lock_guard lock(mutex_);
  return closing_;
}

void PostgresListener::loop() {
  pthread_setname_np(pthread_self(), "souk-listener");
  auto pause = kFirstRest;
  while (!closing()) {
    const auto connection = connect_postgres(url_);
    if (!connection) {
      log_.warn("store", "cannot listen for notifications", {{"cause", connection.error().describe()}});
      rest(pause);
      pause = std::min(pause * 2, kLongestRest);
      continue;
    }
    pause = kFirstRest;
    {
      const std::lock_guard lock(mutex_);
      for (Channel& channel : channels_) channel.heard = false;
    }
    serve(*connection);
    PQfinish(*connection);
    if (!closing()) rest(pause);
  }
}

// Until the connection is lost or the listener closes.
void PostgresListener::serve(pg_conn* connection) {
  while (!closing()) {
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
    if (!listen_to_new(connection)) return;
    deliver(connection);
    pollfd ready[] = {{PQsocket(connection), POLLIN, 0}, {wake_, POLLIN, 0}};
    if (::poll(ready, 2, -1) > 0 && ready[0].revents != 0 && PQconsumeInput(connection) != 1) return;
  }
}

bool PostgresListener::listen_to_new(pg_conn* connection) {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (Channel& channel : channels_) {
      if (!channel.heard) names.push_back(channel.name);
      channel.heard = true;
    }
  }
  for (const std::string& name : names) {
    PGresult* result = PQexec(connection, listen_statement(connection, name).c_str());
    const bool listening = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (!listening) return false;
    tell(name, "");
  }
  return true;
}

void PostgresListener::deliver(pg_conn* connection) {
  while (PGnotify* note = PQnotifies(connection)) {
    const std::string channel = note->relname, payload = note->extra;
    PQfreemem(note);
    tell(channel, payload);
  }
}

void PostgresListener::tell(const std::string& channel, const std::string& payload) {
  std::vector<std::function<void(std::string)>> listeners;
  {
    const std::lock_guard lock(mutex_);
    for (const Channel& known : channels_) {
      if (known.name == channel) listeners.push_back(known.f);
    }
  }
  for (const auto& f : listeners) f(payload);
}

void PostgresListener::rest(std::chrono::milliseconds time) {
  pollfd ready{wake_, POLLIN, 0};
  const auto until = std::chrono::steady_clock::now() + time;
  while (!closing() && std::chrono::steady_clock::now() < until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 1)));
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
  }
}

}  // namespace souk::store
