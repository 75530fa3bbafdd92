// SPDX-License-Identifier: Apache-2.0
#include "store/lists/filter_tree.h"

#include <algorithm>
#include <charconv>

namespace souk::store {

namespace {

using Kind = FilterToken::Kind;

constexpr std::size_t kMaxBytes = 4096;
constexpr int kMaxDepth = 32;
constexpr int kMaxComparisons = 100;
constexpr std::size_t kMaxListed = 200;

std::string_view kind_words(ColumnType type) {
  switch (type) {
    case ColumnType::text:
    case ColumnType::texts:
      return "text, in quotes";
    case ColumnType::integer:
      return "a whole number";
    case ColumnType::number:
    case ColumnType::number_or_text:
      return "a number";
    case ColumnType::flag:
      return "true or false";
    case ColumnType::time:
      return "a time such as \"2026-11-21T10:00:00Z\"";
  }
  return "";
}

FilterSuffix suffix_of(std::string_view part) {
  if (part == "string_value") return FilterSuffix::string_value;
  if (part == "double_value") return FilterSuffix::double_value;
  if (part == "int_value") return FilterSuffix::int_value;
  if (part == "bool_value") return FilterSuffix::bool_value;
  return FilterSuffix::none;
}

// Ids and times are text in some contracts.
std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

class Parser {
 public:
  Parser(std::string_view text, const FilterSchema& schema, std::string_view bare_names)
      : lexer_(text), schema_(schema), bare_names_(bare_names) {}

  Result<std::optional<FilterNode>> parse() {
    SOUK_TRY(advance());
    if (token_.kind == Kind::end) return std::optional<FilterNode>();
    FilterNode node = SOUK_TRY(expression(0));
    if (token_.kind != Kind::end) return filter_error(token_.at, "expected AND, OR or the end");
    return std::optional(std::move(node));
  }

 private:
  Status advance() {
    token_ = SOUK_TRY(lexer_.next());
    return {};
  }

  Result<FilterNode> expression(int depth) {
    if (depth > kMaxDepth) return filter_error(token_.at, "more than 32 parentheses inside each other");
    FilterNode any{.kind = FilterNode::Kind::any, .nodes = {}, .comparison = {}};
    do {
      if (!any.nodes.empty()) SOUK_TRY(advance());
      FilterNode& all = any.nodes.emplace_back();
      all.nodes.push_back(SOUK_TRY(term(depth)));
      while (token_.is_keyword("AND")) {
        SOUK_TRY(advance());
        all.nodes.push_back(SOUK_TRY(term(depth)));
      }
    } while (token_.is_keyword("OR"));
    return any;
  }

  Result<FilterNode> term(int depth) {
    if (!token_.is_symbol("(")) return comparison();
    SOUK_TRY(advance());
    FilterNode inner = SOUK_TRY(expression(depth + 1));
    if (!token_.is_symbol(")")) return filter_error(token_.at, "expected )");
    SOUK_TRY(advance());
    return inner;
  }

  Result<FilterNode> comparison() {
    if (++comparisons_ > kMaxComparisons) return filter_error(token_.at, "more than 100 comparisons");
    FilterNode node{.kind = FilterNode::Kind::comparison, .nodes = {}, .comparison = {}};
    node.comparison.subject = SOUK_TRY(subject());
    node.comparison.op = SOUK_TRY(operation());
    node.comparison.values = SOUK_TRY(values(node.comparison.op == "IN"));
    return node;
  }

  Result<FilterSubject> subject() {
    FilterSubject out{.at = token_.at};
    std::vector<std::string> parts;
    bool last_is_plain = false;
    for (;;) {
      if (token_.kind != Kind::name && token_.kind != Kind::quoted_name) {
        return filter_error(token_.at, "expected the name of a field");
      }
      last_is_plain = token_.kind == Kind::name;
      parts.push_back(token_.value);
      out.written += (out.written.empty() ? "" : ".") + token_.value;
      SOUK_TRY(advance());
      if (!token_.is_symbol(".")) break;
      SOUK_TRY(advance());
    }
    for (const FilterColumn& column : schema_.columns) {
      if (column.name == out.written || (!column.also.empty() && column.also == out.written)) out.column = &column;
    }
    if (out.column != nullptr) return out;
    const auto& fields = schema_.properties.fields;
    const bool in_map = parts.size() > 1 && std::ranges::find(fields, parts.front()) != fields.end();
    if (!in_map && bare_names_.empty()) return unknown_field(out);
    out.field = in_map ? parts.front() : std::string(bare_names_);
    if (in_map) parts.erase(parts.begin());
    if (last_is_plain && parts.size() > 1) out.suffix = suffix_of(parts.back());
    if (out.suffix != FilterSuffix::none) parts.pop_back();
    for (const std::string& part : parts) out.name += (out.name.empty() ? "" : ".") + part;
    if (out.name.find('\0') != std::string::npos) return filter_error(out.at, "a name may not hold NUL");
    return out;
  }

  Error unknown_field(const FilterSubject& subject) const {
    std::string known;
    for (const FilterColumn& column : schema_.columns) known += (known.empty() ? "" : ", ") + column.name;
    for (const std::string& field : schema_.properties.fields) known += ", " + field + ".<name>";
    return filter_error(subject.at, "there is no field '" + subject.written + "'").advise("fields: " + known);
  }

