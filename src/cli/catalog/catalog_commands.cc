// SPDX-License-Identifier: Apache-2.0
#include "cli/catalog/catalog_commands.h"

namespace souk::cli {
namespace {

constexpr std::string_view kModels = "/api/model_catalog/v1alpha1";
constexpr std::string_view kServers = "/api/mcp_catalog/v1alpha1/mcp_servers";
constexpr int kMostPages = 1000;

// All pages of a list of the catalogue, as {"items": […]}.
Result<json::Document> all_items(Remote& remote, const std::string& path) {
  std::string text = "{\"items\":[", token;
  bool first = true;
  for (int page = 0; page < kMostPages; ++page) {
    std::string one = path + (path.find('?') == std::string::npos ? "?" : "&") + "pageSize=500";
    if (!token.empty()) one += "&nextPageToken=" + net::encode_query_value(token);
    const json::Document document = SOUK_TRY(remote.get(one));
    for (const json::Value item : rows_of(document, "items")) {
      text += (std::exchange(first, false) ? "" : ",") + item.raw();
    }
    token = cell(document.root(), "nextPageToken");
    if (token.empty()) break;
  }
  return json::Document::parse(text + "]}");
}

std::string query_of(const CatalogOptions& options) {
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      text.append(text.empty() ? "?" : "&").append(name).append("=").append(net::encode_query_value(value));
  };
  add("q", options.words);
  add("filterQuery", options.filter);
  add("orderBy", options.order_by);
  if (!options.servers) add("source", options.source);
  return text;
}

}  // namespace

Status catalog_list(const Context& context, const CatalogOptions& options) {
  const std::string path = options.servers ? std::string(kServers) : std::string(kModels) + "/models";
  const json::Document document = SOUK_TRY(all_items(context.remote, path + query_of(options)));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "items");
    if (rows.empty()) return std::string("nothing is in the catalogue that fits; its sources: souk catalog sources\n");
    if (options.servers) {
      return table({{"ID", "id"},
                    {"SERVER", "name"},
                    {"PROVIDER", "provider"},
                    {"TOOLS", "toolCount"},
                    {"LICENSE", "license"},
                    {"DESCRIPTION", "description"}},
                   rows);
    }
    return table({{"MODEL", "", [](json::Value v) { return cell(v, "source_id") + "/" + cell(v, "name"); }},
                  {"PROVIDER", "provider"},
                  {"TASKS", "tasks"},
                  {"LICENSE", "license"},
                  {"DESCRIPTION", "description"}},
                 rows);
  });
  return {};
}

Status catalog_show(const Context& context, const CatalogOptions& options) {
  const std::size_t slash = options.name.find('/');
  if (slash == std::string::npos || slash + 1 == options.name.size()) {
    return invalid_argument("'" + options.name + "' names no model of a source").advise("souk catalog list");
  }
  const std::string path = std::string(kModels) + "/sources/" +
                           net::encode_path_segment(options.name.substr(0, slash)) + "/models/" +
                           net::encode_path_segment(options.name.substr(slash + 1));
  const json::Document model = SOUK_TRY(context.remote.get(path));
  const json::Document artifacts = SOUK_TRY(all_items(context.remote, path + "/artifacts"));
  const std::string model_text = model.root().raw();
  const std::string whole =
      model_text.substr(0, model_text.size() - 1) + ",\"artifacts\":" + artifacts.root().find("items")->raw() + "}";
  const json::Document document = SOUK_TRY(json::Document::parse(whole));
  context.out.print(document.root(), [&] {
    std::string text = card({{"Model", "name"},
                             {"Source", "source_id"},
                             {"Description", "description"},
                             {"Provider", "provider"},
                             {"License", "license"},
                             {"Tasks", "tasks"},
                             {"Languages", "language"},
                             {"Library", "libraryName"}},
                            document.root());
    const std::vector<json::Value> rows = rows_of(document, "artifacts");
    if (rows.empty()) return text;
    return text + "\n" +
           table({{"ARTIFACT", "name"}, {"TYPE", "artifactType"}, {"METRICS", "metricsType"}, {"URI", "uri"}}, rows);
  });
  return {};
}

Status catalog_sources(const Context& context) {
  const std::string path = std::string(kModels) + "/sources";
  const json::Document models = SOUK_TRY(all_items(context.remote, path));
  const json::Document servers = SOUK_TRY(all_items(context.remote, path + "?assetType=mcp_servers"));
  std::string text = "{\"items\":[";
  for (const json::Document* one : {&models, &servers}) {
    for (const json::Value item : rows_of(*one, "items")) text += (text.ends_with('[') ? "" : ",") + item.raw();
  }
  const json::Document document = SOUK_TRY(json::Document::parse(text + "]}"));
  context.out.print(document.root(), [&] {
    return table({{"SOURCE", "id"},
                  {"NAME", "name"},
                  {"HOLDS", "assetType"},
                  {"STATUS", "status"},
                  {"LABELS", "labels"},
                  {"ERROR", "error"}},
                 rows_of(document, "items"));
  });
  return {};
}

}  // namespace souk::cli
