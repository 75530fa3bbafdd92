// SPDX-License-Identifier: Apache-2.0
//
// The rows of every table in a written form that both databases give alike: what a backup keeps of a database, and
// what a restore puts into another one of either kind.
//
// A row is one line, a JSON array of its values in the order of Table::columns: integers, reals ("Infinity" and
// "-Infinity" as strings), text, bytes as base64, null. Rows come in the order of the primary key, bytewise, so that
// equal tables give equal text wherever they are. A column `xid` is the transaction that wrote the row in that very
// database; it is left out, and filled by the database that takes the rows in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "store/store.h"

namespace souk::store {

BOOST_DEFINE_ENUM_CLASS(ValueKind, INTEGER, REAL, TEXT, BYTES)

struct TableColumn {
  std::string name;
  ValueKind kind = ValueKind::TEXT;
  bool operator==(const TableColumn&) const = default;
};
BOOST_DESCRIBE_STRUCT(TableColumn, (), (name, kind))

struct Table {
  std::string name;
  std::vector<TableColumn> columns;
  std::vector<std::string> key;
};

// Every ordinary table, by name. Errors: internal (one without a primary key, or with a column of an unknown type)
Result<std::vector<Table>> tables(Tx& tx);

// The last number that a table's identity column gave: no later row may have it again.
struct LastIdentity {
  std::string table;
  std::int64_t value = 0;
};
BOOST_DESCRIBE_STRUCT(LastIdentity, (), (table, value))
Result<std::vector<LastIdentity>> last_identities(Tx& tx);

// Calls f with one row's line after the other, line feed included. Holds a few MiB of rows at a time.
Status each_line(Tx& tx, const Table& table, const std::function<Status(std::string_view line)>& f);

// Fills the tables of a database that has no rows but those its migrations made; in one transaction, so that it has
// all or nothing. Foreign keys are checked at the end. One use a Loader.
class Loader {
 public:
  explicit Loader(Tx& tx) : tx_(tx) {}
  // Deletes the rows that migrations made.
  Status begin();
  // `columns`: of the lines. Errors: invalid_argument (not rows of this table), failed_precondition (no such table)
  Status open_table(std::string_view name, const std::vector<TableColumn>& columns);
  Status add_line(std::string_view line);
  Status set_last_identity(const LastIdentity& last);
  Status finish();

 private:
  Tx& tx_;
  std::vector<Table> tables_;
  std::vector<TableColumn> columns_;
  std::string insert_;
  std::size_t deferred_ = 0;
};

}  // namespace souk::store
