// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/catalog/catalog.h"

namespace souk::api::kubeflow {
namespace {

using registry::Catalog;

constexpr std::int64_t kMaxRate = std::numeric_limits<std::int32_t>::max();

Result<registry::LatencyQuery> latency_of(const Exchange& exchange) {
  registry::LatencyQuery out;
  out.recommendations = SOUK_TRY(flag_of(exchange, "recommendations"));
  out.target_rps = SOUK_TRY(number_of(exchange, "targetRPS", 1, kMaxRate));
  for (const auto& [name, property] : {std::pair{"latencyProperty", &out.latency},
                                       {"rpsProperty", &out.rps},
                                       {"hardwareCountProperty", &out.hardware_count},
                                       {"hardwareTypeProperty", &out.hardware_type}}) {
    std::string given = SOUK_TRY(text_of(exchange, name));
    if (!given.empty()) *property = std::move(given);
  }
  return out;
}

Result<net::Response> models(const Catalog& catalog, const Exchange& exchange) {
  const auto query = SOUK_TRY(catalog_query(exchange));
  return catalog_page(SOUK_TRY(catalog.models(exchange.call, query, SOUK_TRY(latency_of(exchange)))), query,
                      [](std::string& out, const registry::CatalogModel& model) { out += model.json; });
}

Result<net::Response> artifacts(const Exchange& exchange, const registry::CatalogQuery& query,
                                const registry::CatalogPage<registry::CatalogArtifact>& page) {
  // Bytes of this server are at the address it was asked at.
  const std::string host(exchange.head().header("Host"));
  return catalog_page(page, query, [&](std::string& out, const registry::CatalogArtifact& artifact) {
    if (artifact.held.empty()) {
      out += artifact.json;
      return;
    }
    out += "{\"uri\":" + json::write("oci://" + host + "/" + artifact.held) + "," + artifact.json.substr(1);
  });
}

Result<std::vector<std::string>> types_of(const Exchange& exchange) {
  std::vector<std::string> out = SOUK_TRY(texts_of(exchange, "artifactType"));
  for (std::string& type : SOUK_TRY(texts_of(exchange, "artifact_type"))) out.push_back(std::move(type));
  for (const std::string& type : out)
    if (type != "model-artifact" && type != "metrics-artifact") return not_one_of("artifactType", type);
  return out;
}

// A name may have slashes of its own, so what comes after it is told from it here; a model of that whole name is meant
// first.
Result<net::Response> one(const Catalog& catalog, const Exchange& exchange) {
  const std::string_view source = exchange.parameter("source_id");
  std::string_view name = exchange.parameter("model_name");
  auto whole = catalog.model(exchange.call, source, name);
  if (whole) return json_answer(200, (*whole)->json);
  constexpr std::string_view kPerformance = "/artifacts/performance", kArtifacts = "/artifacts";
  const bool performance = name.ends_with(kPerformance);
  if (!performance && !name.ends_with(kArtifacts)) return std::move(whole).error();
  name.remove_suffix(performance ? kPerformance.size() : kArtifacts.size());
  const auto model = SOUK_TRY(catalog.model(exchange.call, source, name));
  const auto query = SOUK_TRY(catalog_query(exchange));
  if (performance)
    return artifacts(exchange, query, SOUK_TRY(catalog.performance(model, query, SOUK_TRY(latency_of(exchange)))));
  return artifacts(exchange, query, SOUK_TRY(catalog.artifacts(model, query, SOUK_TRY(types_of(exchange)))));
}

}  // namespace

void add_catalog_models(RouteTable::Door& door, const Catalog& catalog) {
  door.add(catalog_route("GET", kModelCatalog, "/models",
                         [&catalog](const Exchange& exchange) { return models(catalog, exchange); }));
  door.add(catalog_route("GET", kModelCatalog, "/models/filter_options",
                         [&catalog](const Exchange& exchange) -> Result<net::Response> {
                           return json_answer(200, catalog.model_options(exchange.call));
                         }));
  door.add(catalog_route("GET", kModelCatalog, "/sources/{source_id}/models/{model_name...}",
                         [&catalog](const Exchange& exchange) { return one(catalog, exchange); }));
}

}  // namespace souk::api::kubeflow
