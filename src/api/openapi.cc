// SPDX-License-Identifier: Apache-2.0
//
// OpenAPI 3.1 from the route table. Paths and schemas come out in a fixed order, so that two builds of one
// source give one document.
#include <map>

#include "api/error_table.h"
#include "api/route.h"
#include "base/json.h"

namespace souk::api {
namespace {

// "/files/{path...}" is written "/files/{path}".
std::string public_path(const std::string& pattern) {
  std::string out = pattern;
  if (std::size_t dots = out.find("...}"); dots != std::string::npos) out.erase(dots, 3);
  return out;
}

void write_parameters(json::Writer& out, const RouteDoc& doc) {
  out.key("parameters");
  out.begin_array();
  for (const RouteDoc::Parameter& parameter : doc.parameters) {
    out.begin_object();
    out.key("name");
    out.value(parameter.name);
    out.key("in");
    out.value(parameter.in);
    out.key("required");
    out.value(parameter.required);
    if (!parameter.description.empty()) {
      out.key("description");
      out.value(parameter.description);
    }
    out.key("schema");
    out.raw(parameter.schema);
    out.end_object();
  }
  out.end_array();
}

void write_content(json::Writer& out, std::string_view type, std::string_view schema) {
  out.key("content");
  out.begin_object();
  out.key(type);
  out.begin_object();
  out.key("schema");
  out.raw(schema);
  out.end_object();
  out.end_object();
}

void write_responses(json::Writer& out, const RouteDoc& doc) {
  out.key("responses");
  out.begin_object();
  out.key(std::to_string(doc.status));
  out.begin_object();
  out.key("description");
  out.value("Done");
  if (!doc.response_schema.empty()) write_content(out, doc.response_type, doc.response_schema);
  out.end_object();
  out.key("default");
  out.begin_object();
  out.key("description");
  out.value("What went wrong and what to do about it");
  write_content(out, "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})");
  out.end_object();
  out.end_object();
}

void write_operation(json::Writer& out, const Route& route, const RouteDoc& doc) {
  std::string verb = route.method;
  for (char& c : verb) c = static_cast<char>(c | 0x20);
  out.key(verb);
  out.begin_object();
  out.key("operationId");
  out.value(doc.operation_id);
  out.key("summary");
  out.value(doc.summary);
  out.key("tags");
  out.begin_array();
  out.value(doc.tag);
  out.end_array();
  if (!doc.parameters.empty()) write_parameters(out, doc);
  if (!doc.request_schema.empty()) {
    out.key("requestBody");
    out.begin_object();
    out.key("required");
    out.value(true);
    write_content(out, doc.request_type, doc.request_schema);
    out.end_object();
  }
  write_responses(out, doc);
  out.end_object();
}

}  // namespace

std::string routes_document(const RouteTable& table) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  out.key("routes");
  out.begin_array();
  for (const auto& route : table.routes()) {
    const Permission& permission = route->permission;
    out.begin_object();
    out.key("method");
    out.value(route->method);
    out.key("pattern");
    out.value(route->pattern);
    out.key("door");
    out.value(route->door);
    out.key("needs");
    out.value(!permission.needs_credentials()             ? std::string_view("ANYONE")
              : permission.needed() == access::Role::NONE ? std::string_view("KNOWN")
                                                          : json::enum_name(permission.needed()));
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return text;
}

std::string openapi_document(const RouteTable& table, std::string_view version) {
  json::Schemas schemas;
  std::map<std::string, std::vector<std::pair<const Route*, RouteDoc>>> paths;
  for (const auto& route : table.routes()) {
    if (route->doc.operation_id.empty()) continue;
    RouteDoc doc = route->doc;
    if (route->describe) route->describe(schemas, route->names, doc);
    paths[public_path(route->pattern)].emplace_back(route.get(), std::move(doc));
  }
  schemas.of<Problem>();

  std::string text;
  json::Writer out(text);
  out.begin_object();
  out.key("openapi");
  out.value("3.1.0");
  out.key("info");
  out.begin_object();
  out.key("title");
  out.value("souk");
  out.key("version");
  out.value(version);
  out.end_object();
  out.key("paths");
  out.begin_object();
  for (const auto& [path, operations] : paths) {
    out.key(path);
    out.begin_object();
    for (const auto& [route, doc] : operations) write_operation(out, *route, doc);
    out.end_object();
  }
  out.end_object();
  out.key("components");
  out.begin_object();
  out.key("schemas");
  out.raw(schemas.components());
  out.key("securitySchemes");
  out.raw(R"({"api_key":{"type":"http","scheme":"bearer"}})");
  out.end_object();
  out.end_object();
  return text;
}

}  // namespace souk::api
