// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/catalog/catalog.h"

#include <charconv>

namespace souk::api::kubeflow {

namespace {
constexpr std::int64_t kMaxPage = 1000;
}

Route catalog_route(std::string method, std::string_view prefix, std::string_view path, Handler handler) {
  Route out = route(std::move(method), path, std::move(handler));
  out.pattern = std::string(prefix) + out.pattern;
  out.form = Form::plain;
  return out;
}

Result<std::string> text_of(const Exchange& exchange, std::string_view name) {
  return SOUK_TRY(exchange.query(name)).value_or("");
}

Result<std::vector<std::string>> texts_of(const Exchange& exchange, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : SOUK_TRY(net::parse_query(exchange.head().query))) {
    if (key != name) continue;
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t comma = std::min(value.find(',', at), value.size());
      if (comma > at) out.push_back(value.substr(at, comma - at));
      at = comma + 1;
    }
  }
  return out;
}

Result<bool> flag_of(const Exchange& exchange, std::string_view name) {
  const std::string text = SOUK_TRY(text_of(exchange, name));
  if (!text.empty() && text != "true" && text != "false") return not_one_of(name, text);
  return text == "true";
}

Result<std::optional<std::int64_t>> number_of(const Exchange& exchange, std::string_view name, std::int64_t least,
                                              std::int64_t most) {
  const std::string text = SOUK_TRY(text_of(exchange, name));
  if (text.empty()) return std::optional<std::int64_t>();
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!whole || number < least || number > most) {
    return invalid_argument(std::string(name) + " is " + access::as_shown(text) + "; a whole number from " +
                            std::to_string(least) + " to " + std::to_string(most) + " is expected")
        .at(std::string(name));
  }
  return std::optional(number);
}

Result<registry::CatalogAsset> asset_of(const Exchange& exchange) {
  const std::string text = SOUK_TRY(text_of(exchange, "assetType"));
  if (text.empty() || text == "models") return registry::CatalogAsset::models;
  if (text == "mcp_servers") return registry::CatalogAsset::mcp_servers;
  return not_one_of("assetType", text);
}

Result<registry::CatalogQuery> catalog_query(const Exchange& exchange) {
  registry::CatalogQuery out;
  out.filter = SOUK_TRY(text_of(exchange, "filterQuery"));
  out.order_by = SOUK_TRY(text_of(exchange, "orderBy"));
  out.page_token = SOUK_TRY(text_of(exchange, "nextPageToken"));
  out.words = SOUK_TRY(text_of(exchange, "q"));
  out.sources = SOUK_TRY(texts_of(exchange, "source"));
  out.labels = SOUK_TRY(texts_of(exchange, "sourceLabel"));
  out.page_size = std::min(
      SOUK_TRY(number_of(exchange, "pageSize", 1, std::numeric_limits<std::int32_t>::max())).value_or(out.page_size),
      kMaxPage);
  const std::string direction = SOUK_TRY(text_of(exchange, "sortOrder"));
  if (!direction.empty() && direction != "ASC" && direction != "DESC") return not_one_of("sortOrder", direction);
  out.descending = direction == "DESC";
  return out;
}

void add_catalog_routes(RouteTable& table, const registry::Catalog& catalog, std::uint64_t max_upload) {
  RouteTable::Door door =
      table.door("kubeflow", &error_response, {std::string(kModelCatalog), std::string(kMcpCatalog)});
  add_catalog_models(door, catalog);
  add_catalog_sources(door, catalog, max_upload);
  add_catalog_servers(door, catalog);
}

}  // namespace souk::api::kubeflow
