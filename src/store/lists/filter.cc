// SPDX-License-Identifier: Apache-2.0
#include "store/lists/filter.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "store/lists/filter_lexer.h"
#include "store/lists/like.h"

namespace souk::store {

namespace {

using Kind = FilterToken::Kind;

constexpr std::size_t kMaxBytes = 4096;
constexpr int kMaxDepth = 32;
constexpr int kMaxComparisons = 100;
constexpr std::size_t kMaxListed = 200;

enum class Suffix { none, string_value, double_value, int_value, bool_value };

// What a comparison is about: a column, or an entry of a property map.
struct Subject {
  const FilterColumn* column = nullptr;
  std::string field, name;  // of a property
  Suffix suffix = Suffix::none;
  std::size_t at = 0;
  std::string written;
};

struct Literal {
  Kind kind = Kind::end;  // text, integer, number; name: a flag
  std::string text;
  std::int64_t integer = 0;
  double number = 0;
  std::size_t at = 0;
};

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

class Compiler {
 public:
  Compiler(std::string_view text, const FilterSchema& schema, Dialect dialect, int first, std::string_view bare_names)
      : lexer_(text), schema_(schema), bare_names_(bare_names), dialect_(dialect), next_(first) {}

  Result<Condition> compile() {
    SOUK_TRY(advance());
    if (token_.kind == Kind::end) return Condition{"TRUE", {}};
    std::string sql = SOUK_TRY(expression(0));
    if (token_.kind != Kind::end) return filter_error(token_.at, "expected AND, OR or the end");
    return Condition{std::move(sql), std::move(parameters_)};
  }

 private:
  Status advance() {
    token_ = SOUK_TRY(lexer_.next());
    return {};
  }

  Result<std::string> expression(int depth) {
    if (depth > kMaxDepth) return filter_error(token_.at, "more than 32 parentheses inside each other");
    return joined("OR", depth, [this](int d) { return joined("AND", d, [this](int e) { return term(e); }); });
  }

  template <class F>
  Result<std::string> joined(std::string_view keyword, int depth, F part) {
    std::string sql = "(" + SOUK_TRY(part(depth));
    while (token_.is_keyword(keyword)) {
      SOUK_TRY(advance());
      sql.append(" ").append(keyword).append(" ").append(SOUK_TRY(part(depth)));
    }
    return sql + ")";
  }

  Result<std::string> term(int depth) {
    if (!token_.is_symbol("(")) return comparison();
    SOUK_TRY(advance());
    std::string inner = SOUK_TRY(expression(depth + 1));
    if (!token_.is_symbol(")")) return filter_error(token_.at, "expected )");
    SOUK_TRY(advance());
    return inner;
  }

  Result<std::string> comparison() {
    if (++comparisons_ > kMaxComparisons) return filter_error(token_.at, "more than 100 comparisons");
    const Subject subject = SOUK_TRY(this->subject());
    const std::string op = SOUK_TRY(operation());
    std::vector<Literal> values = SOUK_TRY(this->values(op == "IN"));
    if (subject.column != nullptr) return column_sql(subject, op, values);
    return property_sql(subject, op, values);
  }

  Result<Subject> subject() {
    Subject out{.at = token_.at};
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
    if (out.suffix != Suffix::none) parts.pop_back();
    for (const std::string& part : parts) out.name += (out.name.empty() ? "" : ".") + part;
    return out;
  }

  static Suffix suffix_of(std::string_view part) {
    if (part == "string_value") return Suffix::string_value;
    if (part == "double_value") return Suffix::double_value;
    if (part == "int_value") return Suffix::int_value;
    if (part == "bool_value") return Suffix::bool_value;
    return Suffix::none;
  }

