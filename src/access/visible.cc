// SPDX-License-Identifier: Apache-2.0
//
// Who sees much of a table finds a page's rows soon when the table is walked in order. Who sees little would walk all
// of it; what little that is, is gathered instead: the first rows of each namespace, and the objects.
#include "access/visible.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <utility>

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

struct Placed {
  std::int64_t id = 0;
  std::int64_t place = 0;
};
BOOST_DESCRIBE_STRUCT(Placed, (), (id, place))

bool latest_first(const store::Listing& listing) {
  return listing.order.ends_with("DESC");
}

// Whether a comes before b in the list.
bool before(const store::Listing& listing, const Placed& a, const Placed& b) {
  const std::pair first(a.place, a.id), second(b.place, b.id);
  return latest_first(listing) ? first > second : first < second;
}

Result<std::vector<Placed>> placed(store::Tx& tx, const std::string& sql, const Statement& statement) {
  return store::rows_as<Placed>(SOUK_TRY(tx.run(sql, statement.parameters)));
}

// The table's rows with the ids of a parameter, FROM and WHERE; read id by id, which SQLite does sooner than IN (…).
std::string of_ids(const VisibleTable& table, store::Dialect dialect, const std::string& parameter) {
  const std::string ids = dialect == store::Dialect::sqlite
                              ? "json_each(" + parameter + ") ids"
                              : "unnest(CAST(" + parameter + " AS BIGINT[])) AS ids(value)";
  return " FROM " + ids + " CROSS JOIN " + table.from + " WHERE " + table.id + " = ids.value";
}

// The rows with these ids, in the list's order. Found first and read then: sorting whole rows costs more than
// reading a page of them again.
Result<store::Rows> rows_of(store::Tx& tx, const VisibleTable& table, const store::Listing& listing,
                            const std::vector<std::int64_t>& ids) {
  Statement page;
  const std::string list = page.add(id_list(ids, tx.dialect()));
  store::Rows rows = SOUK_TRY(tx.run(
      "SELECT " + table.columns + ", " + listing.order_column + ", " + table.id + of_ids(table, tx.dialect(), list),
      page.parameters));
  const auto placed_at = [](const std::vector<store::Value>& row) {
    return Placed{std::get<std::int64_t>(row.back()), std::get<std::int64_t>(row.end()[-2])};
  };
  std::ranges::sort(rows.rows,
                    [&](const auto& a, const auto& b) { return before(listing, placed_at(a), placed_at(b)); });
  for (auto& row : rows.rows) row.pop_back();
  return rows;
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

// The first rows of each namespace.
Result<std::vector<Placed>> of_namespaces(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                                          const store::Listing& listing) {
  if (visible.namespaces.empty()) return std::vector<Placed>();
  Statement statement{listing.parameters};
  const std::string limit = statement.add(listing.fetch());
  std::string all;
  // As many as the next power of two, so that few statements serve every number of namespaces.
  const std::size_t count = std::bit_ceil(visible.namespaces.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t id = i < visible.namespaces.size() ? visible.namespaces[i] : -1;
    all += (all.empty() ? "" : " UNION ALL ");
    all += "SELECT * FROM (SELECT " + table.id + " AS id, " + listing.order_column + " AS place FROM " + table.from +
           " WHERE " + listing.where + " AND " + table.namespace_column + " = " + statement.add(id) + " ORDER BY " +
           listing.order + " LIMIT " + limit + ") n" + std::to_string(i);
  }
  const std::string direction = latest_first(listing) ? " DESC" : " ASC";
  return placed(tx,
                "SELECT g.id, g.place FROM (" + all + ") g ORDER BY g.place" + direction + ", g.id" + direction +
                    " LIMIT " + limit,
                statement);
}

Result<std::vector<Placed>> of_objects(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                                       const store::Listing& listing) {
  if (visible.objects.empty()) return std::vector<Placed>();
  Statement statement{listing.parameters};
  const std::string list = statement.add(id_list(visible.objects, tx.dialect()));
  return placed(
      tx,
      "SELECT " + table.id + ", " + listing.order_column + of_ids(table, tx.dialect(), list) + " AND " + listing.where,
      statement);
}

// The first rows of each namespace, and the objects, of which some may lie in one of these.
Result<store::Rows> gather(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                           const store::Listing& listing) {
  std::vector<Placed> all = SOUK_TRY(of_namespaces(tx, visible, table, listing));
  const std::vector<Placed> objects = SOUK_TRY(of_objects(tx, visible, table, listing));
  all.insert(all.end(), objects.begin(), objects.end());
  std::ranges::sort(all, [&](const Placed& a, const Placed& b) { return before(listing, a, b); });
  std::vector<std::int64_t> ids;
  for (const Placed& one : all) {
    if (static_cast<std::int64_t>(ids.size()) == listing.fetch()) break;
    if (ids.empty() || ids.back() != one.id) ids.push_back(one.id);
  }
  return rows_of(tx, table, listing, ids);
}

// All that is seen, sorted.
Result<store::Rows> sort(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                         const store::Listing& listing) {
  Statement statement{listing.parameters};
  const std::string limit = statement.add(listing.fetch());
  const std::string seen = predicate(visible, table, tx.dialect(), statement);
  // By the ids, lest the whole table be walked in the list's order.
  const std::string all = "SELECT " + table.id + " FROM " + table.from + " WHERE " + listing.where + " AND " + seen;
  std::vector<std::int64_t> ids;
  for (const Placed& one :
       SOUK_TRY(placed(tx,
                       "SELECT " + table.id + ", " + listing.order_column + " FROM " + table.from + " WHERE " +
                           table.id + " IN (" + all + ") ORDER BY " + listing.order + " LIMIT " + limit,
                       statement)))
    ids.push_back(one.id);
  return rows_of(tx, table, listing, ids);
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
