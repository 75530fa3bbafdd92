// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/pool.h"

#include "store/error_texts.h"

namespace souk::store {

PostgresPool::PostgresPool(std::string url, std::size_t limit, std::chrono::milliseconds patience,
                           std::chrono::milliseconds answer_timeout)
    : url_(std::move(url)), limit_(limit), patience_(patience), answer_timeout_(answer_timeout) {}

namespace {

Error down_error() {
  return gone_error("the database cannot be reached", "it did not answer a moment ago");
}

}  // namespace

Result<PostgresPool::Lease> PostgresPool::borrow() {
  {
    std::unique_lock lock(mutex_);
    const auto known_down = [this] { return down_ && trying_; };
    const bool free = returned_.wait_for(lock, patience_, [&] { return closing_ || known_down() || lent_ < limit_; });
    if (closing_) return closing_error();
    if (known_down()) return down_error();
    if (!free) {
      return unavailable("all " + std::to_string(limit_) + " database connections are busy")
          .advise("raise store.connections")
          .retry_in(std::chrono::seconds(1));
    }
    ++lent_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(connection));
    }
    trying_ = trying_ || down_;
  }
  auto connection = connect();
  if (!connection) {
    give_back(nullptr);
    return std::move(connection).error();
  }
  return Lease(*this, std::move(*connection));
}

Result<std::unique_ptr<PostgresConnection>> PostgresPool::connect() {
  auto connection = PostgresConnection::connect(url_, answer_timeout_);
  const std::lock_guard lock(mutex_);
  down_ = !connection && connection.error().code == Code::unavailable;
  trying_ = false;
  return connection;
}

void PostgresPool::give_back(std::unique_ptr<PostgresConnection> connection) {
  std::vector<std::unique_ptr<PostgresConnection>> dropped;  // closed after the lock
  const std::lock_guard lock(mutex_);
  --lent_;
  if (connection != nullptr && connection->silent()) down_ = true;
  if (connection != nullptr && !connection->broken() && !closing_) {
    idle_.push_back(std::move(connection));
    if (!down_) return returned_.notify_one();
  } else if (connection != nullptr) {
    dropped = std::move(idle_);
    idle_.clear();
  }
  returned_.notify_all();
}

void PostgresPool::close() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  returned_.notify_all();
  returned_.wait(lock, [this] { return lent_ == 0; });
  idle_.clear();
}

}  // namespace souk::store
