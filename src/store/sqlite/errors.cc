// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/errors.h"

#include <sqlite3.h>

#include <string>

#include "store/error_texts.h"

namespace souk::store {

namespace {

Error constraint_error(int extended_code, std::string_view message) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return unique_error(message);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return foreign_key_error(message);
    default:
      return check_error(message);
  }
}

}  // namespace

Error sqlite_error(int extended_code, std::string_view message, std::string_view sql, bool on_reader) {
  std::string said(message);
  if (!sql.empty()) said.append(" in: ").append(sql);
  switch (extended_code & 0xff) {
    case SQLITE_CONSTRAINT:
      return constraint_error(extended_code, message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return gone_error("the database is busy: another program holds it", std::move(said));
    case SQLITE_FULL:
      return full_error(std::move(said));
    case SQLITE_READONLY:
      if (on_reader) return internal("a read cannot change rows: use write").because(internal(std::move(said)));
      return gone_error("the database cannot be written", std::move(said));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_NOLFS:
      return gone_error("the database file cannot be read or written", std::move(said));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return data_loss("the database file is damaged, or is no database").because(data_loss(std::move(said)));
    case SQLITE_TOOBIG:
      return too_large_error(std::move(said));
    default:
      return internal("a database statement failed").because(internal(std::move(said)));
  }
}

}  // namespace souk::store
