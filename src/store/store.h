// SPDX-License-Identifier: Apache-2.0
//
// SQL over SQLite (embedded) and PostgreSQL, behind one interface.
//
// write(f) runs f in a transaction and returns when the commit is durable. f may be run again (serialization
// failure, or a neighbour's failure inside a commit group), so it does no input or output but the database and
// leaves no effect outside: effects go into Tx::on_commit. On SQLite f runs in the one writer thread, as a
// savepoint of a group commit; on PostgreSQL in a SERIALIZABLE transaction on a pooled connection. If f returns
// an error, nothing of it is kept and the error is returned.
// read(f) sees one consistent snapshot and never waits for a write. An f that runs a single SELECT may say so; a second
// statement is then refused with internal, on both databases.
//
// SQL is written once for both: parameters $1, $2, …; RETURNING and ON CONFLICT; text compares bytewise;
// times are BIGINT milliseconds, flags BIGINT 0/1. Statements are prepared once per connection.
// Both refuse alike what one of them cannot keep: text with NUL or not UTF-8, NaN; -0.0 is kept as 0.0.
// The first failed statement decides: later ones of the same Tx give the same error, and nothing is kept.
// A read inside a read uses the outer snapshot; write inside write, and read inside write, are refused.
// Store is thread-safe; a Tx belongs to the call that got it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/settings.h"

namespace souk::store {

struct StoreSettings {
  std::int64_t readers = 8;        // SQLite: reader connections kept
  std::int64_t connections = 16;   // PostgreSQL: pool size
  std::int64_t group_limit = 256;  // SQLite: writes in one commit
  std::chrono::milliseconds busy_timeout{10'000};
  std::chrono::milliseconds answer_timeout{10'000};  // PostgreSQL
};
void declare(settings::Table& table, StoreSettings& s);

enum class Dialect { sqlite, postgresql };

struct Blob {  // a BYTEA / BLOB value
  std::string bytes;
};
using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string, Blob>;

// How a C++ type is kept: integers, bool, double, strings, Time (ms), Id, described enums (their name), Digest
// (its string), json::Raw (text), optional (NULL). Specialized in store/values.h.
template <class T>
Value to_value(const T& value);
template <class T>
Result<T> from_value(const Value& value);

struct Rows {
  std::vector<std::vector<Value>> rows;
  std::int64_t affected = 0;
};

// Rows as described structs, columns in the order of T's fields.
template <class T>
Result<std::vector<T>> rows_as(Rows rows);

class Tx {
 public:
  virtual ~Tx() = default;
  virtual Dialect dialect() const = 0;

  // Errors: already_exists (unique), failed_precondition (foreign key, check), unavailable (database gone),
  // aborted (serialization; write() retries it), internal (anything else)
  virtual Result<Rows> run(std::string_view sql, std::span<const Value> parameters) = 0;
  // Like run, for a statement whose rows do not matter: may be sent later, together with others; its error then
  // comes from the next call or the commit.
  virtual Status send(std::string_view sql, std::span<const Value> parameters) = 0;
  // Runs after the commit is durable and before write() returns, on the committing thread, in order. On SQLite
  // that is the writer thread: be brief, and do not write.
  virtual void on_commit(std::function<void()> f) = 0;

  // Rows of a SELECT or RETURNING as described structs: columns in the order of T's fields.
  template <class T, class... Args>
  Result<std::vector<T>> all(std::string_view sql, const Args&... args);
  template <class T, class... Args>
  Result<std::optional<T>> first(std::string_view sql, const Args&... args);
  // The columns of A, then those of B.
  template <class A, class B, class... Args>
  Result<std::optional<std::pair<A, B>>> first_pair(std::string_view sql, const Args&... args);
  // One column of one row.
  template <class T, class... Args>
  Result<std::optional<T>> scalar(std::string_view sql, const Args&... args);
  // How many rows it changed.
  template <class... Args>
  Result<std::int64_t> exec(std::string_view sql, const Args&... args);
  template <class... Args>
  Status defer(std::string_view sql, const Args&... args);
};

// "id, uid, name" for a described struct (a trailing '_' is dropped); with a prefix "m.id, m.uid, m.name".
template <class T>
std::string columns(std::string_view prefix = "");

enum class Access {
  exclusive,  // a server's: holds the SQLite database against any other
  read_only,  // looks at a database that a server may be using; writes are refused
};

// Of a write on PostgreSQL; SQLite writes one at a time whatever is asked.
enum class Isolation {
  serializable,    // as if alone; tried again when it cannot be
  read_committed,  // each statement sees the latest commits: for those that take rows FOR UPDATE SKIP LOCKED, or
                   // decide nothing by what they have read before
};

// Of a read. `one` needs no snapshot that others share: PostgreSQL is then sent nothing but the statement.
enum class Statements { several, one };

class Store {
 public:
  // `url` is sqlite:PATH or postgresql://…; does not migrate. Errors: invalid_argument, unavailable,
  // not_found (read_only and there is no database), failed_precondition (another server holds the database;
  // the message names its process, host and start)
  static Result<std::unique_ptr<Store>> open(const std::string& url, StoreSettings settings, Logger& log,
                                             Metrics& metrics, Access access = Access::exclusive);
  // Closes. No call may be running or come later.
  virtual ~Store() = default;
  // Refuses new calls with unavailable, finishes those that are running. Thread-safe; a second call does nothing.
  virtual void close() = 0;

  virtual Dialect dialect() const = 0;
  // Grows with each commit: while it stays the same, a read finds what it found before. Nothing where other
  // processes write too (PostgreSQL, or an SQLite database opened read_only).
  virtual std::optional<std::uint64_t> commits() const { return std::nullopt; }
  virtual Status write_tx(const std::function<Status(Tx&)>& f, Isolation isolation) = 0;
  virtual Status read_tx(const std::function<Status(Tx&)>& f, Statements statements) = 0;
  // PostgreSQL: calls f(payload) for each NOTIFY on the channel, on a thread of the store, and f("") after the
  // connection was lost and came back, when some may have been missed. SQLite: never.
  virtual void listen(std::string channel, std::function<void(std::string)> f) = 0;

  // f: Tx& → Result<T> (or Status)
  template <class F>
  auto write(F&& f, Isolation isolation = Isolation::serializable) -> std::invoke_result_t<F&, Tx&>;
  template <class F>
  auto read(F&& f, Statements statements = Statements::several) -> std::invoke_result_t<F&, Tx&>;
};

}  // namespace souk::store

#include "store/rows.h"    // IWYU pragma: export
#include "store/values.h"  // IWYU pragma: export
