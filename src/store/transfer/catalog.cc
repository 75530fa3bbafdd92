// SPDX-License-Identifier: Apache-2.0
//
// What tables there are, by the catalogue of either database.
#include <algorithm>

#include "store/transfer/tables.h"

namespace souk::store {

namespace {

constexpr std::string_view kTransaction = "xid";

struct ColumnRow {
  std::string table_name;
  std::string name;
  std::string type;
  std::int64_t key_place = 0;  // 1, 2, …; 0: not of the key
};
BOOST_DESCRIBE_STRUCT(ColumnRow, (), (table_name, name, type, key_place))

// Tables of the virtual ones (a full-text index) are rebuilt by what owns them; generated columns by the database.
constexpr std::string_view kSqliteColumns =
    "SELECT t.name, c.name, c.type, c.pk FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c "
    "WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.hidden = 0 "
    "ORDER BY t.name, c.cid";
constexpr std::string_view kPostgresqlColumns =
    "SELECT CAST(r.relname AS TEXT), CAST(a.attname AS TEXT), format_type(a.atttypid, a.atttypmod), "
    "CAST(COALESCE(array_position(CAST(i.indkey AS SMALLINT[]), a.attnum) + 1, 0) AS BIGINT) "
    "FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "AND a.attgenerated = '' LEFT JOIN pg_index i ON i.indrelid = r.oid AND i.indisprimary "
    "WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND r.relnamespace = "
    "(SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY CAST(r.relname AS TEXT) COLLATE \"C\", "
    "a.attnum";

constexpr std::string_view kSqliteIdentities = "SELECT name, seq FROM sqlite_sequence ORDER BY name";
constexpr std::string_view kPostgresqlIdentities =
    "SELECT CAST(r.relname AS TEXT), COALESCE(pg_sequence_last_value(s.oid), 0) FROM pg_class s "
    "JOIN pg_depend d ON d.classid = CAST('pg_class' AS regclass) AND d.objid = s.oid AND d.deptype = 'i' "
    "JOIN pg_class r ON r.oid = d.refobjid WHERE s.relkind = 'S' AND s.relnamespace = "
    "(SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY CAST(r.relname AS TEXT) COLLATE \"C\"";

std::optional<ValueKind> kind_of(std::string type) {
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return std::tolower(c); });
  if (type == "bigint" || type == "integer" || type == "smallint") return ValueKind::INTEGER;
  if (type == "double precision") return ValueKind::REAL;
  if (type == "text") return ValueKind::TEXT;
  if (type == "blob" || type == "bytea") return ValueKind::BYTES;
  return std::nullopt;
}

}  // namespace

Result<std::vector<Table>> tables(Tx& tx) {
  auto rows = SOUK_TRY(tx.all<ColumnRow>(tx.dialect() == Dialect::sqlite ? kSqliteColumns : kPostgresqlColumns));
  std::vector<Table> out;
  std::vector<std::pair<std::int64_t, std::string>> key;
  const auto end_table = [&]() -> Status {
    if (out.empty()) return {};
    if (key.empty()) return internal("table " + out.back().name + " has no primary key, so its rows have no order");
    std::ranges::sort(key);
    for (auto& [place, name] : key) out.back().key.push_back(std::move(name));
    key.clear();
    return {};
  };
  for (ColumnRow& row : rows) {
    if (out.empty() || out.back().name != row.table_name) {
      SOUK_TRY(end_table());
      out.push_back({row.table_name, {}, {}});
    }
    if (row.name == kTransaction) continue;
    const auto kind = kind_of(row.type);
    if (!kind) return internal("column " + row.name + " of table " + row.table_name + " is of the type " + row.type);
    if (row.key_place > 0) key.emplace_back(row.key_place, row.name);
    out.back().columns.push_back({std::move(row.name), *kind});
  }
  SOUK_TRY(end_table());
  return out;
}

Result<std::vector<LastIdentity>> last_identities(Tx& tx) {
  return tx.all<LastIdentity>(tx.dialect() == Dialect::sqlite ? kSqliteIdentities : kPostgresqlIdentities);
}

}  // namespace souk::store
