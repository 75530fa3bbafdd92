// SPDX-License-Identifier: Apache-2.0
#include "store/lists/filter.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "store/lists/filter_tree.h"
#include "store/lists/like.h"

namespace souk::store {

namespace {

using Kind = FilterToken::Kind;

class Compiler {
 public:
  Compiler(const FilterSchema& schema, Dialect dialect, int first) : schema_(schema), dialect_(dialect), next_(first) {}

  Result<Condition> compile(const FilterNode& tree) {
    Condition out;
    std::vector<const FilterComparison*> leading;
    const auto lead = [&](const FilterNode& one) -> Status {
      const std::string text = SOUK_TRY(node(one));
      out.sql += (out.sql.empty() ? "(" : " AND ") + text;
      if (one.kind != FilterNode::Kind::comparison || !may_lead(one.comparison) || leading.size() == kMostLeads)
        return {};
      leading.push_back(&one.comparison);
      const bool one_value = one.comparison.op == "=" && one.comparison.values.front().kind == Kind::text;
      out.leads.push_back({text, row_, one_value});
      return {};
    };
    const FilterNode* root = &tree;
    while (root->kind == FilterNode::Kind::any && root->nodes.size() == 1) root = &root->nodes.front();
    if (root->kind == FilterNode::Kind::all) {
      for (const FilterNode& one : root->nodes) SOUK_TRY(lead(one));
    } else {
      SOUK_TRY(lead(*root));
    }
    out.sql += ")";
    out.parameters = std::move(parameters_);
    for (const FilterComparison* one : leading) SOUK_TRY(add_probe(*one, out));
    return out;
  }

 private:
  Result<std::string> node(const FilterNode& node) {
    if (node.kind == FilterNode::Kind::comparison) return comparison(node.comparison);
    const std::string_view keyword = node.kind == FilterNode::Kind::any ? " OR " : " AND ";
    std::string sql = "(";
    for (const FilterNode& one : node.nodes) {
      if (sql.size() > 1) sql += keyword;
      sql += SOUK_TRY(this->node(one));
    }
    return sql + ")";
  }

  Result<std::string> comparison(const FilterComparison& comparison) {
    return comparison.subject.column != nullptr ? column_sql(comparison) : property_sql(comparison);
  }

  std::string parameter(Value value, std::string_view cast) {
    parameters_.push_back(std::move(value));
    return "CAST($" + std::to_string(next_++) + " AS " + std::string(cast) + ")";
  }

  std::string parameter(FilterValue value) {
    if (auto* text = std::get_if<std::string>(&value)) return parameter(std::move(*text), "TEXT");
    if (const auto* number = std::get_if<double>(&value)) return parameter(*number, "DOUBLE PRECISION");
    return parameter(std::get<std::int64_t>(value), "BIGINT");
  }

  Result<std::string> column_sql(const FilterComparison& comparison) {
    const FilterColumn& column = *comparison.subject.column;
    if (column.type == ColumnType::number_or_text && comparison.values.front().kind == Kind::text) {
      return compared(comparison, column.text_sql, ColumnType::text);
    }
    if (column.type != ColumnType::texts) return compared(comparison, column.sql, column.type);
    const bool sqlite = dialect_ == Dialect::sqlite;
    return (sqlite ? "EXISTS (SELECT 1 FROM json_each(" : "EXISTS (SELECT 1 FROM json_array_elements_text(CAST(") +
           column.sql + (sqlite ? ") one WHERE " : " AS JSON)) one (value) WHERE ") +
           SOUK_TRY(compared(comparison, "one.value", column.type)) + ")";
  }

  Result<std::string> compared(const FilterComparison& comparison, const std::string& sql, ColumnType type) {
    if (comparison.op == "LIKE" || comparison.op == "ILIKE") {
      SOUK_TRY(check_like(comparison));
      return like_sql(sql, comparison.op, comparison.values.front());
    }
    std::vector<std::string> written;
    for (const FilterLiteral& value : comparison.values)
      written.push_back(parameter(SOUK_TRY(value_for(type, value, comparison.subject.column->name))));
    return compare(sql, comparison.op, written);
  }

  // Whether an index finds the rows that it is true of.
  bool may_lead(const FilterComparison& comparison) const {
    if (comparison.subject.column != nullptr) return false;
    if (comparison.op == "LIKE" || comparison.op == "ILIKE" || comparison.op == "<>") return false;
    const bool text = comparison.values.front().kind == Kind::text;
    if (text && comparison.op != "=" && comparison.op != "IN") return false;
    return std::ranges::all_of(comparison.values, [&](const FilterLiteral& value) {
      if (text) return value.kind == Kind::text && value.text.size() <= kIndexedText;
      return value.kind == Kind::integer || value.kind == Kind::number;
    });
  }

