// SPDX-License-Identifier: Apache-2.0
//
// One connection to PostgreSQL in pipeline mode (libpq 15, chapter 34.5), its prepared statements and the
// transaction that is on it. Statements wait here until an answer is needed, then travel together; what ends a
// transaction whose end nobody waits for is sent at once and its answer taken at the next exchange.
// Used by one thread at a time.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.h"

struct pg_conn;
struct pg_result;

namespace souk::store {

class PostgresConnection {
 public:
  // Errors: unavailable, failed_precondition (older than 15, or not UTF-8), invalid_argument (the URL)
  // `answer_timeout`: how long an exchange may take before the connection is given up as broken and silent.
  static Result<std::unique_ptr<PostgresConnection>> connect(const std::string& url,
                                                             std::chrono::milliseconds answer_timeout);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // `statement` is BEGIN with its modes; it goes with the first statement. Empty: each statement that is run is a
  // transaction of its own, and nothing is to be ended.
  void begin(std::string_view statement);
  void send(std::string_view sql, std::span<const Value> parameters);
  Result<Rows> run(std::string_view sql, std::span<const Value> parameters);
  // Waits until the commit is durable.
  Status commit();
  // Ends the transaction without waiting. `statement`: COMMIT of a read, or ROLLBACK.
  void leave(std::string_view statement);

  bool broken() const { return broken_; }
  // Broken because nobody answered.
  bool silent() const { return silent_; }
  // Whether the server may have seen the COMMIT of the last transaction.
  bool commit_sent() const { return commit_sent_; }

 private:
  struct Statement {
    std::string sql;
    std::string name;
    std::vector<unsigned> types;
    bool ready = false;
  };
  using Statements = std::list<Statement>;  // most recently used first
  struct Command {
    std::string sql;
    std::vector<Value> parameters;
  };
  struct Expected {         // one answer that is to come
    std::string preparing;  // the name of the statement that this prepares, or empty
    bool sync = false;
  };

  explicit PostgresConnection(std::chrono::milliseconds answer_timeout) : answer_timeout_(answer_timeout) {}
  Status post(std::string_view sql, std::span<const Value> parameters);
  Status post_pending();
  Status post_sync();
  Result<Statements::iterator> prepared(std::string_view sql, std::span<const Value> parameters);
  void forget(std::string_view name);
  Status flush();
  // Reads every answer that is expected; gives the rows of the last, or the first error.
  Result<Rows> receive();
  Status receive_one(const Expected& expected, Rows& rows);
  Status wait(short events);
  Result<pg_result*> next_result();
  Error lost();

  const std::chrono::milliseconds answer_timeout_;
  Deadline deadline_ = kNoDeadline;  // of the exchange under way
  pg_conn* connection_ = nullptr;
  Statements statements_;
  std::unordered_multimap<std::string_view, Statements::iterator> by_sql_;  // keys live in the statements
  std::vector<Command> pending_;
  std::vector<Expected> expected_;
  std::size_t owed_ = 0;  // of expected_: answers to what an earlier transaction left
  std::uint64_t last_name_ = 0;
  bool alone_ = false;
  bool begun_ = false;  // something of this transaction was sent
  bool commit_sent_ = false;
  bool broken_ = false;
  bool silent_ = false;
};

}  // namespace souk::store
