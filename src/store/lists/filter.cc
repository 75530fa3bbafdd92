// SPDX-License-Identifier: Apache-2.0
#include "store/lists/filter.h"

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
    std::string sql = SOUK_TRY(node(tree));
    return Condition{std::move(sql), std::move(parameters_)};
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
    std::string sql = "EXISTS (SELECT 1 FROM " + schema_.properties.table +
                      " p WHERE p.owner_id = " + schema_.properties.owner +
                      " AND p.field = " + parameter(subject.field, "TEXT") +
                      " AND p.name = " + parameter(subject.name, "TEXT") + " AND (";
    for (std::size_t i = 0; i < comparison.values.size(); ++i) {
      if (i > 0) sql += " OR ";
      sql += SOUK_TRY(property_value(comparison, comparison.values[i]));
    }
    return sql + "))";
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
    if (suffix == FilterSuffix::int_value) return "p.int_value " + op + " " + written;
    if (suffix == FilterSuffix::double_value) return "p.double_value " + op + " " + written;
    return "(p.int_value " + op + " " + written + " OR p.double_value " + op + " " + written + ")";
  }

  const FilterSchema& schema_;
  const Dialect dialect_;
  int next_;
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
