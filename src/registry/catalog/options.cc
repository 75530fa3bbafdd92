// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <set>

#include "registry/catalog/find.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMostValues = 100;
constexpr std::size_t kLongestValue = 200;
constexpr std::size_t kMostOptions = 1000;

// What one field was seen to hold.
struct Seen {
  std::set<std::string> texts;
  bool too_many = false;
  bool yes = false, no = false;
  bool text = false, number = false, whole = true;
  double least = std::numeric_limits<double>::max(), greatest = std::numeric_limits<double>::lowest();

  void add(const store::Fact& fact) {
    if (const auto* value = std::get_if<std::string>(&fact)) {
      text = true;
      if (value->size() > kLongestValue || texts.size() == kMostValues) too_many |= !texts.contains(*value);
      if (!too_many) texts.insert(*value);
    } else if (const auto* flag = std::get_if<bool>(&fact)) {
      (*flag ? yes : no) = true;
    } else {
      const auto* integer = std::get_if<std::int64_t>(&fact);
      const double value_of = integer != nullptr ? static_cast<double>(*integer) : std::get<double>(fact);
      number = true;
      whole &= integer != nullptr;
      least = std::min(least, value_of);
      greatest = std::max(greatest, value_of);
    }
  }

  void write(json::Writer& out) const {
    out.begin_object();
    out.key("type");
    out.value(number && !text ? "number" : "string");
    if (number && !text) {
      out.key("range");
      out.begin_object();
      out.key("min");
      out.value(least);
      out.key("max");
      out.value(greatest);
      out.end_object();
    } else if (yes || no || (text && !too_many)) {
      out.key("values");
      out.begin_array();
      if (no) out.value(false);
      if (yes) out.value(true);
      for (const std::string& one : texts) out.value(one);
      out.end_array();
    }
    out.end_object();
  }
};

// How a filter names it: custom properties by their name, those of artifacts with their type.
std::string option_name(const std::string& fact, const Seen& seen) {
  if (fact.starts_with("custom_properties.")) return fact.substr(18);
  if (!fact.starts_with("artifacts.")) return fact;
  if (seen.text) return fact + ".string_value";
  if (!seen.number) return fact + ".bool_value";
  return fact + (seen.whole ? ".int_value" : ".double_value");
}

}  // namespace

std::string filter_options(const std::vector<const CatalogEntry*>& entries, const std::vector<std::string>& columns,
                           const std::map<std::string, NamedQuery>& named) {
  std::map<std::string, Seen, std::less<>> seen;
  for (const CatalogEntry* entry : entries) {
    for (const auto& [name, fact] : entry->facts.all()) {
      const bool property = name.starts_with("custom_properties.") || name.starts_with("artifacts.");
      if (!property && std::ranges::find(columns, name) == columns.end()) continue;
      if (seen.size() == kMostOptions && !seen.contains(name)) continue;
      seen[name].add(fact);
    }
  }
  std::string text;
  json::Writer out(text);
  out.begin_object();
  out.key("filters");
  out.begin_object();
  for (const auto& [fact, one] : seen) {
    const std::string name = option_name(fact, one);
    if (name != fact && std::ranges::find(columns, name) != columns.end()) continue;  // the column is meant
    out.key(name);
    one.write(out);
  }
  out.end_object();
  out.key("namedQueries");
  out.begin_object();
  for (const auto& [name, query] : named) {
    out.key(name);
    out.begin_object();
    for (const auto& [field, condition] : query) {
      out.key(field);
      out.raw(condition);
    }
    out.end_object();
  }
  out.end_object();
  out.end_object();
  return text;
}

}  // namespace souk::registry
