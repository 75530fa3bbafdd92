// SPDX-License-Identifier: Apache-2.0
//
// Filters, orders and pages over what a catalogue holds in memory: pages go on behind an object's value and id, so
// that they neither skip nor repeat when the catalogue is loaded anew between them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalog/model.h"
#include "store/lists/matcher.h"

namespace souk::registry {

struct CatalogQuery {
  std::string filter;
  std::string order_by;  // ID, NAME, CREATE_TIME, LAST_UPDATE_TIME, …; empty: the list's own
  bool descending = false;
  std::int64_t page_size = 100;
  std::string page_token;
  std::string words;                 // all of which must be found
  std::vector<std::string> sources;  // empty: all
  std::vector<std::string> labels;   // of sources; "null" are those without
};

// What a list is ordered by. Neither: it comes last.
struct SortKey {
  std::optional<std::string> text;
  std::optional<std::int64_t> number;
};
SortKey key_of(double number);
using KeyOf = std::function<SortKey(const CatalogEntry&)>;

enum class Orders { usual, models, artifacts };
// Errors: invalid_argument
Result<KeyOf> order_of(const CatalogQuery& query, Orders orders);

struct Ranked {
  SortKey key;
  std::int64_t id = 0;
  std::size_t index = 0;
};
struct Picked {
  std::vector<std::size_t> indices;
  std::string next_page_token;
};
// One page of them. `scope` names the list and what narrows it. Errors: invalid_argument (token)
Result<Picked> pick(std::vector<Ranked> all, const CatalogQuery& query, std::string_view scope,
                    std::string_view token_key);

const store::FilterSchema& model_filters();
const store::FilterSchema& artifact_filters();
const store::FilterSchema& server_filters();
const store::FilterSchema& tool_filters();
// A Matcher of the query's filter; a bare name is a custom property.
Result<store::Matcher> matcher_of(const std::string& filter, const store::FilterSchema& schema);

// Whether `words` (a search) are all in `text`, which is in small letters.
bool has_words(std::string_view text, std::string_view words);

// What filters may ask of these: {"filters": {NAME: {"type", "values" or "range"}}, "namedQueries": …}
std::string filter_options(const std::vector<const CatalogEntry*>& entries, const std::vector<std::string>& columns,
                           const std::map<std::string, NamedQuery>& named);

}  // namespace souk::registry