  Error unknown_field(const Subject& subject) const {
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

  Result<std::vector<Literal>> values(bool listed) {
    std::vector<Literal> out;
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

  Result<Literal> literal() {
    Literal out{token_.kind, std::move(token_.value), token_.integer, token_.number, token_.at};
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

  std::string parameter(Value value, std::string_view cast) {
    parameters_.push_back(std::move(value));
    return "CAST($" + std::to_string(next_++) + " AS " + std::string(cast) + ")";
  }

  Result<std::string> text_parameter(const Literal& literal) {
    if (literal.text.find('\0') != std::string::npos) return filter_error(literal.at, "text may not hold NUL");
    return parameter(literal.text, "TEXT");
  }

  // The literal as a parameter fit for the column, or what was expected.
  Result<std::string> value_for(ColumnType type, const Literal& literal, std::string_view written) {
    const auto wrong = [&] {
      return filter_error(literal.at, std::string(written) + " is compared with " + std::string(kind_words(type)));
    };
    switch (type) {
      case ColumnType::text:
      case ColumnType::texts:
        if (literal.kind != Kind::text) return wrong();
        return text_parameter(literal);
      case ColumnType::flag:
        if (literal.kind != Kind::name) return wrong();
        return parameter(literal.integer, "BIGINT");
      case ColumnType::time: {
        if (literal.kind == Kind::integer) return parameter(literal.integer, "BIGINT");
        if (literal.kind != Kind::text) return wrong();
        if (const auto whole = whole_number(literal.text)) return parameter(*whole, "BIGINT");
        const Result<Time> time = parse_rfc3339(literal.text);
        if (!time) return wrong();
        return parameter(to_millis(*time), "BIGINT");
      }
      case ColumnType::integer:
      case ColumnType::number:
      case ColumnType::number_or_text:
        break;
    }
    if (literal.kind == Kind::integer) return parameter(literal.integer, "BIGINT");
    if (literal.kind == Kind::number) return parameter(literal.number, "DOUBLE PRECISION");
    const auto whole = literal.kind == Kind::text ? whole_number(literal.text) : std::nullopt;
    if (!whole) return wrong();
    return parameter(*whole, "BIGINT");
  }

  // Ids and times are text in some contracts.
  static std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
  }

  Result<std::string> column_sql(const Subject& subject, const std::string& op, const std::vector<Literal>& values) {
    const FilterColumn& column = *subject.column;
    if (column.type == ColumnType::number_or_text && values.front().kind == Kind::text) {
      const FilterColumn as_text{column.name, column.text_sql, ColumnType::text};
      Subject other = subject;
      other.column = &as_text;
      return compared(other, as_text.sql, op, values);
    }
    if (column.type != ColumnType::texts) return compared(subject, column.sql, op, values);
    const bool sqlite = dialect_ == Dialect::sqlite;
    return (sqlite ? "EXISTS (SELECT 1 FROM json_each(" : "EXISTS (SELECT 1 FROM json_array_elements_text(CAST(") +
           column.sql + (sqlite ? ") one WHERE " : " AS JSON)) one (value) WHERE ") +
           SOUK_TRY(compared(subject, "one.value", op, values)) + ")";
  }

  Result<std::string> compared(const Subject& subject, const std::string& sql, const std::string& op,
                               const std::vector<Literal>& values) {
    const FilterColumn& column = *subject.column;
    if (op == "LIKE" || op == "ILIKE") {
      if (column.type != ColumnType::text && column.type != ColumnType::texts)
        return filter_error(subject.at, op + " is for text, which " + column.name + " is not");
      return like_sql(sql, op, values.front());
    }
    std::vector<std::string> written;
    for (const Literal& value : values) written.push_back(SOUK_TRY(value_for(column.type, value, column.name)));
    return compare(sql, op, written);
  }

  static std::string compare(const std::string& sql, const std::string& op, const std::vector<std::string>& values) {
    if (op != "IN") return sql + " " + op + " " + values.front();
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? "" : ", ") + value;
    return sql + " IN (" + list + ")";
  }

  Result<std::string> like_sql(const std::string& sql, const std::string& op, const Literal& pattern) {
    if (pattern.kind != Kind::text) return filter_error(pattern.at, op + " takes a pattern in quotes");
    if (pattern.text.find('\0') != std::string::npos) return filter_error(pattern.at, "text may not hold NUL");
    const bool ignore_case = op == "ILIKE";
    Result<Like> like = compile_like(pattern.text, ignore_case, dialect_);
    if (!like) return filter_error(pattern.at, like.error().message);
    return sql + " " + like->op + " " + parameter(std::move(like->pattern), "TEXT") + like->escape;
  }

  Result<std::string> property_sql(const Subject& subject, const std::string& op, const std::vector<Literal>& values) {
    std::string sql = "EXISTS (SELECT 1 FROM " + schema_.properties.table +
                      " p WHERE p.owner_id = " + schema_.properties.owner +
                      " AND p.field = " + parameter(subject.field, "TEXT") +
                      " AND p.name = " + parameter(subject.name, "TEXT") + " AND (";
    if (subject.name.find('\0') != std::string::npos) return filter_error(subject.at, "a name may not hold NUL");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) sql += " OR ";
      sql += SOUK_TRY(property_value(subject, op == "IN" ? "=" : op, values[i]));
    }
    return sql + "))";
  }

  Result<std::string> property_value(const Subject& subject, const std::string& op, const Literal& value) {
    const auto fits = [&](Suffix suffix) { return subject.suffix == Suffix::none || subject.suffix == suffix; };
    if (op == "LIKE" || op == "ILIKE") {
      if (!fits(Suffix::string_value)) return filter_error(subject.at, op + " is for text");
      return like_sql("p.string_value", op, value);
    }
    if (value.kind == Kind::text && fits(Suffix::string_value)) {
      return "p.string_value " + op + " " + SOUK_TRY(text_parameter(value));
    }
    if (value.kind == Kind::name && fits(Suffix::bool_value)) {
      return "p.bool_value " + op + " " + parameter(value.integer, "BIGINT");
    }
    const bool numeric = value.kind == Kind::integer || value.kind == Kind::number;
    if (!numeric || !(fits(Suffix::int_value) || fits(Suffix::double_value))) {
      return filter_error(value.at, "this value is not of the type that " + subject.written + " asks for");
    }
    const std::string written =
        value.kind == Kind::integer ? parameter(value.integer, "BIGINT") : parameter(value.number, "DOUBLE PRECISION");
    if (subject.suffix == Suffix::int_value) return "p.int_value " + op + " " + written;
    if (subject.suffix == Suffix::double_value) return "p.double_value " + op + " " + written;
    return "(p.int_value " + op + " " + written + " OR p.double_value " + op + " " + written + ")";
  }

  FilterLexer lexer_;
  const FilterSchema& schema_;
  const std::string_view bare_names_;
  const Dialect dialect_;
  int next_;
  int comparisons_ = 0;
  FilterToken token_;
  std::vector<Value> parameters_;
};

}  // namespace

Result<Condition> compile_filter(std::string_view text, const FilterSchema& schema, Dialect dialect, int first,
                                 std::string_view bare_names) {
  if (text.size() > kMaxBytes) return invalid_argument("the filter is longer than 4096 bytes").at("filter");
  return Compiler(text, schema, dialect, first, bare_names).compile();
}

}  // namespace souk::store
