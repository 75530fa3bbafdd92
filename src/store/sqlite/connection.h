// SPDX-License-Identifier: Apache-2.0
//
// One SQLite connection and its prepared statements. Used by one thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace souk::store {

class SqliteConnection {
 public:
  enum class Mode { writer, reader };

  // Creates the file (mode 0600) for a writer. Errors: unavailable, not_found, data_loss (no database)
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode,
                                                        std::chrono::milliseconds busy_timeout);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<Rows> run(std::string_view sql, std::span<const Value> parameters);
  // A statement without parameters and rows.
  Status execute(std::string_view sql);
  // False once SQLite rolled a transaction back by itself.
  bool in_transaction() const;
  std::size_t cached_statements() const { return statements_.size(); }

 private:
  struct Statement {
    std::string sql;
    sqlite3_stmt* handle = nullptr;
    std::vector<std::size_t> sources;  // the parameter that SQLite's i-th one takes
    std::size_t parameters = 0;        // how many the statement names
    bool read_only = false;
    bool gives_row_number = false;  // in place of RETURNING id
    ~Statement();
  };
  using Statements = std::list<Statement>;  // most recently used first

  explicit SqliteConnection(Mode mode) : mode_(mode) {}
  Result<Statement*> prepared(std::string_view sql);
  Result<Statement*> prepare(std::string_view sql);
  Status bind(Statement& statement, std::span<const Value> parameters);
  Result<Rows> step(Statement& statement);
  Error failure(int result, std::string_view sql) const;

  Mode mode_;
  sqlite3* db_ = nullptr;
  Statements statements_;
  std::unordered_map<std::string_view, Statements::iterator> by_sql_;  // keys live in the statements
  std::array<Statement*, 64> by_address_{};                            // where a literal's text stands, as a guess
};

}  // namespace souk::store
