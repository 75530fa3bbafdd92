// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>
#include <optional>

#include "store/sqlite/errors.h"

namespace souk::store {

namespace {

constexpr std::size_t kStatementLimit = 160;

// Once a process: SQLite's memory statistics put one lock around every allocation of every connection.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

// The database holds hashed keys: only its owner reads it. The -wal and -shm files take the same mode.
Status create_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return unavailable("cannot open the database file " + path + ": " + std::strerror(errno))
        .advise("check that its folder is there and may be written");
  }
  ::close(fd);
  return {};
}

std::size_t address_slot(std::string_view sql, std::size_t slots) {
  const auto address = reinterpret_cast<std::uintptr_t>(sql.data());
  return (address / 8 + sql.size() * 31) % slots;
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n;") == std::string_view::npos;
}

// The statement without "RETURNING id" where it inserts one row whose id is SQLite's own number of it, which is known
// without: SQLite answers RETURNING by a trigger, and then saves each page that the insert touches (a third of its
// time).
std::optional<std::string> without_returning(sqlite3* db, std::string_view sql) {
  constexpr std::string_view kInsert = "INSERT INTO ", kReturning = " RETURNING id";
  if (!sql.starts_with(kInsert) || !sql.ends_with(kReturning)) return std::nullopt;
  for (const std::string_view more : {"DO UPDATE", "SELECT", "), ("}) {
    if (sql.find(more) != std::string_view::npos) return std::nullopt;
  }
  std::string_view table = sql.substr(kInsert.size());
  table = table.substr(0, table.find_first_of(" ("));
  const char* type = nullptr;
  int key = 0;
  const int known = sqlite3_table_column_metadata(db, nullptr, std::string(table).c_str(), "id", &type, nullptr,
                                                  nullptr, &key, nullptr);
  if (known != SQLITE_OK || key == 0 || type == nullptr || std::string_view(type) != "INTEGER") return std::nullopt;
  return std::string(sql.substr(0, sql.size() - kReturning.size()));
}

// The connection has no mutex and one thread at a time: its values may be looked at where they lie.
Value column_value(sqlite3_stmt* handle, int column) {
  sqlite3_value* value = sqlite3_column_value(handle, column);
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
      return nullptr;
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_value_int64(value));
    case SQLITE_FLOAT:
      return sqlite3_value_double(value);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
      return std::string(text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    }
    default: {
      const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
      return Blob{bytes == nullptr ? std::string() : std::string(bytes, size)};
    }
  }
}

}  // namespace

SqliteConnection::Statement::~Statement() {
  sqlite3_finalize(handle);
}

