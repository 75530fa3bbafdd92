// SPDX-License-Identifier: Apache-2.0
//
// Lists of what a caller sees, fast however little of a large table that is: Access::visible tells which rows, and
// `read_visible` finds the first of them in the list's order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/lists/listing.h"
#include "store/store.h"

namespace souk::access {

// A WHERE fragment that is true for the rows a caller may see, with its parameters.
struct Visible {
  std::string sql;  // uses $first, $first+1, …
  std::vector<store::Value> parameters;
  // What the fragment says, where it is neither TRUE nor FALSE: whole namespaces, and objects beside them.
  std::vector<std::int64_t> namespaces;
  std::vector<std::int64_t> objects;
};

struct VisibleTable {
  std::string columns;           // of the SELECT, without the order column
  std::string from;              // "registered_models m"
  std::string namespace_column;  // "m.namespace_id": with the order's column in an index
  std::string id;                // "m.id"
};

// The rows of the page, the order column last, for store::page_of. `listing` was compiled with first = 1, and its order
// is by a column of whole numbers that has an index, alone and within a namespace.
Result<store::Rows> read_visible(store::Tx& tx, const Visible& visible, const VisibleTable& table,
                                 const store::Listing& listing);

// "column IN (…)" with the ids as one parameter, so that one statement serves every number of them.
std::string in_list(std::string_view column, store::Dialect dialect, int parameter);
store::Value id_list(const std::vector<std::int64_t>& ids, store::Dialect dialect);

}  // namespace souk::access
