// SPDX-License-Identifier: Apache-2.0
#include "store/lists/filter_lexer.h"

#include <charconv>
#include <cmath>

namespace souk::store {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

Error filter_error(std::size_t at, const std::string& message) {
  return invalid_argument("filter, column " + std::to_string(at + 1) + ": " + message).at("filter");
}

bool FilterToken::is_keyword(std::string_view wanted) const {
  if (kind != Kind::name || value.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (upper(value[i]) != wanted[i]) return false;
  }
  return true;
}

Result<FilterToken> FilterLexer::next() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
  if (at_ == text_.size()) return FilterToken{.at = at_};
  const char c = text_[at_];
  if (c == '\'' || c == '"' || c == '`') return quoted(c);
  if (is_letter(c)) return name();
  const bool sign = (c == '-' || c == '+') && at_ + 1 < text_.size();
  if (is_digit(c) || (sign && (is_digit(text_[at_ + 1]) || text_[at_ + 1] == '.'))) return number();
  return symbol();
}

Result<FilterToken> FilterLexer::quoted(char quote) {
  FilterToken token{.kind = quote == '`' ? FilterToken::Kind::quoted_name : FilterToken::Kind::text, .at = at_};
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] == quote) {
      at_ = i + 1;
      return token;
    }
    const char after = i + 1 < text_.size() ? text_[i + 1] : '\0';
    if (text_[i] == '\\' && (after == quote || after == '\\')) ++i;
    token.value += text_[i];
  }
  return filter_error(at_, std::string("the quote ") + quote + " is never closed");
}

Result<FilterToken> FilterLexer::number() {
  FilterToken token{.kind = FilterToken::Kind::integer, .at = at_};
  const char* begin = text_.data() + at_ + (text_[at_] == '+' ? 1 : 0);
  const char* end = text_.data() + text_.size();
  const auto whole = std::from_chars(begin, end, token.integer);
  const bool more = whole.ptr != end && (*whole.ptr == '.' || *whole.ptr == 'e' || *whole.ptr == 'E');
  const char* stop = whole.ptr;
  if (whole.ec != std::errc() || more) {
    const auto real = std::from_chars(begin, end, token.number);
    if (real.ec != std::errc() || !std::isfinite(token.number)) return filter_error(at_, "this number is out of range");
    token.kind = FilterToken::Kind::number;
    stop = real.ptr;
  }
  if (stop != end && is_letter(*stop)) return filter_error(at_, "a number runs into a letter: quote text");
  at_ = static_cast<std::size_t>(stop - text_.data());
  return token;
}

FilterToken FilterLexer::name() {
  FilterToken token{.kind = FilterToken::Kind::name, .at = at_};
  while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) token.value += text_[at_++];
  return token;
}

Result<FilterToken> FilterLexer::symbol() {
  FilterToken token{.kind = FilterToken::Kind::symbol, .at = at_};
  for (std::string_view two : {"!=", "<>", ">=", "<="}) {
    if (text_.substr(at_, 2) == two) {
      token.value = two;
      at_ += 2;
      return token;
    }
  }
  if (std::string_view("=<>(),.").find(text_[at_]) == std::string_view::npos) {
    return filter_error(at_, "this character has no meaning here: quote text with ' or \", names with `");
  }
  token.value = text_[at_++];
  return token;
}

}  // namespace souk::store