SqliteConnection::~SqliteConnection() {
  by_sql_.clear();
  statements_.clear();
  sqlite3_close(db_);
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Mode mode,
                                                                 std::chrono::milliseconds busy_timeout) {
  configure_library();
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(mode));
  const bool writes = mode == Mode::writer;
  if (writes) SOUK_TRY(create_file(path));
  if (!writes && ::access(path.c_str(), F_OK) != 0) return not_found("there is no database at " + path);
  const int flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
  const int opened = sqlite3_open_v2(path.c_str(), &connection->db_, flags, nullptr);
  if (opened != SQLITE_OK)
    return unavailable("cannot open the database " + path).because(connection->failure(opened, ""));
  sqlite3_extended_result_codes(connection->db_, 1);
  sqlite3_busy_timeout(connection->db_, static_cast<int>(busy_timeout.count()));
  sqlite3_db_config(connection->db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);  // "x" is a name, never text
  sqlite3_db_config(connection->db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(connection->db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (writes) {
    SOUK_TRY(connection->execute("PRAGMA journal_mode = WAL"));
    SOUK_TRY(connection->execute("PRAGMA synchronous = FULL"));
    SOUK_TRY(connection->execute("PRAGMA wal_autocheckpoint = 8000"));      // pages: 32 MiB
    SOUK_TRY(connection->execute("PRAGMA journal_size_limit = 67108864"));  // the WAL shrinks back to 64 MiB
  }
  SOUK_TRY(connection->execute("PRAGMA foreign_keys = ON"));
  SOUK_TRY(connection->execute("PRAGMA temp_store = MEMORY"));  // savepoints keep their pages in memory
  // KiB. A reader's: what a page of what few see touches, and more. The writer's: where rows of all indexes go.
  SOUK_TRY(connection->execute(writes ? "PRAGMA cache_size = -16384" : "PRAGMA cache_size = -4096"));
  return connection;
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

Status SqliteConnection::execute(std::string_view sql) {
  SOUK_TRY(run(sql, {}));
  return {};
}

Result<Rows> SqliteConnection::run(std::string_view sql, std::span<const Value> parameters) {
  Statement& statement = *SOUK_TRY(prepared(sql));
  if (parameters.size() != statement.parameters) {
    return internal("a statement names " + std::to_string(statement.parameters) + " parameters and is given " +
                    std::to_string(parameters.size()))
        .because(internal(statement.sql));
  }
  SOUK_TRY(bind(statement, parameters));
  Result<Rows> rows = step(statement);
  sqlite3_reset(statement.handle);
  return rows;
}

Result<SqliteConnection::Statement*> SqliteConnection::prepared(std::string_view sql) {
  Statement*& guess = by_address_[address_slot(sql, by_address_.size())];
  if (guess != nullptr && guess->sql == sql) return guess;
  const auto found = by_sql_.find(sql);
  if (found != by_sql_.end()) {
    statements_.splice(statements_.begin(), statements_, found->second);
    guess = &*found->second;
  } else {
    guess = SOUK_TRY(prepare(sql));
  }
  return guess;
}

Result<SqliteConnection::Statement*> SqliteConnection::prepare(std::string_view sql) {
  if (statements_.size() >= kStatementLimit) {
    Statement& oldest = statements_.back();
    for (auto& guess : by_address_) {
      if (guess == &oldest) guess = nullptr;
    }
    by_sql_.erase(oldest.sql);
    statements_.pop_back();
  }
  Statement& statement = statements_.emplace_front();
  statement.sql = sql;
  const char* tail = nullptr;
  const std::optional<std::string> shorter = without_returning(db_, sql);
  statement.gives_row_number = shorter.has_value();
  const std::string& text = shorter ? *shorter : statement.sql;
  const int result = sqlite3_prepare_v3(db_, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement.handle, &tail);
  std::optional<Error> error;
  if (result != SQLITE_OK) error = failure(result, sql);
  if (!error && (statement.handle == nullptr || !blank(tail))) {
    error = internal("run takes exactly one statement").because(internal(std::string(sql)));
  }
  const int count = error ? 0 : sqlite3_bind_parameter_count(statement.handle);
  for (int i = 1; i <= count; ++i) {
    const char* name = sqlite3_bind_parameter_name(statement.handle, i);  // "$3"
    std::size_t number = 0;
    const char* end = name == nullptr ? nullptr : name + std::strlen(name);
    const bool plain = name != nullptr && *name == '$' && std::from_chars(name + 1, end, number).ptr == end;
    if (!plain || number == 0) error = internal("parameters are written $1, $2, …").because(internal(std::string(sql)));
    statement.sources.push_back(number - 1);
    statement.parameters = std::max(statement.parameters, number);
  }
  if (error) {
    statements_.pop_front();
    return *std::move(error);
  }
  statement.read_only = sqlite3_stmt_readonly(statement.handle) != 0;
  by_sql_.emplace(statement.sql, statements_.begin());
  return &statement;
}

Status SqliteConnection::bind(Statement& statement, std::span<const Value> parameters) {
  for (std::size_t i = 0; i < statement.sources.size(); ++i) {
    const Value& value = parameters[statement.sources[i]];
    const int at = static_cast<int>(i) + 1;
    int result = SQLITE_OK;
    switch (value.index()) {
      case 0:
        result = sqlite3_bind_null(statement.handle, at);
        break;
      case 1:
        result = sqlite3_bind_int64(statement.handle, at, std::get<std::int64_t>(value));
        break;
      case 2:
        result = sqlite3_bind_double(statement.handle, at, std::get<double>(value) + 0.0);
        break;
      case 3: {
        const auto& text = std::get<std::string>(value);
        result = sqlite3_bind_text64(statement.handle, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
        break;
      }
      default: {
        const auto& bytes = std::get<Blob>(value).bytes;
        result = sqlite3_bind_blob64(statement.handle, at, bytes.data(), bytes.size(), SQLITE_STATIC);
      }
    }
    if (result != SQLITE_OK) return failure(result, statement.sql);
  }
  return {};
}

Result<Rows> SqliteConnection::step(Statement& statement) {
  Rows out;
  const auto changed_before = sqlite3_total_changes64(db_);
  const int columns = sqlite3_column_count(statement.handle);
  for (;;) {
    const int result = sqlite3_step(statement.handle);
    if (result == SQLITE_DONE) break;
    if (result != SQLITE_ROW) return failure(result, statement.sql);
    auto& row = out.rows.emplace_back();
    row.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) row.push_back(column_value(statement.handle, column));
  }
  if (statement.read_only) {
    out.affected = static_cast<std::int64_t>(out.rows.size());
  } else if (sqlite3_total_changes64(db_) != changed_before) {
    out.affected = sqlite3_changes64(db_);
    if (statement.gives_row_number) out.rows.push_back({static_cast<std::int64_t>(sqlite3_last_insert_rowid(db_))});
  }
  return out;
}

Error SqliteConnection::failure(int result, std::string_view sql) const {
  return sqlite_error(result, db_ == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(db_), sql,
                      mode_ == Mode::reader);
}

}  // namespace souk::store
