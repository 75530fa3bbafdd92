// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/kubeflow/catalog/catalog.h"
#include "api/multipart.h"

namespace souk::api::kubeflow {
namespace {

using registry::Catalog;
using registry::CatalogSource;
using registry::SourceStatus;

std::string_view contract_name(SourceStatus status) {
  switch (status) {
    case SourceStatus::available:
      return "available";
    case SourceStatus::partially_available:
      return "partially-available";
    case SourceStatus::error:
      return "error";
    case SourceStatus::disabled:
      break;
  }
  return "disabled";
}

void write(std::string& text, const CatalogSource& source) {
  json::Writer out(text);
  out.begin_object();
  out.key("id");
  out.value(source.id);
  out.key("name");
  out.value(source.name);
  out.key("enabled");
  out.value(source.enabled);
  out.key("labels");
  json::write(out, source.labels);
  out.key("status");
  out.value(contract_name(source.status));
  if (!source.error.empty()) {
    out.key("error");
    out.value(source.error);
  }
  for (const auto& [name, globs] :
       {std::pair{"includedModels", &source.included}, {"excludedModels", &source.excluded}}) {
    if (globs->empty()) continue;
    out.key(name);
    json::write(out, *globs);
  }
  out.key("assetType");
  out.value(source.asset == registry::CatalogAsset::models ? "models" : "mcp_servers");
  out.end_object();
}

// A part of the name is enough.
std::string like_pattern(std::string_view name) {
  if (name.empty()) return "";
  std::string out = "%";
  for (char c : name) out.append(c == '%' || c == '_' || c == '\\' ? "\\" : "").append(1, c);
  return out + "%";
}

Result<net::Response> sources(const Catalog& catalog, const Exchange& exchange) {
  const auto query = SOUK_TRY(catalog_query(exchange));
  const auto asset = SOUK_TRY(asset_of(exchange));
  const std::string name = like_pattern(SOUK_TRY(text_of(exchange, "name")));
  return catalog_page(SOUK_TRY(catalog.sources(query, name, asset)), query,
                      [](std::string& out, const CatalogSource& source) { write(out, source); });
}

Result<net::Response> labels(const Catalog& catalog, const Exchange& exchange) {
  const auto query = SOUK_TRY(catalog_query(exchange));
  return catalog_page(SOUK_TRY(catalog.labels(query, SOUK_TRY(asset_of(exchange)))), query,
                      [](std::string& out, const Catalog::Label& label) {
                        // The label of what has none: its name is null.
                        const bool nameless = !label.contains("name");
                        const std::string text = json::write(label);
                        out +=
                            nameless ? "{\"name\":null" + std::string(label.empty() ? "" : ",") + text.substr(1) : text;
                      });
}

struct Form {
  std::string_view config;
  std::optional<std::string_view> data;
};

Result<Form> form_of(const std::vector<Part>& parts) {
  Form out;
  bool found = false;
  for (const Part& part : parts) {
    if (part.name == "config") {
      out.config = part.content;
      found = true;
    } else if (part.name == "catalogData") {
      out.data = part.content;
    }
  }
  if (!found) return invalid_argument("the form has no part `config`").at("config");
  return out;
}

Result<net::Response> preview(const Catalog& catalog, const Exchange& exchange) {
  const auto query = SOUK_TRY(catalog_query(exchange));
  const std::string wanted = SOUK_TRY(text_of(exchange, "filterStatus"));
  if (!wanted.empty() && wanted != "all" && wanted != "included" && wanted != "excluded")
    return not_one_of("filterStatus", wanted);
  const auto parts = SOUK_TRY(parse_multipart(exchange.head().header("Content-Type"), *exchange.body));
  const Form form = SOUK_TRY(form_of(parts));
  auto all = catalog.preview(exchange.call, form.config, form.data);
  if (!all) return std::move(all).error();
  const auto included = std::ranges::count(*all, true, &registry::Preview::included);
  const std::string summary = ",\"summary\":{\"totalModels\":" + std::to_string(all->size()) +
                              ",\"includedModels\":" + std::to_string(included) + ",\"excludedModels\":" +
                              std::to_string(static_cast<std::ptrdiff_t>(all->size()) - included) + "}";
  if (wanted == "included" || wanted == "excluded")
    std::erase_if(*all, [&](const registry::Preview& one) { return one.included != (wanted == "included"); });
  return catalog_page(
      SOUK_TRY(catalog.preview_page(*all, query)), query,
      [](std::string& out, const registry::Preview& one) {
        out += "{\"name\":" + json::write(one.name) + ",\"included\":" + (one.included ? "true" : "false") + "}";
      },
      summary);
}

// A source that cannot be used is 422 here.
net::Response preview_error(const Error& error, const access::Call& call) {
  if (error.code != Code::failed_precondition) return error_response(error, call);
  return json_answer(422, "{\"code\":\"Unprocessable Entity\",\"message\":" + json::write(error.describe()) + "}");
}

}  // namespace

void add_catalog_sources(RouteTable::Door& door, const Catalog& catalog, std::uint64_t max_upload) {
  door.add(catalog_route("GET", kModelCatalog, "/sources",
                         [&catalog](const Exchange& exchange) { return sources(catalog, exchange); }));
  door.add(catalog_route("GET", kModelCatalog, "/labels",
                         [&catalog](const Exchange& exchange) { return labels(catalog, exchange); }));
  Route one = catalog_route("POST", kModelCatalog, "/sources/preview",
                            [&catalog](const Exchange& exchange) { return preview(catalog, exchange); });
  one.permission = kAdmin;
  one.limits.max_bytes = max_upload;
  RouteTable::Door with_422{door.table, door.name, &preview_error};
  with_422.add(std::move(one));
}

}  // namespace souk::api::kubeflow
