// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/catalog/catalog.h"

namespace souk::api::kubeflow {
namespace {

using registry::Catalog;

constexpr std::int64_t kMostTools = 100;
constexpr std::int64_t kUsualTools = 10;

// How many tools a server is shown with.
Result<std::size_t> tools_shown(const Exchange& exchange) {
  const bool wanted = SOUK_TRY(flag_of(exchange, "includeTools"));
  const std::int64_t most = SOUK_TRY(number_of(exchange, "toolLimit", 0, kMostTools)).value_or(kUsualTools);
  return wanted ? static_cast<std::size_t>(most) : 0;
}

void write(std::string& out, const registry::McpServer& server, std::size_t tools) {
  out.append(server.json, 0, server.json.size() - 1);
  if (tools > 0) {
    out += ",\"tools\":[";
    for (std::size_t i = 0; i < std::min(tools, server.tools.size()); ++i) {
      if (i > 0) out += ',';
      out += server.tools[i].json;
    }
    out += ']';
  }
  out += '}';
}

Result<net::Response> servers(const Catalog& catalog, const Exchange& exchange) {
  const auto query = SOUK_TRY(catalog_query(exchange));
  const std::size_t tools = SOUK_TRY(tools_shown(exchange));
  const auto page =
      SOUK_TRY(catalog.servers(query, SOUK_TRY(text_of(exchange, "name")), SOUK_TRY(text_of(exchange, "namedQuery"))));
  return catalog_page(page, query,
                      [&](std::string& out, const registry::McpServer& server) { write(out, server, tools); });
}

Result<net::Response> one(const Catalog& catalog, const Exchange& exchange) {
  const std::size_t tools = SOUK_TRY(tools_shown(exchange));
  std::string text;
  write(text, *SOUK_TRY(catalog.server(exchange.parameter("server_id"))), tools);
  return json_answer(200, std::move(text));
}

Result<net::Response> tools(const Catalog& catalog, const Exchange& exchange) {
  const auto query = SOUK_TRY(catalog_query(exchange));
  const auto server = SOUK_TRY(catalog.server(exchange.parameter("server_id")));
  return catalog_page(SOUK_TRY(catalog.tools(server, query)), query,
                      [](std::string& out, const registry::CatalogEntry& tool) { out += tool.json; });
}

Result<net::Response> tool(const Catalog& catalog, const Exchange& exchange) {
  const auto server = SOUK_TRY(catalog.server(exchange.parameter("server_id")));
  const auto found = SOUK_TRY(catalog.tool(server, exchange.parameter("tool_name")));
  return json_answer(200, "{\"serverId\":\"" + std::to_string(server->id) +
                              "\",\"serverName\":" + json::write(server->name) + ",\"tool\":" + found->json + "}");
}

}  // namespace

void add_catalog_servers(RouteTable::Door& door, const Catalog& catalog) {
  const auto add = [&](std::string_view path, auto handler) {
    door.add(catalog_route("GET", kMcpCatalog, path,
                           [&catalog, handler](const Exchange& exchange) { return handler(catalog, exchange); }));
  };
  add("/mcp_servers", servers);
  add("/mcp_servers/filter_options", [](const Catalog& all, const Exchange&) -> Result<net::Response> {
    return json_answer(200, all.server_options());
  });
  add("/mcp_servers/{server_id}", one);
  add("/mcp_servers/{server_id}/tools", tools);
  add("/mcp_servers/{server_id}/tools/{tool_name}", tool);
}

}  // namespace souk::api::kubeflow
