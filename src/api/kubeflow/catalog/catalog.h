// SPDX-License-Identifier: Apache-2.0
//
// The catalogue's two doors: /api/model_catalog/v1alpha1 and /api/mcp_catalog/v1alpha1. Source:
// kubeflow/model-registry, catalog.yaml.
#pragma once

#include "api/kubeflow/exchange.h"
#include "registry/catalog/catalog.h"

namespace souk::api::kubeflow {

inline constexpr std::string_view kModelCatalog = "/api/model_catalog/v1alpha1";
inline constexpr std::string_view kMcpCatalog = "/api/mcp_catalog/v1alpha1";

// `catalog` must outlive the table. `max_upload`: of a preview's form.
void add_catalog_routes(RouteTable& table, const registry::Catalog& catalog, std::uint64_t max_upload);

// One function a part of the contract; each adds its routes.
void add_catalog_models(RouteTable::Door& door, const registry::Catalog& catalog);
void add_catalog_sources(RouteTable::Door& door, const registry::Catalog& catalog, std::uint64_t max_upload);
void add_catalog_servers(RouteTable::Door& door, const registry::Catalog& catalog);

// A route below `prefix`.
Route catalog_route(std::string method, std::string_view prefix, std::string_view path, Handler handler);
// pageSize, orderBy, sortOrder, nextPageToken, filterQuery, q, source, sourceLabel. Errors: invalid_argument
Result<registry::CatalogQuery> catalog_query(const Exchange& exchange);
// A parameter that may be given often, each value a list with commas. Errors: invalid_argument
Result<std::vector<std::string>> texts_of(const Exchange& exchange, std::string_view name);
// Errors: invalid_argument
Result<bool> flag_of(const Exchange& exchange, std::string_view name);
Result<std::optional<std::int64_t>> number_of(const Exchange& exchange, std::string_view name, std::int64_t least,
                                              std::int64_t most);
Result<std::string> text_of(const Exchange& exchange, std::string_view name);
Result<registry::CatalogAsset> asset_of(const Exchange& exchange);

// {"items": […], …} with more members before the end.
template <class T, class F>
net::Response catalog_page(const registry::CatalogPage<T>& page, const registry::CatalogQuery& query, F&& write_one,
                           std::string_view more = {}) {
  std::string text = "{\"items\":[";
  bool first = true;
  for (const auto& item : page.items) {
    if (!std::exchange(first, false)) text += ',';
    write_one(text, *item);
  }
  text += "],\"nextPageToken\":" + json::write(page.next_page_token) +
          ",\"pageSize\":" + std::to_string(query.page_size) + ",\"size\":" + std::to_string(page.items.size());
  text.append(more).append("}");
  return json_answer(200, std::move(text));
}

}  // namespace souk::api::kubeflow
