// SPDX-License-Identifier: Apache-2.0
//
// The one filter grammar of every list, compiled into SQL. Values become parameters; nothing of the text is
// ever pasted into the statement.
//
//   expression := and ("OR" and)*        and := term ("AND" term)*        term := "(" expression ")" | comparison
//   comparison := field op value | field "IN" "(" value ("," value)* ")"
//   field := part ("." part)* [".string_value" | ".double_value" | ".int_value" | ".bool_value"]
//   part  := identifier | `back-quoted, any text`
//   op    := = != <> > >= < <= LIKE ILIKE      value := 'text' | "text" | integer | number | true | false
//
// Keywords in any case. In text \\ is a backslash and \' or \" the quote; any other backslash stands for itself.
// LIKE: % any run, _ one character, \% and \_ themselves; ILIKE ignores the case of ASCII letters.
// A field is a column of the schema or an entry of one of its property maps: `custom_properties.accuracy > 0.9`.
// An integer matches integer and floating values. A property that is absent matches nothing, != included.
// Bounds: 4 KiB of text, 32 levels, 100 comparisons, 200 values of an IN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace souk::store {

// texts: a JSON list of texts in a text column; true where a comparison is true of one of them. number_or_text: what
// it is compared with says which of two columns is meant.
enum class ColumnType { text, integer, number, flag, time, texts, number_or_text };

struct FilterColumn {
  std::string name;  // as the user writes it
  std::string sql;   // trusted: "m.name"
  ColumnType type = ColumnType::text;
  bool sortable = false;      // never NULL, and fit for order_by
  std::string also = {};      // its name in another door's contract
  std::string text_sql = {};  // of number_or_text
};

// Typed index rows: a table of (owner_id, field, name, string_value, int_value, double_value, bool_value).
struct PropertyTable {
  std::string table;                // trusted
  std::string owner;                // trusted: the listed row's id, "m.id"
  std::vector<std::string> fields;  // "custom_properties", "tags"
};

struct FilterSchema {
  std::vector<FilterColumn> columns;
  PropertyTable properties = {};
};

// A comparison of a property that must be true and has an index: a page may start from its rows (pages.h).
struct Lead {
  std::string text;        // what stands for it in Condition::sql
  std::string row;         // the same of a row `p` of the property table, with the same parameters
  bool one_value = false;  // the rows come in the order of owner_id
};

struct Condition {
  std::string sql;  // a boolean expression in parentheses; "TRUE" for an empty filter
  std::vector<Value> parameters;
  std::vector<Lead> leads = {};
  // One row: how many rows each lead has, counted up to kFewRows. Its parameters begin with $1.
  std::string probe = {};
  std::vector<Value> probe_parameters = {};
};
// So many rows are gathered and sorted sooner than a list is walked.
inline constexpr std::int64_t kFewRows = 1000;
// Property texts up to so many characters are in an index (migration 21).
inline constexpr std::size_t kIndexedText = 200;

// `first` is the number of the first free parameter. `bare_names`: a name that is no column means an entry of this
// field (Kubeflow's filterQuery); empty: it is an error. Errors: invalid_argument, with the column (counted in
// bytes from 1) and what was expected there
Result<Condition> compile_filter(std::string_view text, const FilterSchema& schema, Dialect dialect, int first,
                                 std::string_view bare_names = {});

}  // namespace souk::store
