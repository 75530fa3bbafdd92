// SPDX-License-Identifier: Apache-2.0
//
// A filter of filter.h's grammar as a tree: what filter.cc makes SQL of, and matcher.h compares in memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/lists/filter.h"
#include "store/lists/filter_lexer.h"

namespace souk::store {

struct FilterLiteral {
  FilterToken::Kind kind = FilterToken::Kind::end;  // text, integer, number; name: a flag
  std::string text;
  std::int64_t integer = 0;
  double number = 0;
  std::size_t at = 0;
};

enum class FilterSuffix { none, string_value, double_value, int_value, bool_value };

// What a comparison is about: a column, or an entry of a property map.
struct FilterSubject {
  const FilterColumn* column = nullptr;
  std::string field, name;  // of a property
  FilterSuffix suffix = FilterSuffix::none;
  std::size_t at = 0;
  std::string written;
};

struct FilterComparison {
  FilterSubject subject;
  std::string op;  // = <> > >= < <= LIKE ILIKE IN
  std::vector<FilterLiteral> values;
};

struct FilterNode {
  enum class Kind { any, all, comparison } kind = Kind::all;
  std::vector<FilterNode> nodes;
  FilterComparison comparison;
};

// Nothing asked: nullopt. The tree shows columns of `schema`, which must outlive it. Errors: as compile_filter, but for
// values that do not fit what they are compared with
Result<std::optional<FilterNode>> parse_filter(std::string_view text, const FilterSchema& schema,
                                               std::string_view bare_names);

// The literal as a column of that type keeps it; times are milliseconds, flags 0 or 1. Errors: invalid_argument (what
// was expected)
using FilterValue = std::variant<std::string, std::int64_t, double>;
Result<FilterValue> value_for(ColumnType type, const FilterLiteral& literal, std::string_view written);

// Text for a comparison or a pattern. Errors: invalid_argument (not text, NUL)
Status check_pattern(const FilterLiteral& literal, std::string_view op);
Status check_filter_text(const FilterLiteral& literal);
// Errors: invalid_argument (the column is no text)
Status check_like(const FilterComparison& comparison);
// Which kinds of value a property's literal is compared with. Errors: invalid_argument (not of the suffix's type)
Status check_property_value(const FilterComparison& comparison, const FilterLiteral& literal);

}  // namespace souk::store
