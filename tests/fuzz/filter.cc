// SPDX-License-Identifier: Apache-2.0
//
// The filter of a list. Nothing of its text may reach the statement: the fields are known, values are parameters.
#include <string>

#include "fuzz.h"
#include "store/lists/filter.h"

using namespace souk;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using store::ColumnType;
  static const store::FilterSchema kSchema{
      {{.name = "name", .sql = "m.name"},
       {.name = "size", .sql = "m.size", .type = ColumnType::integer},
       {.name = "score", .sql = "m.score", .type = ColumnType::number},
       {.name = "archived", .sql = "m.archived", .type = ColumnType::flag},
       {.name = "created_at", .sql = "m.created_at", .type = ColumnType::time},
       {.name = "tags", .sql = "m.tags", .type = ColumnType::texts},
       {.name = "value", .sql = "m.v", .type = ColumnType::number_or_text, .text_sql = "m.t"}},
      {"props", "m.id", {"custom_properties"}}};
  std::string_view text = fuzz::text_of(data, size);
  for (auto dialect : {store::Dialect::sqlite, store::Dialect::postgresql}) {
    for (std::string_view bare : {"", "custom_properties"}) {
      auto condition = store::compile_filter(text, kSchema, dialect, 3, bare);
      if (!condition) {
        fuzz::check(condition.error());
        continue;
      }
      std::string sql = condition->sql;
      constexpr std::string_view kEscape = " ESCAPE '\\'";
      for (auto at = sql.find(kEscape); at != sql.npos; at = sql.find(kEscape)) sql.erase(at, kEscape.size());
      int depth = 0;
      for (char c : sql) {
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        fuzz::require(depth >= 0, "parentheses are closed in order");
        fuzz::require(c != ';' && c != '"' && c != '\\' && static_cast<unsigned char>(c) >= ' ',
                      "nothing of the text is in the statement");
      }
      fuzz::require(depth == 0, "parentheses are closed");
      fuzz::require(condition->parameters.size() <= 100 * 201, "the number of parameters is bounded");
    }
  }
  return 0;
}
