// SPDX-License-Identifier: Apache-2.0
//
// What both databases refuse alike, so that neither keeps what the other cannot.
#pragma once

#include <span>
#include <string_view>

#include "store/store.h"

namespace souk::store {

bool is_utf8(std::string_view text);
// Errors: invalid_argument (NUL in text, text that is not UTF-8, NaN)
Status check_values(std::span<const Value> values);

}  // namespace souk::store
