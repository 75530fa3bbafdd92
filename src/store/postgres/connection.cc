// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "store/postgres/errors.h"
#include "store/postgres/values.h"

namespace souk::store {

namespace {

constexpr std::size_t kStatementLimit = 256;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHolder = std::unique_ptr<PGresult, ClearResult>;

// A NULL fits any type. A statement prepared for it leaves the type to the server, which takes the column's where a row
// is inserted: then any value fits that the column takes.
bool fits(std::string_view sql, const std::vector<unsigned>& types, std::span<const Value> parameters) {
  if (types.size() != parameters.size()) return false;
  const bool inserts = sql.starts_with("INSERT");
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (std::holds_alternative<std::nullptr_t>(parameters[i]) || (inserts && types[i] == 0)) continue;
    if (types[i] != type_of(parameters[i])) return false;
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::connect(const std::string& url,
                                                                        std::chrono::milliseconds answer_timeout) {
  std::unique_ptr<PostgresConnection> out(new PostgresConnection(answer_timeout));
  out->connection_ = SOUK_TRY(connect_postgres(url));
  PGconn* connection = out->connection_;
  if (PQserverVersion(connection) < 150000) {
    return failed_precondition("the PostgreSQL server is of version " +
                               std::to_string(PQserverVersion(connection) / 10000) + ", souk needs 15 or newer");
  }
  const char* encoding = PQparameterStatus(connection, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return failed_precondition("the PostgreSQL database is not encoded in UTF8")
        .advise("create it with: createdb --encoding=UTF8 --template=template0");
  }
  if (PQsetnonblocking(connection, 1) != 0 || PQenterPipelineMode(connection) != 1) return out->lost();
  return out;
}

PostgresConnection::~PostgresConnection() {
  PQfinish(connection_);
}

void PostgresConnection::begin(std::string_view statement) {
  pending_.clear();
  alone_ = statement.empty();
  if (!alone_) pending_.push_back({std::string(statement), {}});
  begun_ = false;
  commit_sent_ = false;
}

void PostgresConnection::send(std::string_view sql, std::span<const Value> parameters) {
  pending_.push_back({std::string(sql), {parameters.begin(), parameters.end()}});
}

Result<Rows> PostgresConnection::run(std::string_view sql, std::span<const Value> parameters) {
  if (!alone_) SOUK_TRY(post_pending());
  SOUK_TRY(post(sql, parameters));
  if (alone_) {
    SOUK_TRY(post_sync());
  } else if (PQsendFlushRequest(connection_) != 1) {
    return lost();
  }
  SOUK_TRY(flush());
  return receive();
}

Status PostgresConnection::commit() {
  if (!begun_ && pending_.size() <= 1) {
    pending_.clear();
    return {};
  }
  SOUK_TRY(post_pending());
  SOUK_TRY(post("COMMIT", {}));
  SOUK_TRY(post_sync());
  commit_sent_ = true;
  SOUK_TRY(flush());
  Result<Rows> done = receive();
  begun_ = false;
  if (done) return {};
  begun_ = true;  // the server still has it open when a statement before the COMMIT failed
  leave("ROLLBACK");
  return std::move(done).error();
}

void PostgresConnection::leave(std::string_view statement) {
  pending_.clear();
  if (!begun_ || broken_) return;
  begun_ = false;
  // The first synchronization ends whatever an error made the server skip.
  if (statement == "ROLLBACK" && !post_sync()) return;
  if (!post(statement, {}) || !post_sync() || PQflush(connection_) < 0) return;
  owed_ = expected_.size();
}

Status PostgresConnection::post_pending() {
  begun_ = true;
  std::vector<Command> commands = std::move(pending_);
  pending_.clear();
  for (const Command& command : commands) SOUK_TRY(post(command.sql, command.parameters));
  return {};
}

Status PostgresConnection::post_sync() {
  if (PQpipelineSync(connection_) != 1) return lost();
  expected_.push_back({.sync = true});
  return {};
}

Status PostgresConnection::post(std::string_view sql, std::span<const Value> parameters) {
  if (broken_) return lost();
  // To make room for one of these, a DEALLOCATE would go before it: where no transaction is open it begins one, and in
  // one that has failed it is an error.
  const bool control = sql.starts_with("BEGIN") || sql == "COMMIT" || sql == "ROLLBACK";
  if (control && statements_.size() >= kStatementLimit && !by_sql_.contains(sql)) {
    if (PQsendQueryParams(connection_, std::string(sql).c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1) {
      return lost();
    }
    expected_.push_back({});
    return {};
  }
  const Statements::iterator statement = SOUK_TRY(prepared(sql, parameters));
  const WireValues wire(parameters);
  if (PQsendQueryPrepared(connection_, statement->name.c_str(), static_cast<int>(parameters.size()), wire.values(),
                          wire.lengths(), wire.formats(), 0) != 1) {
    return lost();
  }
  expected_.push_back({});
  return {};
}

Result<PostgresConnection::Statements::iterator> PostgresConnection::prepared(std::string_view sql,
                                                                              std::span<const Value> parameters) {
  const auto [first, last] = by_sql_.equal_range(sql);
  for (auto found = first; found != last; ++found) {
    if (!fits(sql, found->second->types, parameters)) continue;
    statements_.splice(statements_.begin(), statements_, found->second);
    return found->second;
  }
  if (statements_.size() >= kStatementLimit) {
    const std::string name = statements_.back().name;
    forget(name);
    if (PQsendQueryParams(connection_, ("DEALLOCATE " + name).c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1) {
      return lost();
    }
    expected_.push_back({});
  }
  Statement& statement = statements_.emplace_front();
  statement.sql = sql;
  statement.name = "s" + std::to_string(++last_name_);
  for (const Value& value : parameters) statement.types.push_back(type_of(value));
  by_sql_.emplace(statement.sql, statements_.begin());
  if (PQsendPrepare(connection_, statement.name.c_str(), statement.sql.c_str(), static_cast<int>(parameters.size()),
                    statement.types.data()) != 1) {
    return lost();
  }
  expected_.push_back({.preparing = statement.name});
  return statements_.begin();
}

void PostgresConnection::forget(std::string_view name) {
  const auto statement = std::ranges::find(statements_, name, &Statement::name);
  if (statement == statements_.end()) return;
  const auto [first, last] = by_sql_.equal_range(statement->sql);
  for (auto found = first; found != last; ++found) {
    if (found->second != statement) continue;
    by_sql_.erase(found);
    break;
  }
  statements_.erase(statement);
}

Status PostgresConnection::flush() {
  deadline_ = std::chrono::steady_clock::now() + answer_timeout_;
  for (;;) {
    const int left = PQflush(connection_);
    if (left < 0) return lost();
    if (left == 0) return {};
    SOUK_TRY(wait(POLLIN | POLLOUT));
    if (PQconsumeInput(connection_) != 1) return lost();
  }
}

Status PostgresConnection::wait(short events) {
  pollfd ready{PQsocket(connection_), events, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    const int found = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (found > 0) return {};
    if (found < 0 && errno != EINTR) return lost();
    if (found < 0 || left.count() > 0) continue;
    broken_ = silent_ = true;
    return gone("the database does not answer", "no answer within store.answer_timeout");
  }
}

Result<pg_result*> PostgresConnection::next_result() {
  while (PQisBusy(connection_) == 1) {
    SOUK_TRY(wait(POLLIN));
    if (PQconsumeInput(connection_) != 1) return lost();
  }
  return PQgetResult(connection_);
}

Result<Rows> PostgresConnection::receive() {
  std::vector<Expected> expected = std::move(expected_);
  expected_.clear();
  const std::size_t owed = std::exchange(owed_, 0);
  Rows rows;
  std::optional<Error> error;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!expected[i].sync) rows = {};
    Status status = receive_one(expected[i], rows);
    if (broken_) return std::move(status).error();
    if (status || i < owed) continue;
    if (!error) error = std::move(status).error();
    // A statement after the one that failed was skipped; that is no error of its own.
  }
  if (error) return *std::move(error);
  return rows;
}

Status PostgresConnection::receive_one(const Expected& expected, Rows& rows) {
  Status status;
  for (;;) {
    const ResultHolder result(SOUK_TRY(next_result()));
    if (result == nullptr) {
      if (PQstatus(connection_) == CONNECTION_BAD) return lost();
      break;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        return status;  // no null follows it
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
        rows = rows_of(result.get());
        break;
      case PGRES_PIPELINE_ABORTED:
        status = aborted("a statement before this one failed");
        break;
      default:
        status = postgres_error(result.get());
        if (is_fatal(result.get())) broken_ = true;
        if (plan_is_stale(result.get())) {
          by_sql_.clear();
          statements_.clear();  // prepared anew, under new names
        }
    }
  }
  if (!status && !expected.preparing.empty()) forget(expected.preparing);
  return status;
}

Error PostgresConnection::lost() {
  broken_ = true;
  return gone("the connection to the database was lost", PQerrorMessage(connection_));
}

}  // namespace souk::store