  // Its first parameter says up to how many rows are counted.
  Status add_probe(const FilterComparison& comparison, Condition& out) const {
    if (out.probe_parameters.empty()) out.probe_parameters.emplace_back(kFewRows);
    Compiler one(schema_, dialect_, static_cast<int>(out.probe_parameters.size()) + 1);
    SOUK_TRY(one.property_sql(comparison));
    out.probe += out.probe.empty() ? "SELECT " : ", ";
    out.probe +=
        "(SELECT count(*) FROM (SELECT 1 FROM " + schema_.properties.table + " p WHERE " + one.row_ + " LIMIT $1) few)";
    for (Value& value : one.parameters_) out.probe_parameters.push_back(std::move(value));
    return {};
  }

  static std::string compare(const std::string& sql, const std::string& op, const std::vector<std::string>& values) {
    if (op != "IN") return sql + " " + op + " " + values.front();
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? "" : ", ") + value;
    return sql + " IN (" + list + ")";
  }

  Result<std::string> like_sql(const std::string& sql, const std::string& op, const FilterLiteral& pattern) {
    SOUK_TRY(check_pattern(pattern, op));
    Result<Like> like = compile_like(pattern.text, op == "ILIKE", dialect_);
    if (!like) return filter_error(pattern.at, like.error().message);
    return sql + " " + like->op + " " + parameter(std::move(like->pattern), "TEXT") + like->escape;
  }

  Result<std::string> property_sql(const FilterComparison& comparison) {
    const FilterSubject& subject = comparison.subject;
    row_ =
        "p.field = " + parameter(subject.field, "TEXT") + " AND p.name = " + parameter(subject.name, "TEXT") + " AND (";
    for (std::size_t i = 0; i < comparison.values.size(); ++i) {
      if (i > 0) row_ += " OR ";
      row_ += SOUK_TRY(property_value(comparison, comparison.values[i]));
    }
    row_ += ")";
    std::string sql = "EXISTS (SELECT 1 FROM " + schema_.properties.table +
                      " p WHERE p.owner_id = " + schema_.properties.owner + " AND " + row_ + ")";
    // The index's own condition, in its words.
    if (comparison.values.front().kind == Kind::text)
      row_ += " AND length(p.string_value) <= " + std::to_string(kIndexedText);
    return sql;
  }

  Result<std::string> property_value(const FilterComparison& comparison, const FilterLiteral& value) {
    SOUK_TRY(check_property_value(comparison, value));
    const std::string& op = comparison.op == "IN" ? "=" : comparison.op;
    if (op == "LIKE" || op == "ILIKE") return like_sql("p.string_value", op, value);
    if (value.kind == Kind::text) return "p.string_value " + op + " " + parameter(value.text, "TEXT");
    if (value.kind == Kind::name) return "p.bool_value " + op + " " + parameter(value.integer, "BIGINT");
    const std::string written =
        value.kind == Kind::integer ? parameter(value.integer, "BIGINT") : parameter(value.number, "DOUBLE PRECISION");
    const FilterSuffix suffix = comparison.subject.suffix;
    const std::string real = "p.double_value " + op + " " + written;
    if (suffix == FilterSuffix::double_value) return real;
    const std::string whole =
        value.kind == Kind::integer ? "p.int_value " + op + " " + written : whole_numbers(op, value.number);
    return suffix == FilterSuffix::int_value ? whole : "(" + whole + " OR " + real + ")";
  }

  // Which whole numbers compare so with a real one, said by a whole one: an index of whole numbers knows no other.
  std::string whole_numbers(const std::string& op, double number) {
    constexpr double kPastAll = 9223372036854775808.0;  // 2^63
    const bool upwards = op == ">=" || op == "<";
    const double bound = upwards ? std::ceil(number) : std::floor(number);
    if (!(bound >= -kPastAll && bound < kPastAll))
      return "p.int_value " + op + " " + parameter(number, "DOUBLE PRECISION");
    if (bound != number && op == "=") return "FALSE";
    if (bound != number && op == "<>") return "p.int_value IS NOT NULL";
    return "p.int_value " + op + " " + parameter(static_cast<std::int64_t>(bound), "BIGINT");
  }

  static constexpr std::size_t kMostLeads = 4;

  const FilterSchema& schema_;
  const Dialect dialect_;
  int next_;
  std::string row_;  // of the latest property: see Lead::row
  std::vector<Value> parameters_;
};

}  // namespace

Result<Condition> compile_filter(std::string_view text, const FilterSchema& schema, Dialect dialect, int first,
                                 std::string_view bare_names) {
  const std::optional<FilterNode> tree = SOUK_TRY(parse_filter(text, schema, bare_names));
  if (!tree) return Condition{"TRUE", {}};
  return Compiler(schema, dialect, first).compile(*tree);
}

}  // namespace souk::store
