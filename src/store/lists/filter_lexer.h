// SPDX-License-Identifier: Apache-2.0
//
// The tokens of filter.h's grammar. A token views the filter's text; `value` holds text without its quotes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::store {

struct FilterToken {
  enum class Kind { end, name, quoted_name, text, integer, number, symbol };
  Kind kind = Kind::end;
  std::size_t at = 0;  // byte offset
  std::string value;   // name, text or symbol
  std::int64_t integer = 0;
  double number = 0;
  bool is_symbol(std::string_view text) const { return kind == Kind::symbol && value == text; }
  bool is_keyword(std::string_view upper) const;
};

class FilterLexer {
 public:
  explicit FilterLexer(std::string_view text) : text_(text) {}
  // Errors: invalid_argument
  Result<FilterToken> next();

 private:
  Result<FilterToken> quoted(char quote);
  Result<FilterToken> number();
  FilterToken name();
  Result<FilterToken> symbol();

  std::string_view text_;
  std::size_t at_ = 0;
};

// "filter, column 7: …"
Error filter_error(std::size_t at, const std::string& message);

}  // namespace souk::store
