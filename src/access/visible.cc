// SPDX-License-Identifier: Apache-2.0
//
// Who sees much of a table finds a page's rows soon when the table is walked in order. Who sees little would walk all
// of it; what little that is, is gathered instead: the first rows of each namespace, and the objects.
#include "access/visible.h"

#include <bit>

namespace souk::access {

namespace {

// Walked at first: a page is full by then for who sees a tenth.
constexpr std::int64_t kFirstWalk = 1000;
// Past so many namespaces each is a row or two, and all their rows are gathered.
constexpr std::size_t kFewNamespaces = 64;
// Before that, walked further: who sees more than one in so many fills a page.
constexpr std::int64_t kLongWalk = 20'000;

// A statement under way: the listing's parameters come first.
struct Statement {
  std::vector<store::Value> parameters;
  std::string add(store::Value value) {
    parameters.push_back(std::move(value));
    return "$" + std::to_string(parameters.size());
  }
};

std::string page_of_ids(const VisibleTable& table, const store::Listing& listing, const std::string& ids,
                        const std::string& limit) {
  return "SELECT " + table.columns + ", " + listing.order_column + " FROM " + table.from + " WHERE " + table.id +
         " IN (" + ids + ") ORDER BY " + listing.order + " LIMIT " + limit;
}

std::string predicate(const Visible& visible, const VisibleTable& table, store::Dialect dialect, Statement& statement) {
  std::string sql;
  const auto add = [&](std::string_view column, const std::vector<std::int64_t>& ids) {
    if (ids.empty()) return;
    statement.add(id_list(ids, dialect));
    sql += (sql.empty() ? "(" : " OR ") + in_list(column, dialect, static_cast<int>(statement.parameters.size()));
  };
  add(table.namespace_column, visible.namespaces);
  add(table.id, visible.objects);
  return sql.empty() ? "FALSE" : sql + ")";
}

// The page's rows among the first `steps` of the table; fewer than a page when more may follow.
Result<store::Rows> walk(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                         const store::Listing& listing, std::int64_t steps) {
  Statement statement{listing.parameters};
  VisibleTable inner = table;
  inner.namespace_column = "w.namespace_id";
  inner.id = "w.id";
  const std::string limit = statement.add(listing.fetch());
  const std::string most = statement.add(steps);
  const std::string seen = predicate(visible, inner, tx.dialect(), statement);
  const std::string ids = "SELECT w.id FROM (SELECT " + table.id + " AS id, " + table.namespace_column +
                          " AS namespace_id FROM " + table.from + " WHERE " + listing.where + " ORDER BY " +
                          listing.order + " LIMIT " + most + ") w WHERE " + seen;
  return tx.run(page_of_ids(table, listing, ids, limit), statement.parameters);
}

// The first rows of each namespace, and the objects.
Result<store::Rows> gather(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                           const store::Listing& listing) {
  Statement statement{listing.parameters};
  const std::string limit = statement.add(listing.fetch());
  const std::string select = "SELECT " + table.id + " AS id, " + listing.order_column + " AS place FROM " + table.from +
                             " WHERE " + listing.where + " AND ";
  std::string all;
  const auto add = [&](const std::string& one) { all += (all.empty() ? "" : " UNION ALL ") + one; };
  // As many as the next power of two, so that few statements serve every number of namespaces.
  const std::size_t count = visible.namespaces.empty() ? 0 : std::bit_ceil(visible.namespaces.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t id = i < visible.namespaces.size() ? visible.namespaces[i] : -1;
    add("SELECT * FROM (" + select + table.namespace_column + " = " + statement.add(id) + " ORDER BY " + listing.order +
        " LIMIT " + limit + ") n" + std::to_string(i));
  }
  if (!visible.objects.empty()) {
    statement.add(id_list(visible.objects, tx.dialect()));
    add(select + in_list(table.id, tx.dialect(), static_cast<int>(statement.parameters.size())));
  }
  const std::string direction = listing.order.ends_with("DESC") ? " DESC" : " ASC";
  const std::string ids =
      "SELECT g.id FROM (" + all + ") g ORDER BY g.place" + direction + ", g.id" + direction + " LIMIT " + limit;
  return tx.run(page_of_ids(table, listing, ids, limit), statement.parameters);
}

// All that is seen, sorted.
Result<store::Rows> sort(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                         const store::Listing& listing) {
  Statement statement{listing.parameters};
  const std::string limit = statement.add(listing.fetch());
  const std::string seen = predicate(visible, table, tx.dialect(), statement);
  const std::string ids = "SELECT " + table.id + " FROM " + table.from + " WHERE " + listing.where + " AND " + seen;
  return tx.run(page_of_ids(table, listing, ids, limit), statement.parameters);
}

}  // namespace

std::string in_list(std::string_view column, store::Dialect dialect, int parameter) {
  const std::string place = "$" + std::to_string(parameter);
  if (dialect == store::Dialect::sqlite) {
    return std::string(column) + " IN (SELECT value FROM json_each(" + place + "))";
  }
  return std::string(column) + " = ANY (CAST(" + place + " AS BIGINT[]))";
}

store::Value id_list(const std::vector<std::int64_t>& ids, store::Dialect dialect) {
  const bool json = dialect == store::Dialect::sqlite;
  std::string text(1, json ? '[' : '{');
  for (std::size_t i = 0; i < ids.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(ids[i]);
  return text + (json ? ']' : '}');
}

Result<store::Rows> read_visible(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                                 const store::Listing& listing) {
  const auto whole = [&](const store::Rows& rows) {
    return static_cast<std::int64_t>(rows.rows.size()) >= listing.fetch();
  };
  auto rows = SOUK_TRY(walk(tx, visible, table, listing, kFirstWalk));
  if (whole(rows)) return rows;
  if (visible.namespaces.size() <= kFewNamespaces) return gather(tx, visible, table, listing);
  rows = SOUK_TRY(walk(tx, visible, table, listing, kLongWalk));
  if (whole(rows)) return rows;
  return sort(tx, visible, table, listing);
}

}  // namespace souk::access
