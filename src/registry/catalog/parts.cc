// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/parts.h"

#include <algorithm>
#include <charconv>

#include "registry/catalog/metadata.h"

namespace souk::registry::parts {

namespace {

constexpr std::size_t kMaxName = 500;
constexpr std::size_t kMaxProperties = 64 << 10;

void add_value(store::Facts& facts, std::string name, json::Value value) {
  switch (value.kind()) {
    case json::Kind::string:
      return facts.add(std::move(name), std::string(value.string()));
    case json::Kind::boolean:
      return facts.add(std::move(name), value.boolean());
    case json::Kind::integer:
      return facts.add(std::move(name), value.integer());
    case json::Kind::unsigned_integer:
    case json::Kind::number:
      return facts.add(std::move(name), value.number());
    case json::Kind::array:
      (void)value.each_element([&](json::Value one) -> Status {
        if (one.kind() != json::Kind::array && one.kind() != json::Kind::object) add_value(facts, name, one);
        return {};
      });
      return;
    case json::Kind::null:
    case json::Kind::object:
      return;
  }
}

}  // namespace

Status to_text(cards::Scalar& value, const char* field) {
  if (!value || value->text.front() == '"') return {};
  if (value->text.front() == '{' || value->text.front() == '[')
    return invalid_argument(std::string(field) + ": expected text").at(field);
  value->text = json::write(value->text);
  return {};
}

Result<std::optional<std::int64_t>> time_of(cards::Scalar& value, const char* field) {
  if (!value) return std::optional<std::int64_t>();
  std::string digits = value->text;
  std::erase(digits, '"');
  std::int64_t millis = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), millis);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size())
    return invalid_argument(std::string(field) + " is not a time in milliseconds since the epoch").at(field);
  value->text = "\"" + digits + "\"";
  return std::optional(millis);
}

Result<json::Raw> plain_properties(const std::optional<json::Raw>& given) {
  if (!given) return json::Raw{"{}"};
  if (given->text.size() > kMaxProperties)
    return invalid_argument("customProperties have more than 64 KiB").at("customProperties");
  const json::Document document = SOUK_TRY(json::Document::parse(given->text));
  if (document.root().kind() != json::Kind::object)
    return invalid_argument("customProperties: expected an object").at("customProperties");
  json::Raw out;
  out.text.clear();
  json::Writer writer(out.text);
  writer.begin_object();
  SOUK_TRY(document.root().each_member([&](std::string_view key, json::Value value) -> Status {
    std::string raw = value.raw();
    if (value.kind() == json::Kind::object && value.find("metadataType")) {
      const std::string one = "{" + json::write(std::string(key)) + ":" + raw + "}";
      const json::Raw read = SOUK_TRY(read_metadata({one}));
      const json::Document inner = SOUK_TRY(json::Document::parse(read.text));
      SOUK_TRY(inner.root().each_member([&](std::string_view, json::Value plain) -> Status {
        raw = plain.raw();
        return {};
      }));
    }
    writer.key(key);
    writer.raw(raw);
    return {};
  }));
  writer.end_object();
  return out;
}

std::string metadata_text(const json::Raw& properties) {
  std::string out;
  json::Writer writer(out);
  write_metadata(writer, properties);
  return out;
}

void add_properties(store::Facts& facts, const std::string& prefix, const json::Raw& properties) {
  const Result<json::Document> document = json::Document::parse(properties.text);
  if (!document) return;
  (void)document->root().each_member([&](std::string_view key, json::Value value) -> Status {
    add_value(facts, prefix + std::string(key), value);
    return {};
  });
}

void add_text(store::Facts& facts, const char* name, const cards::Text& text) {
  if (text) facts.add(name, *text);
}
void add_texts(store::Facts& facts, const char* name, const cards::Texts& texts) {
  if (!texts) return;
  for (const std::string& one : *texts) facts.add(name, one);
}

void append_words(std::string& words, std::string_view text) {
  words += '\n';
  for (char c : text) words += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

Result<json::Raw> begin_entry(CatalogEntry& entry, cards::Common& card) {
  if (card.name.empty() || card.name.size() > kMaxName || card.name.find('\0') != std::string::npos)
    return invalid_argument("name: expected 1 to 500 bytes without NUL").at("name");
  entry.name = card.name;
  entry.facts.add("name", card.name);
  add_text(entry.facts, "externalId", card.externalId);
  add_text(entry.facts, "description", card.description);
  const auto created = SOUK_TRY(time_of(card.createTimeSinceEpoch, "createTimeSinceEpoch"));
  const auto updated = SOUK_TRY(time_of(card.lastUpdateTimeSinceEpoch, "lastUpdateTimeSinceEpoch"));
  if (created) entry.facts.add("createTimeSinceEpoch", *created);
  if (updated) entry.facts.add("lastUpdateTimeSinceEpoch", *updated);
  json::Raw properties = SOUK_TRY(plain_properties(card.customProperties));
  add_properties(entry.facts, "custom_properties.", properties);
  card.customProperties = json::Raw{metadata_text(properties)};
  return properties;
}

void give_id(CatalogEntry& entry, std::int64_t id) {
  entry.id = id;
  entry.facts.add("id", id);
}

Error about(json::Value value, const Error& error) {
  const std::string what = error.field.empty() ? "" : error.field + ": ";
  const auto name = value.kind() == json::Kind::object ? value.find("name") : std::nullopt;
  const bool named = name && name->kind() == json::Kind::string;
  return invalid_argument((named ? access::as_shown(name->string()) : std::string("an entry without a name")) + ": " +
                          what + error.message);
}

}  // namespace souk::registry::parts
