// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/find.h"

#include <algorithm>
#include <bit>

#include "access/access.h"
#include "store/lists/position.h"

namespace souk::registry {

namespace {

using store::ColumnType;
using store::Fact;

// Text first, then numbers, then nothing; the greater the further back.
int compare(const SortKey& a, const SortKey& b) {
  const auto kind = [](const SortKey& key) { return key.text ? 0 : key.number ? 1 : 2; };
  if (kind(a) != kind(b)) return kind(a) < kind(b) ? -1 : 1;
  if (a.text) return a.text->compare(*b.text);
  if (a.number && *a.number != *b.number) return *a.number < *b.number ? -1 : 1;
  return 0;
}

bool is_missing(const SortKey& key) {
  return !key.text && !key.number;
}

// Whether a comes before b. What has no value comes last in either direction, by its id.
bool before(const SortKey& a, std::int64_t a_id, const SortKey& b, std::int64_t b_id, bool descending) {
  if (is_missing(a) != is_missing(b)) return is_missing(b);
  if (is_missing(a)) return a_id < b_id;
  const int order = compare(a, b);
  if (order != 0) return descending ? order > 0 : order < 0;
  return descending ? a_id > b_id : a_id < b_id;
}

SortKey key_of_fact(const Fact& fact) {
  if (const auto* text = std::get_if<std::string>(&fact)) return {.text = *text, .number = {}};
  if (const auto* whole = std::get_if<std::int64_t>(&fact)) return key_of(static_cast<double>(*whole));
  if (const auto* number = std::get_if<double>(&fact)) return key_of(*number);
  return {.text = {}, .number = std::get<bool>(fact)};
}

enum class Type { text, number, whole };

// The least of an entry's values, or the greatest when the greatest comes first.
KeyOf by_fact(std::string name, Type type, bool descending) {
  return [name = std::move(name), type, descending](const CatalogEntry& entry) {
    std::optional<SortKey> best;
    const auto [begin, end] = entry.facts.of(name);
    for (auto at = begin; at != end; ++at) {
      const bool text = std::holds_alternative<std::string>(at->second);
      const bool whole = std::holds_alternative<std::int64_t>(at->second);
      if ((type == Type::text) != text || std::holds_alternative<bool>(at->second)) continue;
      if (type == Type::whole && !whole) continue;
      SortKey key = key_of_fact(at->second);
      if (!best || (compare(key, *best) < 0) != descending) best = std::move(key);
    }
    return best.value_or(SortKey());
  };
}

KeyOf by_id() {
  return [](const CatalogEntry& entry) { return SortKey{.text = {}, .number = entry.id}; };
}

KeyOf by_time(std::string name) {
  return [name = std::move(name)](const CatalogEntry& entry) {
    const Fact* time = entry.facts.find(name);
    return time == nullptr ? SortKey() : SortKey{.text = {}, .number = std::get<std::int64_t>(*time)};
  };
}

Error no_order(std::string_view order) {
  return invalid_argument("orderBy " + access::as_shown(order) + " is nothing to order by")
      .at("orderBy")
      .advise("ID, NAME, CREATE_TIME, LAST_UPDATE_TIME, or NAME.string_value, .double_value or .int_value");
}

// NAME.string_value and the like. Errors: invalid_argument
Result<std::optional<KeyOf>> by_property(const CatalogQuery& query, Orders orders) {
  const std::string& order = query.order_by;
  const std::size_t dot = order.rfind('.');
  if (dot == std::string::npos) return std::optional<KeyOf>();
  const std::string name = order.substr(0, dot), written = order.substr(dot + 1);
  Type type = Type::text;
  if (written == "double_value") {
    type = Type::number;
  } else if (written == "int_value") {
    type = Type::whole;
  } else if (written != "string_value") {
    return no_order(order);
  }
  if (name.empty()) return no_order(order);
  if (orders == Orders::models && name.starts_with("artifacts."))
    return std::optional(by_fact(name, type, query.descending));
  const store::FilterSchema& schema = orders == Orders::models ? model_filters() : artifact_filters();
  const bool column = std::ranges::any_of(schema.columns, [&](const auto& one) { return one.name == name; });
  return std::optional(by_fact(column ? name : "custom_properties." + name, type, query.descending));
}

const std::vector<store::FilterColumn>& common_columns() {
  static const std::vector<store::FilterColumn> columns{
      {"id", "", ColumnType::integer},
      {"name", "", ColumnType::text},
      {"externalId", "", ColumnType::text, false, "external_id"},
      {"description", "", ColumnType::text},
      {"createTimeSinceEpoch", "", ColumnType::time, false, "create_time"},
      {"lastUpdateTimeSinceEpoch", "", ColumnType::time, false, "update_time"}};
  return columns;
}

store::FilterSchema schema_of(std::vector<store::FilterColumn> columns, std::vector<std::string> fields) {
  columns.insert(columns.begin(), common_columns().begin(), common_columns().end());
  return {.columns = std::move(columns), .properties = {"", "", std::move(fields)}};
}

}  // namespace

SortKey key_of(double number) {
  // The bits of doubles are in the order of the numbers, but for the sign.
  const auto bits = std::bit_cast<std::int64_t>(number == 0 ? 0.0 : number);
  return {.text = {}, .number = bits < 0 ? bits ^ std::numeric_limits<std::int64_t>::max() : bits};
}

Result<KeyOf> order_of(const CatalogQuery& query, Orders orders) {
  const std::string& order = query.order_by;
  if (order == "ID" || (order.empty() && orders == Orders::artifacts)) return by_id();
  if (order == "NAME" || order.empty()) return by_fact("name", Type::text, false);
  if (order == "CREATE_TIME") return by_time("createTimeSinceEpoch");
  if (order == "LAST_UPDATE_TIME") return by_time("lastUpdateTimeSinceEpoch");
  if (orders == Orders::usual) return no_order(order);
  if (order == "ACCURACY" && orders == Orders::models)
    return by_fact("artifacts.overall_average", Type::number, query.descending);
  auto property = SOUK_TRY(by_property(query, orders));
  if (property) return *std::move(property);
  if (orders == Orders::artifacts) return by_id();  // as the contract has it
  return no_order(order);
}

Result<Picked> pick(std::vector<Ranked> all, const CatalogQuery& query, std::string_view scope,
                    std::string_view token_key) {
  std::string whole(scope);
  for (const std::string_view part :
       {std::string_view(query.filter), std::string_view(query.order_by),
        std::string_view(query.descending ? "DESC" : "ASC"), std::string_view(query.words)})
    whole.append(1, '\0').append(part);
  for (const auto* list : {&query.sources, &query.labels}) {
    whole.append(1, '\0');
    for (const std::string& one : *list) whole.append(one).append(1, '\1');
  }
  const auto after = SOUK_TRY(store::read_list_position(token_key, whole, query.page_token));
  if (after) {
    const SortKey key{after->text, after->number};
    std::erase_if(all, [&](const Ranked& one) { return !before(key, after->id, one.key, one.id, query.descending); });
  }
  const auto size = static_cast<std::size_t>(query.page_size);
  const std::size_t wanted = std::min(all.size(), size);
  std::ranges::partial_sort(
      all, all.begin() + static_cast<std::ptrdiff_t>(wanted),
      [&](const Ranked& a, const Ranked& b) { return before(a.key, a.id, b.key, b.id, query.descending); });
  Picked out;
  for (std::size_t i = 0; i < wanted; ++i) out.indices.push_back(all[i].index);
  if (all.size() > wanted && wanted > 0) {
    const Ranked& last = all[wanted - 1];
    out.next_page_token = store::list_position_token(token_key, whole, {last.id, last.key.text, last.key.number});
  }
  return out;
}

const store::FilterSchema& model_filters() {
  static const store::FilterSchema schema = schema_of({{"source_id", "", ColumnType::text, false, "sourceId"},
                                                       {"maturity", "", ColumnType::text},
                                                       {"provider", "", ColumnType::text},
                                                       {"license", "", ColumnType::text},
                                                       {"licenseLink", "", ColumnType::text},
                                                       {"libraryName", "", ColumnType::text},
                                                       {"language", "", ColumnType::texts},
                                                       {"tasks", "", ColumnType::texts}},
                                                      {"custom_properties", "artifacts"});
  return schema;
}

const store::FilterSchema& artifact_filters() {
  static const store::FilterSchema schema = schema_of(
      {{"uri", "", ColumnType::text}, {"artifactType", "", ColumnType::text}, {"metricsType", "", ColumnType::text}},
      {"custom_properties"});
  return schema;
}

const store::FilterSchema& server_filters() {
  static const store::FilterSchema schema =
      schema_of({{"source_id", "", ColumnType::text, false, "sourceId"},
                 {"provider", "", ColumnType::text},
                 {"license", "", ColumnType::text},
                 {"version", "", ColumnType::text},
                 {"tags", "", ColumnType::texts},
                 {"deploymentMode", "", ColumnType::text},
                 {"transports", "", ColumnType::texts},
                 {"toolCount", "", ColumnType::integer},
                 {"securityIndicators.verifiedSource", "", ColumnType::flag, false, "verifiedSource"},
                 {"securityIndicators.secureEndpoint", "", ColumnType::flag, false, "secureEndpoint"},
                 {"securityIndicators.sast", "", ColumnType::flag, false, "sast"},
                 {"securityIndicators.readOnlyTools", "", ColumnType::flag, false, "readOnlyTools"}},
                {"custom_properties"});
  return schema;
}

const store::FilterSchema& tool_filters() {
  static const store::FilterSchema schema = schema_of({{"accessType", "", ColumnType::text}}, {"custom_properties"});
  return schema;
}

Result<store::Matcher> matcher_of(const std::string& filter, const store::FilterSchema& schema) {
  return store::Matcher::make(filter, schema, "custom_properties");
}

bool has_words(std::string_view text, std::string_view words) {
  std::size_t at = 0;
  while ((at = words.find_first_not_of(" \t\r\n", at)) != std::string_view::npos) {
    const std::size_t end = std::min(words.find_first_of(" \t\r\n", at), words.size());
    std::string word(words.substr(at, end - at));
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (text.find(word) == std::string_view::npos) return false;
    at = end;
  }
  return true;
}

}  // namespace souk::registry
