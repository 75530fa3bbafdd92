// SPDX-License-Identifier: Apache-2.0
//
// Where a page of a list that is held in memory ended: its last object's value in the order, and its id. As the tokens
// of listing.h: opaque, signed, and of one query.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::store {

struct ListPosition {
  std::int64_t id = 0;
  std::optional<std::string> text;  // neither this nor a number: what has no value comes last
  std::optional<std::int64_t> number;
};

// `scope` says which query it is.
std::string list_position_token(std::string_view token_key, std::string_view scope, ListPosition position);
// Empty is nothing. Errors: invalid_argument
Result<std::optional<ListPosition>> read_list_position(std::string_view token_key, std::string_view scope,
                                                       std::string_view token);

}  // namespace souk::store
