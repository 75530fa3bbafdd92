// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"

#include <algorithm>
#include <charconv>

namespace souk::api::detail {

namespace {

enum class Place { path, query, body, if_match, prefer };

Place place_of(std::string_view field, const std::vector<std::string>& names) {
  if (std::ranges::find(names, field) != names.end()) return Place::path;
  if (field == "body") return Place::body;
  if (field == "if_match") return Place::if_match;
  if (field == "prefer") return Place::prefer;
  return Place::query;
}

Result<std::optional<std::string>> text_of(const Exchange& exchange, std::string_view field, Place place) {
  const std::optional<std::string> none;
  auto header = [&](std::string_view name) -> std::optional<std::string> {
    if (!exchange.head().has_header(name)) return std::nullopt;
    return std::string(exchange.head().header(name));
  };
  switch (place) {
    case Place::path:
      return std::optional<std::string>(exchange.parameter(field));
    case Place::if_match:
      return header("If-Match");
    case Place::prefer:
      return header("Prefer");
    case Place::body:
      return none;
    case Place::query:
      break;
  }
  return exchange.query(field);
}

Status check_query(const Exchange& exchange, std::span<const std::string_view> known) {
  if (exchange.head().query.empty() || exchange.route->unknown == json::UnknownFields::ignore) return {};
  auto pairs = SOUK_TRY(net::parse_query(exchange.head().query));
  for (const auto& [key, value] : pairs) {
    if (std::ranges::find(known, key) != known.end()) continue;
    std::string allowed;
    for (std::string_view name : known) allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    return invalid_argument("query parameter '" + key + "' is not known here")
        .at(key)
        .advise(allowed.empty() ? "this address takes no query parameters" : "known: " + allowed);
  }
  return {};
}

Error wrong_text(std::string_view field, std::string_view expected, std::string_view got) {
  return invalid_argument(std::string(field) + ": expected " + std::string(expected) + ", got '" +
                          std::string(got.substr(0, 64)) + "'")
      .at(std::string(field));
}

}  // namespace

Result<std::string_view> json_body(const Exchange& exchange) {
  if (!exchange.body || exchange.body->empty()) {
    return invalid_argument("the request has no body; a JSON object is expected").at("body");
  }
  std::string_view type = exchange.head().header("Content-Type");
  // A browser's form cannot send JSON: this closes cross-site posts that need no preflight.
  if (!type.starts_with("application/json") && !type.starts_with("application/merge-patch+json")) {
    return invalid_argument("Content-Type is '" + std::string(type.substr(0, 64)) + "'; application/json is expected")
        .at("Content-Type");
  }
  return std::string_view(*exchange.body);
}

Status bind_fields(const Exchange& exchange, void* request, std::span<const Field> fields) {
  std::vector<std::string_view> known;
  for (const Field& field : fields) {
    const Place place = place_of(field.name, exchange.route->names);
    if (place == Place::query) known.push_back(field.name);
    if (field.from_body != nullptr) {
      SOUK_TRY(field.from_body(SOUK_TRY(json_body(exchange)), exchange.route->unknown, request));
      continue;
    }
    const std::optional<std::string> text = SOUK_TRY(text_of(exchange, field.name, place));
    if (text) {
      SOUK_TRY(field.from_text(field.name, *text, request));
    } else if (field.required) {
      const std::string name(field.name);
      return invalid_argument("query parameter '" + name + "' is required").at(name);
    }
  }
  return check_query(exchange, known);
}

void describe_fields(json::Schemas& schemas, const std::vector<std::string>& names, RouteDoc& doc,
                     std::span<const Field> fields) {
  for (const Field& field : fields) {
    switch (place_of(field.name, names)) {
      case Place::body:
        doc.request_schema = field.schema(schemas);
        break;
      case Place::path:
        doc.parameters.push_back({std::string(field.name), "path", true, field.schema(schemas), ""});
        break;
      case Place::query:
        doc.parameters.push_back({std::string(field.name), "query", field.required, field.schema(schemas), ""});
        break;
      case Place::if_match:
        doc.parameters.push_back({"If-Match", "header", false, R"({"type":"string"})", ""});
        break;
      case Place::prefer:
        doc.parameters.push_back({"Prefer", "header", false, R"({"type":"string"})", ""});
        break;
    }
  }
}

void answer(Exchange& exchange, int status, std::string body, std::string_view etag) {
  net::Response response = net::Response::text(status, "application/json", std::move(body));
  if (!etag.empty()) response.add("ETag", "\"" + std::string(etag) + "\"");
  exchange.send(std::move(response));
}

Status parse_text(std::string_view, std::string_view text, std::string& out) {
  out = std::string(text);
  return {};
}

Status parse_text(std::string_view field, std::string_view text, std::int64_t& out) {
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault != std::errc() || end != text.data() + text.size()) return wrong_text(field, "an integer", text);
  return {};
}

Status parse_text(std::string_view field, std::string_view text, bool& out) {
  if (text != "true" && text != "false") return wrong_text(field, "true or false", text);
  out = text == "true";
  return {};
}

}  // namespace souk::api::detail
