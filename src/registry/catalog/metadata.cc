// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/metadata.h"

#include <charconv>
#include <cmath>

#include "access/access.h"
#include "base/digest.h"

namespace souk::registry {
namespace {

Error wrong(std::string_view key, const std::string& why) {
  return invalid_argument("customProperties " + access::as_shown(key) + ": " + why).at("customProperties");
}

// A double keeps its kind: 1 is written 1.0.
void write_double(json::Writer& out, double number) {
  std::string text;
  json::Writer digits(text);
  digits.value(number);
  if (text.find_first_of(".eE") == std::string::npos) text += ".0";
  out.raw(text);
}

Status read_int(json::Writer& out, std::string_view key, json::Value value) {
  if (value.kind() != json::Kind::string) return wrong(key, "int_value is a string that holds a whole number");
  const std::string_view text = value.string();
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size())
    return wrong(key, "int_value is not a whole number of 64 bits");
  out.value(number);
  return {};
}

Status read_struct(json::Writer& out, std::string_view key, json::Value value) {
  const auto refused = [&] { return wrong(key, "struct_value is not a JSON object in base64"); };
  if (value.kind() != json::Kind::string) return refused();
  const Result<std::string> text = from_base64(value.string());
  if (!text) return refused();
  const Result<json::Raw> raw = json::Raw::parse(*text);
  if (!raw || raw->text.empty() || raw->text.front() != '{') return refused();
  out.raw(raw->text);
  return {};
}

Status read_value(json::Writer& out, std::string_view key, json::Value value) {
  if (value.kind() != json::Kind::object) return wrong(key, "expected an object with a metadataType");
  const auto type = value.find("metadataType");
  if (!type || type->kind() != json::Kind::string) return wrong(key, "metadataType is missing");
  const std::string_view name = type->string();
  const auto member = [&](std::string_view field) -> Result<json::Value> {
    auto found = value.find(field);
    if (!found || value.size() != 2)
      return wrong(key, "a " + std::string(name) + " has metadataType and " + std::string(field) + ", and no more");
    return *found;
  };
  if (name == "MetadataStringValue") {
    const json::Value text = SOUK_TRY(member("string_value"));
    if (text.kind() != json::Kind::string) return wrong(key, "string_value is not a string");
    out.value(text.string());
    return {};
  }
  if (name == "MetadataBoolValue") {
    const json::Value flag = SOUK_TRY(member("bool_value"));
    if (flag.kind() != json::Kind::boolean) return wrong(key, "bool_value is not true or false");
    out.value(flag.boolean());
    return {};
  }
  if (name == "MetadataDoubleValue") {
    const json::Value number = SOUK_TRY(member("double_value"));
    const json::Kind kind = number.kind();
    const bool numeric =
        kind == json::Kind::number || kind == json::Kind::integer || kind == json::Kind::unsigned_integer;
    if (!numeric || !std::isfinite(number.number())) return wrong(key, "double_value is not a number");
    write_double(out, number.number());
    return {};
  }
  if (name == "MetadataIntValue") return read_int(out, key, SOUK_TRY(member("int_value")));
  if (name == "MetadataStructValue") return read_struct(out, key, SOUK_TRY(member("struct_value")));
  if (name == "MetadataProtoValue") return wrong(key, "MetadataProtoValue is not supported");
  return wrong(key, access::as_shown(name) + " is no metadataType");
}

void write_typed(json::Writer& out, std::string_view type, std::string_view field, auto&& write) {
  out.begin_object();
  out.key(field);
  write();
  out.key("metadataType");
  out.value(type);
  out.end_object();
}

void write_value(json::Writer& out, json::Value value) {
  switch (value.kind()) {
    case json::Kind::string:
      return write_typed(out, "MetadataStringValue", "string_value", [&] { out.value(value.string()); });
    case json::Kind::boolean:
      return write_typed(out, "MetadataBoolValue", "bool_value", [&] { out.value(value.boolean()); });
    case json::Kind::integer:
      return write_typed(out, "MetadataIntValue", "int_value", [&] { out.value(std::to_string(value.integer())); });
    case json::Kind::unsigned_integer:
    case json::Kind::number:
      return write_typed(out, "MetadataDoubleValue", "double_value", [&] { write_double(out, value.number()); });
    case json::Kind::null:
    case json::Kind::array:
    case json::Kind::object:
      return write_typed(out, "MetadataStructValue", "struct_value", [&] { out.value(to_base64(value.raw())); });
  }
}

}  // namespace

Result<json::Raw> read_metadata(const json::Raw& metadata) {
  const json::Document document = SOUK_TRY(json::Document::parse(metadata.text));
  if (document.root().kind() != json::Kind::object)
    return invalid_argument("customProperties: expected an object, got " + std::string(document.root().kind_name()))
        .at("customProperties");
  json::Raw out;
  out.text.clear();
  json::Writer writer(out.text);
  writer.begin_object();
  SOUK_TRY(document.root().each_member([&](std::string_view key, json::Value value) -> Status {
    writer.key(key);
    return read_value(writer, key, value);
  }));
  writer.end_object();
  return out;
}

void write_metadata(json::Writer& out, const json::Raw& properties) {
  out.begin_object();
  if (properties.text != "{}") {
    const auto document = json::Document::parse(properties.text);
    if (document && document->root().kind() == json::Kind::object) {
      (void)document->root().each_member([&](std::string_view key, json::Value value) -> Status {
        out.key(key);
        write_value(out, value);
        return {};
      });
    }
  }
  out.end_object();
}

}  // namespace souk::registry
