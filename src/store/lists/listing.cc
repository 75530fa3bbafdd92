// SPDX-License-Identifier: Apache-2.0
#include "store/lists/listing.h"

#include <array>

#include "base/digest.h"
#include "base/json.h"
#include "store/lists/position.h"

namespace souk::store {

namespace {

constexpr std::int64_t kMaxPage = 1000;
constexpr std::size_t kMaxToken = 4096;
constexpr std::size_t kMacBytes = 16;

// What a token holds, as JSON. Exactly one of text and number is there, unless the order is by id.
struct Position {
  std::string mark;
  std::int64_t id = 0;
  std::optional<std::string> text;
  std::optional<std::int64_t> number;
};
BOOST_DESCRIBE_STRUCT(Position, (), (mark, id, text, number))

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

// HMAC-SHA-256 (RFC 2104), cut to 16 bytes. The key is shorter than a block.
std::string mac(std::string_view key, std::string_view text) {
  std::array<char, 64> inner{};
  std::array<char, 64> outer{};
  for (std::size_t i = 0; i < inner.size(); ++i) {
    const char k = i < key.size() ? key[i] : '\0';
    inner[i] = static_cast<char>(k ^ 0x36);
    outer[i] = static_cast<char>(k ^ 0x5c);
  }
  Sha256 first;
  first.update(std::as_bytes(std::span(inner)));
  first.update(as_bytes(text));
  const Digest inside = first.finish();
  Sha256 second;
  second.update(std::as_bytes(std::span(outer)));
  second.update(inside.bytes);
  return std::string(bytes_of(second.finish()).substr(0, kMacBytes));
}

// Base64 for URLs (RFC 4648, section 5), without padding.
std::string to_url_text(std::string_view bytes) {
  std::string out = to_base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

Error refused() {
  return invalid_argument("page_token is not one that this list gave for this query")
      .at("page_token")
      .advise(
          "take next_page_token of the page before, with the same filter and order_by; or leave it out to begin anew");
}

Result<Position> read_token(std::string_view token, std::string_view key) {
  if (token.size() > kMaxToken) return refused();
  std::string text(token);
  for (char& c : text) {
    if (c == '+' || c == '/' || c == '=') return refused();
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  const Result<std::string> bytes = from_base64(text);
  if (!bytes || bytes->size() < kMacBytes) return refused();
  const std::string_view body = std::string_view(*bytes).substr(kMacBytes);
  if (!equal_in_constant_time(mac(key, body), std::string_view(*bytes).substr(0, kMacBytes))) return refused();
  Result<Position> position = json::read<Position>(body);
  if (!position) return refused();
  return position;
}

std::string scope_mark(std::string_view scope) {
  return sha256(scope).hex().substr(0, 16);
}

struct Order {
  const FilterColumn* column = nullptr;
  bool descending = false;
  std::string written;
};

Result<Order> parse_order(std::string_view text, const ListSchema& schema) {
  const auto error = [&] {
    std::string known;
    for (const FilterColumn& column : schema.filter.columns) {
      if (column.sortable) known += (known.empty() ? "" : ", ") + column.name;
    }
    return invalid_argument("order_by '" + std::string(text.substr(0, 100)) +
                            "' is not a field to order by, alone or with asc or desc")
        .at("order_by")
        .advise("fields: " + known);
  };
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(' ', at);
    if (begin == std::string_view::npos) break;
    at = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, at - begin));
  }
  if (words.empty() || words.size() > 2) return error();
  Order out;
  if (words.size() == 2) {
    const bool up = words[1] == "asc" || words[1] == "ASC";
    out.descending = words[1] == "desc" || words[1] == "DESC";
    if (!up && !out.descending) return error();
  }
  for (const FilterColumn& column : schema.filter.columns) {
    if (column.sortable && column.name == words[0]) out.column = &column;
  }
  if (out.column == nullptr) return error();
  out.written = out.column->name + (out.descending ? " desc" : " asc");
  return out;
}

std::string parameter(Listing& listing, int first, Value value, bool text) {
  listing.parameters.push_back(std::move(value));
  return "CAST($" + std::to_string(first + static_cast<int>(listing.parameters.size()) - 1) + " AS " +
         (text ? "TEXT)" : "BIGINT)");
}

// (column, id) after the position, in the order's direction.
Result<std::string> after(Listing& listing, const Order& order, const ListSchema& schema, const Position& position,
                          int first) {
  const std::string op = order.descending ? " < " : " > ";
  if (listing.by_id) return schema.id + op + parameter(listing, first, position.id, false);
  const bool text = order.column->type == ColumnType::text;
  if (text ? !position.text : !position.number) return refused();
  const std::string value = parameter(listing, first, text ? Value(*position.text) : Value(*position.number), text);
  const std::string id = parameter(listing, first, position.id, false);
  const std::string& column = order.column->sql;
  return "(" + column + op + value + " OR (" + column + " = " + value + " AND " + schema.id + op + id + "))";
}

std::string mark_of(const ListQuery& query, const Order& order, std::string_view scope) {
  std::string all(scope);
  all.append(1, '\0').append(order.written).append(1, '\0').append(query.filter);
  if (!query.and_filter.empty()) all.append(1, '\0').append(query.and_filter);
  return sha256(all).hex().substr(0, 16);
}

}  // namespace