  Result<std::string> operation() {
    for (std::string_view op : {"=", "!=", "<>", ">", ">=", "<", "<="}) {
      if (!token_.is_symbol(op)) continue;
      SOUK_TRY(advance());
      return std::string(op == "!=" ? "<>" : op);
    }
    for (std::string_view op : {"LIKE", "ILIKE", "IN"}) {
      if (!token_.is_keyword(op)) continue;
      SOUK_TRY(advance());
      return std::string(op);
    }
    return filter_error(token_.at, "expected one of = != > >= < <= LIKE ILIKE IN");
  }

  Result<std::vector<FilterLiteral>> values(bool listed) {
    std::vector<FilterLiteral> out;
    if (!listed) {
      out.push_back(SOUK_TRY(literal()));
      return out;
    }
    if (!token_.is_symbol("(")) return filter_error(token_.at, "expected ( after IN");
    do {
      SOUK_TRY(advance());
      if (out.size() == kMaxListed) return filter_error(token_.at, "more than 200 values after IN");
      out.push_back(SOUK_TRY(literal()));
    } while (token_.is_symbol(","));
    if (!token_.is_symbol(")")) return filter_error(token_.at, "expected , or )");
    SOUK_TRY(advance());
    return out;
  }

  Result<FilterLiteral> literal() {
    FilterLiteral out{token_.kind, std::move(token_.value), token_.integer, token_.number, token_.at};
    if (token_.kind == Kind::name) {
      token_.value = out.text;
      if (!token_.is_keyword("TRUE") && !token_.is_keyword("FALSE")) {
        return filter_error(out.at, "expected a value: text is written in quotes");
      }
      out.integer = token_.is_keyword("TRUE") ? 1 : 0;
    } else if (out.kind != Kind::text && out.kind != Kind::integer && out.kind != Kind::number) {
      return filter_error(out.at, "expected a value");
    }
    SOUK_TRY(advance());
    return out;
  }

  FilterLexer lexer_;
  const FilterSchema& schema_;
  const std::string_view bare_names_;
  int comparisons_ = 0;
  FilterToken token_;
};

}  // namespace

Result<std::optional<FilterNode>> parse_filter(std::string_view text, const FilterSchema& schema,
                                               std::string_view bare_names) {
  if (text.size() > kMaxBytes) return invalid_argument("the filter is longer than 4096 bytes").at("filter");
  return Parser(text, schema, bare_names).parse();
}

Status check_filter_text(const FilterLiteral& literal) {
  if (literal.text.find('\0') != std::string::npos) return filter_error(literal.at, "text may not hold NUL");
  return {};
}

Status check_pattern(const FilterLiteral& literal, std::string_view op) {
  if (literal.kind != Kind::text) return filter_error(literal.at, std::string(op) + " takes a pattern in quotes");
  return check_filter_text(literal);
}

Status check_like(const FilterComparison& comparison) {
  const FilterColumn& column = *comparison.subject.column;
  const bool text = column.type == ColumnType::text || column.type == ColumnType::texts ||
                    (column.type == ColumnType::number_or_text && comparison.values.front().kind == Kind::text);
  if (!text)
    return filter_error(comparison.subject.at, comparison.op + " is for text, which " + column.name + " is not");
  return {};
}

Result<FilterValue> value_for(ColumnType type, const FilterLiteral& literal, std::string_view written) {
  const auto wrong = [&] {
    return filter_error(literal.at, std::string(written) + " is compared with " + std::string(kind_words(type)));
  };
  switch (type) {
    case ColumnType::text:
    case ColumnType::texts:
      if (literal.kind != Kind::text) return wrong();
      SOUK_TRY(check_filter_text(literal));
      return FilterValue(literal.text);
    case ColumnType::flag:
      if (literal.kind != Kind::name) return wrong();
      return FilterValue(literal.integer);
    case ColumnType::time: {
      if (literal.kind == Kind::integer) return FilterValue(literal.integer);
      if (literal.kind != Kind::text) return wrong();
      if (const auto whole = whole_number(literal.text)) return FilterValue(*whole);
      const Result<Time> time = parse_rfc3339(literal.text);
      if (!time) return wrong();
      return FilterValue(to_millis(*time));
    }
    case ColumnType::integer:
    case ColumnType::number:
    case ColumnType::number_or_text:
      break;
  }
  if (literal.kind == Kind::integer) return FilterValue(literal.integer);
  if (literal.kind == Kind::number) return FilterValue(literal.number);
  const auto whole = literal.kind == Kind::text ? whole_number(literal.text) : std::nullopt;
  if (!whole) return wrong();
  return FilterValue(*whole);
}

Status check_property_value(const FilterComparison& comparison, const FilterLiteral& literal) {
  const FilterSubject& subject = comparison.subject;
  const auto fits = [&](FilterSuffix suffix) {
    return subject.suffix == FilterSuffix::none || subject.suffix == suffix;
  };
  if (comparison.op == "LIKE" || comparison.op == "ILIKE") {
    if (!fits(FilterSuffix::string_value)) return filter_error(subject.at, comparison.op + " is for text");
    return check_pattern(literal, comparison.op);
  }
  if (literal.kind == Kind::text && fits(FilterSuffix::string_value)) return check_filter_text(literal);
  if (literal.kind == Kind::name && fits(FilterSuffix::bool_value)) return {};
  const bool numeric = literal.kind == Kind::integer || literal.kind == Kind::number;
  if (!numeric || !(fits(FilterSuffix::int_value) || fits(FilterSuffix::double_value))) {
    return filter_error(literal.at, "this value is not of the type that " + subject.written + " asks for");
  }
  return {};
}

}  // namespace souk::store
