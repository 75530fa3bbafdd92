// SPDX-License-Identifier: Apache-2.0
#include "base/json_schema.h"

#include <vector>

namespace souk::json {
namespace {

// "souk::api::(anonymous namespace)::Model" as {"souk", "api", "Model"}.
std::vector<std::string> name_parts(std::string_view qualified) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t colons = qualified.find("::");
    const std::string_view part = qualified.substr(0, colons);
    if (!part.empty() && part.front() != '(' && part.front() != '{') parts.emplace_back(part);
    if (colons == std::string_view::npos) return parts;
    qualified.remove_prefix(colons + 2);
  }
}

std::string capitalized(std::string name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

}  // namespace

bool Schemas::begin_component(const void* type, std::string_view qualified_name) {
  if (names_.contains(type)) return false;
  std::vector<std::string> parts = name_parts(qualified_name);
  std::string name = parts.back();
  parts.pop_back();
  while (schemas_.contains(name)) {
    name = parts.empty() ? name + "2" : capitalized(parts.back()) + name;
    if (!parts.empty()) parts.pop_back();
  }
  schemas_[name];  // taken before the fields, which may refer to it
  names_[type] = std::move(name);
  return true;
}

std::string Schemas::reference(const void* type) const {
  return R"({"$ref":"#/components/schemas/)" + names_.at(type) + R"("})";
}

void Schemas::add_object(const void* type, std::span<const Field> fields) {
  std::string text;
  Writer out(text);
  out.begin_object();
  out.key("type");
  out.value("object");
  out.key("properties");
  out.begin_object();
  bool any_required = false;
  for (const Field& field : fields) {
    out.key(field.name);
    out.raw(field.schema(*this));
    any_required |= field.required;
  }
  out.end_object();
  if (any_required) {
    out.key("required");
    out.begin_array();
    for (const Field& field : fields) {
      if (field.required) out.value(field.name);
    }
    out.end_array();
  }
  out.end_object();
  schemas_[names_.at(type)] = std::move(text);
}

void Schemas::add_enum(const void* type, std::span<const detail::EnumName> names) {
  std::string text;
  Writer out(text);
  out.begin_object();
  out.key("type");
  out.value("string");
  out.key("enum");
  out.begin_array();
  for (const detail::EnumName& one : names) out.value(one.name);
  out.end_array();
  out.end_object();
  schemas_[names_.at(type)] = std::move(text);
}

std::string Schemas::nullable(std::string schema) {
  constexpr std::string_view kType = R"({"type":")";
  if (schema == "{}") return schema;
  if (!schema.starts_with(kType)) return R"({"anyOf":[)" + schema + R"(,{"type":"null"}]})";
  const std::size_t end = schema.find('"', kType.size());
  const std::string type = schema.substr(kType.size(), end - kType.size());
  return R"({"type":[")" + type + R"(","null"])" + schema.substr(end + 1);
}

std::string Schemas::integer(std::string_view minimum, std::string_view maximum, std::string_view format) {
  std::string text;
  Writer out(text);
  out.begin_object();
  out.key("type");
  out.value("integer");
  if (!format.empty()) {
    out.key("format");
    out.value(format);
  }
  if (!minimum.empty()) {
    out.key("minimum");
    out.raw(minimum);
    out.key("maximum");
    out.raw(maximum);
  }
  out.end_object();
  return text;
}

std::string Schemas::components() const {
  std::string text;
  Writer out(text);
  out.begin_object();
  for (const auto& [name, schema] : schemas_) {
    out.key(name);
    out.raw(schema);
  }
  out.end_object();
  return text;
}

}  // namespace souk::json
