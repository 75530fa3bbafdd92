// SPDX-License-Identifier: Apache-2.0
//
// Connections to one PostgreSQL database, opened when needed and kept. A broken one is thrown away, and so are
// those that wait, since what broke one broke all. Thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/postgres/connection.h"

namespace souk::store {

class PostgresPool {
 public:
  // A connection on loan; goes back when this ends.
  class Lease {
   public:
    Lease(PostgresPool& pool, std::unique_ptr<PostgresConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept = default;
    ~Lease() {
      if (connection_ != nullptr) pool_.give_back(std::move(connection_));
    }
    PostgresConnection& operator*() const { return *connection_; }
    PostgresConnection* operator->() const { return connection_.get(); }

   private:
    PostgresPool& pool_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  PostgresPool(std::string url, std::size_t limit, std::chrono::milliseconds patience,
               std::chrono::milliseconds answer_timeout);

  // Blocks: until one is free. While the database is known not to answer, one caller at a time tries it and the
  // others are told at once. Errors: unavailable (closing, unreachable, all busy for too long)
  Result<Lease> borrow();
  // Refuses new loans and waits for those that are out.
  void close();

 private:
  void give_back(std::unique_ptr<PostgresConnection> connection);
  Result<std::unique_ptr<PostgresConnection>> connect();

  const std::string url_;
  const std::size_t limit_;
  const std::chrono::milliseconds patience_, answer_timeout_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t lent_ = 0;
  bool closing_ = false;
  bool down_ = false;    // the last that was tried did not answer
  bool trying_ = false;  // somebody finds out whether it still is
};

}  // namespace souk::store
