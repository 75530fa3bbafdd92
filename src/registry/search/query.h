// SPDX-License-Identifier: Apache-2.0
//
// What somebody typed into the box, taken apart. Inside the room only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace souk::registry {

struct MetricTerm {
  std::string name;
  std::string op;  // = < <= > >=
  double value = 0;
};

struct SearchQuery {
  std::vector<std::string> words;
  std::optional<std::string> kind, task, alias, owner, state;
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<MetricTerm> metrics;
};

// Errors: invalid_argument
Result<SearchQuery> parse_search(std::string_view text);

}  // namespace souk::registry
