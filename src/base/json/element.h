// SPDX-License-Identifier: Apache-2.0
//
// What stands behind json::Value. For the .cc files of base only.
#pragma once

#include <simdjson.h>

#include <bit>

#include "base/json.h"

namespace souk::json {

struct ValueAccess {
  static simdjson::dom::element element(const Value& value) {
    return std::bit_cast<simdjson::dom::element>(value.handle_);
  }
  static Value value(simdjson::dom::element element) {
    Value value;
    value.handle_ = std::bit_cast<std::array<std::uintptr_t, 2>>(element);
    return value;
  }
};

}  // namespace souk::json
