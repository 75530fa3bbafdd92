// SPDX-License-Identifier: Apache-2.0
//
// Lists: filter, order and keyset paging. A page ends at (value of the order column, id), so pages neither
// skip nor repeat a row when others come and go between them.
//
//   Listing listing = SOUK_TRY(compile_listing(query, schema, dialect, token_key, scope, first));
//   page_of<T>(pages.read({columns<T>("m"), "models m", "m.namespace_id = $1", {ns}}, listing), listing, token_key)
//
// A page token is opaque: the position and a mark of the query it belongs to, signed. Thread-safe: plain values.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/lists/filter.h"
#include "store/store.h"

namespace souk::store {

struct ListQuery {
  std::string filter;    // store/lists/filter.h
  std::string order_by;  // "update_time desc"; empty: the schema's default
  std::int64_t page_size = 100;
  std::string page_token;
  std::string bare_names = {};  // store/lists/filter.h
  std::string and_filter = {};  // must be true besides; made by a door
};
template <class T>
struct Page {
  std::vector<T> items;
  std::string next_page_token;  // empty: the last page
};

struct ListSchema {
  FilterSchema filter;
  std::string id;             // trusted: "m.id"
  std::string default_order;  // "id desc"
};

struct Listing {
  Condition filter;      // in `where`; its parameters are in `parameters`
  std::string position;  // in `where`; empty: the first page
  std::string where;     // the filter and the position
  std::string order;
  std::string order_column;  // to be selected last, for page_of
  std::int64_t page_size = 0;
  std::vector<Value> parameters;
  std::string mark;            // of this query: filter, order, scope
  bool by_id = false;          // ordered by the id alone
  std::string id, properties;  // of the schema: "m.id", "model_properties"

  std::int64_t fetch() const { return page_size + 1; }  // LIMIT: one more tells whether another page follows
};

// `scope` is what else the list depends on (a namespace's id): a token of one is none of another.
// Errors: invalid_argument (filter, order_by, page_size, page_token)
Result<Listing> compile_listing(const ListQuery& query, const ListSchema& schema, Dialect dialect,
                                std::string_view token_key, std::string_view scope, int first);

// The rows of such a page (pages.h) as described structs with an `id`, or as Items that begin as such, and the token of
// the page after them.
template <class T, std::derived_from<T> Item = T>
Result<Page<Item>> page_of(Rows rows, const Listing& listing, std::string_view token_key);

// The token of the page after the one whose last row has `value` in the order column.
std::string page_token(const Listing& listing, std::string_view token_key, const Value& value, std::int64_t id);

// For pages that no single SELECT makes: a token that holds two numbers and belongs to `scope`, and back; empty is
// nothing. Errors: invalid_argument
std::string position_token(std::string_view token_key, std::string_view scope, std::int64_t a, std::int64_t b);
Result<std::optional<std::pair<std::int64_t, std::int64_t>>> read_position(std::string_view token_key,
                                                                           std::string_view scope,
                                                                           std::string_view token);

template <class T, std::derived_from<T> Item>
Result<Page<Item>> page_of(Rows rows, const Listing& listing, std::string_view token_key) {
  Page<Item> page;
  const bool more = rows.rows.size() > static_cast<std::size_t>(listing.page_size);
  if (more) rows.rows.resize(static_cast<std::size_t>(listing.page_size));
  page.items.resize(rows.rows.size());
  Value last = nullptr;
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    auto& row = rows.rows[i];
    last = std::move(row.back());
    row.pop_back();
    T& item = page.items[i];
    SOUK_TRY(detail::take_columns(std::move(row), &item, detail::columns_of<T>()));
  }
  if (more) page.next_page_token = page_token(listing, token_key, last, page.items.back().id.value);
  return page;
}

}  // namespace souk::store
