// SPDX-License-Identifier: Apache-2.0
//
// What models, artifacts, servers and tools have in common when they are read. Inside the catalogue only.
#pragma once

#include <string>

#include "access/access.h"
#include "registry/catalog/cards.h"
#include "registry/catalog/model.h"

namespace souk::registry::parts {

// A scalar as the text it stands for. Errors: invalid_argument
Status to_text(cards::Scalar& value, const char* field);
// Milliseconds, as a number or its text; made text. Errors: invalid_argument
Result<std::optional<std::int64_t>> time_of(cards::Scalar& value, const char* field);
// Custom properties, in the contract's form or plain, as plain values. Errors: invalid_argument
Result<json::Raw> plain_properties(const std::optional<json::Raw>& given);
std::string metadata_text(const json::Raw& properties);

void add_properties(store::Facts& facts, const std::string& prefix, const json::Raw& properties);
void add_text(store::Facts& facts, const char* name, const cards::Text& text);
void add_texts(store::Facts& facts, const char* name, const cards::Texts& texts);
// In small letters, for searches.
void append_words(std::string& words, std::string_view text);

// What all entries have in common. Returns the plain custom properties.
Result<json::Raw> begin_entry(CatalogEntry& entry, cards::Common& card);
void give_id(CatalogEntry& entry, std::int64_t id);

// {"id": …, "source_id": …, `more`, what the card says}
template <class Card>
std::string shown(const CatalogEntry& entry, std::string_view source, const Card& card, const std::string& more = {}) {
  std::string out = "{\"id\":\"" + std::to_string(entry.id) + "\",";
  if (!source.empty()) out += "\"source_id\":" + json::write(std::string(source)) + ",";
  return out + more + json::write(card).substr(1);
}

template <class Card>
Result<Card> read_card(json::Value value) {
  if (value.kind() != json::Kind::object)
    return invalid_argument("expected an object, got " + std::string(value.kind_name()));
  Card card;
  SOUK_TRY(json::read(value, card, json::UnknownFields::ignore, ""));
  return card;
}

// The name of the entry and its field, in front of what is wrong.
Error about(json::Value value, const Error& error);
template <class T>
Result<T> about(json::Value value, Result<T> result) {
  if (result) return result;
  return about(value, result.error());
}

}  // namespace souk::registry::parts
