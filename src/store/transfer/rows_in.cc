// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>

#include "base/digest.h"
#include "store/transfer/tables.h"

namespace souk::store {

namespace {

constexpr std::size_t kTogether = 256;  // rows that travel to PostgreSQL at once

struct ForeignKey {
  std::string table_name;
  std::string constraint;
};
BOOST_DESCRIBE_STRUCT(ForeignKey, (), (table_name, constraint))

std::string quoted(std::string_view name) {
  return '"' + std::string(name) + '"';
}

// Rows of one table may refer to later ones, of it and of others.
Status defer_foreign_keys(Tx& tx, bool defer) {
  if (tx.dialect() == Dialect::sqlite) {
    if (defer) SOUK_TRY(tx.exec("PRAGMA defer_foreign_keys = ON"));
    return {};  // checked, and off again, at the commit
  }
  if (!defer) SOUK_TRY(tx.exec("SET CONSTRAINTS ALL IMMEDIATE"));  // checks now
  const auto keys =
      SOUK_TRY(tx.all<ForeignKey>("SELECT CAST(r.relname AS TEXT), CAST(c.conname AS TEXT) FROM pg_constraint c "
                                  "JOIN pg_class r ON r.oid = c.conrelid WHERE c.contype = 'f' AND r.relnamespace = "
                                  "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"));
  for (const ForeignKey& key : keys) {
    SOUK_TRY(tx.exec("ALTER TABLE " + quoted(key.table_name) + " ALTER CONSTRAINT " + quoted(key.constraint) +
                     (defer ? " DEFERRABLE INITIALLY DEFERRED" : " NOT DEFERRABLE")));
  }
  return {};
}

Error no_row(std::string_view why) {
  return invalid_argument("a line is no row of its table: " + std::string(why));
}

Result<Value> value_of(json::Value in, const TableColumn& column) {
  const json::Kind kind = in.kind();
  if (kind == json::Kind::null) return Value(nullptr);
  switch (column.kind) {
    case ValueKind::INTEGER:
      if (kind == json::Kind::integer) return Value(in.integer());
      break;
    case ValueKind::REAL:
      if (kind == json::Kind::integer || kind == json::Kind::unsigned_integer || kind == json::Kind::number) {
        return Value(in.number());
      }
      if (kind == json::Kind::string && in.string() == "Infinity")
        return Value(std::numeric_limits<double>::infinity());
      if (kind == json::Kind::string && in.string() == "-Infinity")
        return Value(-std::numeric_limits<double>::infinity());
      break;
    case ValueKind::TEXT:
      if (kind == json::Kind::string) return Value(std::string(in.string()));
      break;
    case ValueKind::BYTES:
      if (kind == json::Kind::string) return Value(Blob{SOUK_TRY(from_base64(in.string()))});
      break;
  }
  return no_row("column " + column.name + " holds " + std::string(in.kind_name()));
}

}  // namespace

Status Loader::begin() {
  SOUK_TRY(defer_foreign_keys(tx_, true));
  tables_ = SOUK_TRY(tables(tx_));
  for (const Table& table : tables_) SOUK_TRY(tx_.exec("DELETE FROM " + quoted(table.name)));
  return {};
}

Status Loader::open_table(std::string_view name, const std::vector<TableColumn>& columns) {
  const auto table = std::ranges::find(tables_, name, &Table::name);
  if (table == tables_.end()) {
    return failed_precondition("this database has no table " + std::string(name));
  }
  std::string names, marks;
  for (const TableColumn& column : columns) {
    if (std::ranges::find(table->columns, column) == table->columns.end()) {
      return failed_precondition("table " + table->name + " has no column " + column.name + " of the kind " +
                                 std::string(json::enum_name(column.kind)));
    }
    names += (names.empty() ? "" : ", ") + quoted(column.name);
    marks += (marks.empty() ? "$" : ", $") + std::to_string(&column - columns.data() + 1);
  }
  columns_ = columns;
  insert_ = "INSERT INTO " + quoted(table->name) + " (" + names + ") VALUES (" + marks + ")";
  return {};
}

Status Loader::add_line(std::string_view line) {
  const json::Document document = SOUK_TRY(json::Document::parse(line));
  const json::Value root = document.root();
  if (root.kind() != json::Kind::array) return no_row("it is " + std::string(root.kind_name()));
  std::vector<Value> row;
  row.reserve(columns_.size());
  SOUK_TRY(root.each_element([&](json::Value element) -> Status {
    if (row.size() == columns_.size()) return no_row("it has too many values");
    row.push_back(SOUK_TRY(value_of(element, columns_[row.size()])));
    return {};
  }));
  if (row.size() != columns_.size()) return no_row("it has too few values");
  if (++deferred_ % kTogether != 0) return tx_.send(insert_, row);
  SOUK_TRY(tx_.run(insert_, row));
  return {};
}

Status Loader::set_last_identity(const LastIdentity& last) {
  if (last.value <= 0) return {};
  if (tx_.dialect() == Dialect::sqlite) {
    SOUK_TRY(tx_.defer("DELETE FROM sqlite_sequence WHERE name = $1", last.table));
    return tx_.defer("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", last.table, last.value);
  }
  const auto set = SOUK_TRY(tx_.scalar<std::int64_t>(
      "SELECT setval(pg_get_serial_sequence(quote_ident($1), a.attname), $2) FROM pg_attribute a "
      "WHERE a.attrelid = to_regclass(quote_ident($3)) AND a.attidentity <> ''",
      last.table, last.value, last.table));
  if (!set) return failed_precondition("table " + last.table + " has no identity column");
  return {};
}

Status Loader::finish() {
  return defer_foreign_keys(tx_, false);
}

}  // namespace souk::store