Result<Listing> compile_listing(const ListQuery& query, const ListSchema& schema, Dialect dialect,
                                std::string_view token_key, std::string_view scope, int first) {
  if (query.page_size < 1 || query.page_size > kMaxPage) {
    return invalid_argument("page_size is " + std::to_string(query.page_size) + "; it may be 1 to 1000")
        .at("page_size");
  }
  const Order order = SOUK_TRY(parse_order(query.order_by.empty() ? schema.default_order : query.order_by, schema));
  Condition filter = SOUK_TRY(compile_filter(query.filter, schema.filter, dialect, first, query.bare_names));
  Listing out;
  out.page_size = query.page_size;
  out.id = schema.id;
  out.properties = schema.filter.properties.table;
  out.parameters = std::move(filter.parameters);
  out.where = filter.sql;
  out.filter = std::move(filter);
  if (!query.and_filter.empty()) {
    Condition more = SOUK_TRY(
        compile_filter(query.and_filter, schema.filter, dialect, first + static_cast<int>(out.parameters.size())));
    out.where += " AND " + more.sql;
    out.parameters.insert(out.parameters.end(), more.parameters.begin(), more.parameters.end());
  }
  out.mark = mark_of(query, order, scope);
  out.order_column = order.column->sql;
  out.by_id = order.column->sql == schema.id;
  if (!query.page_token.empty()) {
    const Position position = SOUK_TRY(read_token(query.page_token, token_key));
    if (position.mark != out.mark) return refused();
    out.position = SOUK_TRY(after(out, order, schema, position, first));
    out.where += " AND " + out.position;
  }
  const std::string direction = order.descending ? " DESC" : " ASC";
  out.order = out.by_id ? schema.id + direction : order.column->sql + direction + ", " + schema.id + direction;
  return out;
}

std::string page_token(const Listing& listing, std::string_view token_key, const Value& value, std::int64_t id) {
  Position position{.mark = listing.mark, .id = id};
  if (!listing.by_id) {
    if (const auto* text = std::get_if<std::string>(&value)) position.text = *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) position.number = *number;
  }
  const std::string body = json::write(position);
  return to_url_text(mac(token_key, body) + body);
}

std::string position_token(std::string_view token_key, std::string_view scope, std::int64_t a, std::int64_t b) {
  return list_position_token(token_key, scope, {.id = a, .text = {}, .number = b});
}

std::string list_position_token(std::string_view token_key, std::string_view scope, ListPosition at) {
  const Position position{scope_mark(scope), at.id, std::move(at.text), at.number};
  const std::string body = json::write(position);
  return to_url_text(mac(token_key, body) + body);
}

Result<std::optional<ListPosition>> read_list_position(std::string_view token_key, std::string_view scope,
                                                       std::string_view token) {
  if (token.empty()) return std::optional<ListPosition>();
  Position position = SOUK_TRY(read_token(token, token_key));
  if (position.mark != scope_mark(scope)) return refused();
  return std::optional(ListPosition{position.id, std::move(position.text), position.number});
}

Result<std::optional<std::pair<std::int64_t, std::int64_t>>> read_position(std::string_view token_key,
                                                                           std::string_view scope,
                                                                           std::string_view token) {
  const auto position = SOUK_TRY(read_list_position(token_key, scope, token));
  if (!position) return std::optional<std::pair<std::int64_t, std::int64_t>>();
  if (!position->number) return refused();
  return std::optional(std::pair(position->id, *position->number));
}

}  // namespace souk::store
