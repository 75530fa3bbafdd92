// SPDX-License-Identifier: Apache-2.0
//
// Who sees much of a table finds a page's rows soon when the table is walked in order. Who sees little would walk all
// of it; what little that is, is gathered instead: the first rows of each namespace, and the objects.
#include "access/visible.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include <boost/describe.hpp>

namespace souk::access {

namespace {

// Walked at first, for little: a page is full by then for who sees half.
constexpr std::int64_t kFirstWalk = 256;
// Gathered at once: a walk would cost as much.
constexpr std::size_t kVeryFewNamespaces = 4;
// Past so many namespaces each is a row or two, and all their rows are gathered.
constexpr std::size_t kFewNamespaces = 64;
// Before that, walked further: who sees more than a tenth, or one in two hundred, fills a page.
constexpr std::int64_t kLongWalks[] = {2'000, 20'000};

// A statement under way: the listing's parameters come first.
struct Statement {
  std::vector<store::Value> parameters;
  std::string add(store::Value value) {
    parameters.push_back(std::move(value));
    return "$" + std::to_string(parameters.size());
  }
};

struct Found {
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(Found, (), (id))

// The rows with these ids. Found first and read then: sorting whole rows costs more than reading a page of them again.
Result<store::Rows> rows_of(store::Tx& tx, const VisibleTable& table, const store::Listing& listing,
                            const std::vector<std::int64_t>& ids) {
  Statement page;
  page.add(id_list(ids, tx.dialect()));
  return tx.run("SELECT " + table.columns + ", " + listing.order_column + " FROM " + table.from + " WHERE " +
                    in_list(table.id, tx.dialect(), 1) + " ORDER BY " + listing.order,
                page.parameters);
}

Result<store::Rows> rows_found(store::Tx& tx, const VisibleTable& table, const store::Listing& listing,
                               const std::string& sql, const Statement& statement) {
  std::vector<std::int64_t> ids;
  for (const Found& one : SOUK_TRY(store::rows_as<Found>(SOUK_TRY(tx.run(sql, statement.parameters)))))
    ids.push_back(one.id);
  return rows_of(tx, table, listing, ids);
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

struct Step {
  std::int64_t id = 0;
  std::int64_t namespace_id = 0;
};
BOOST_DESCRIBE_STRUCT(Step, (), (id, namespace_id))

// The page's rows among the first `steps` of the table; fewer than a page when more may follow. What is seen is told
// apart here: a list of thousands in a statement costs more than all of the rest.
Result<store::Rows> walk(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                         const store::Listing& listing, std::int64_t steps) {
  Statement first{listing.parameters};
  const std::string most = first.add(steps);
  const auto walked = SOUK_TRY(store::rows_as<Step>(
      SOUK_TRY(tx.run("SELECT " + table.id + ", " + table.namespace_column + " FROM " + table.from + " WHERE " +
                          listing.where + " ORDER BY " + listing.order + " LIMIT " + most,
                      first.parameters))));
  const auto limit = static_cast<std::size_t>(listing.fetch());
  std::vector<std::int64_t> ids;
  for (const Step& step : walked) {
    if (ids.size() == limit) break;
    if (std::ranges::binary_search(visible.namespaces, step.namespace_id) ||
        std::ranges::binary_search(visible.objects, step.id)) {
      ids.push_back(step.id);
    }
  }
  if (ids.size() < limit && static_cast<std::int64_t>(walked.size()) == steps) return store::Rows();
  return rows_of(tx, table, listing, ids);
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
    std::string objects = in_list(table.id, tx.dialect(), static_cast<int>(statement.parameters.size()));
    // Once, also what lies in one of the namespaces: a row that came twice would take another's place.
    if (count > 0) {
      statement.add(id_list(visible.namespaces, tx.dialect()));
      objects += " AND NOT (" +
                 in_list(table.namespace_column, tx.dialect(), static_cast<int>(statement.parameters.size())) + ")";
    }
    add(select + objects);
  }
  const std::string direction = listing.order.ends_with("DESC") ? " DESC" : " ASC";
  return rows_found(
      tx, table, listing,
      "SELECT g.id FROM (" + all + ") g ORDER BY g.place" + direction + ", g.id" + direction + " LIMIT " + limit,
      statement);
}

// All that is seen, sorted.
Result<store::Rows> sort(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                         const store::Listing& listing) {
  Statement statement{listing.parameters};
  const std::string limit = statement.add(listing.fetch());
  const std::string seen = predicate(visible, table, tx.dialect(), statement);
  // By the ids, lest the whole table be walked in the list's order.
  const std::string ids = "SELECT " + table.id + " FROM " + table.from + " WHERE " + listing.where + " AND " + seen;
  return rows_found(tx, table, listing,
                    "SELECT " + table.id + " FROM " + table.from + " WHERE " + table.id + " IN (" + ids +
                        ") ORDER BY " + listing.order + " LIMIT " + limit,
                    statement);
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
  text.reserve(ids.size() * 8 + 2);
  char digits[24];
  for (const std::int64_t id : ids) {
    if (text.size() > 1) text += ',';
    text.append(digits, std::to_chars(digits, digits + sizeof digits, id).ptr);
  }
  text += json ? ']' : '}';
  return text;
}

Result<store::Rows> read_visible(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                                 const store::Listing& listing) {
  const auto whole = [&](const store::Rows& rows) {
    return static_cast<std::int64_t>(rows.rows.size()) >= listing.fetch();
  };
  if (visible.namespaces.size() <= kVeryFewNamespaces) return gather(tx, visible, table, listing);
  auto rows = SOUK_TRY(walk(tx, visible, table, listing, kFirstWalk));
  if (whole(rows)) return rows;
  if (visible.namespaces.size() <= kFewNamespaces) return gather(tx, visible, table, listing);
  for (const std::int64_t steps : kLongWalks) {
    rows = SOUK_TRY(walk(tx, visible, table, listing, steps));
    if (whole(rows)) return rows;
  }
  return sort(tx, visible, table, listing);
}

}  // namespace souk::access
