// SPDX-License-Identifier: Apache-2.0
//
// YAML to JSON and back, so that described structs are read from YAML through json::read. One document; the core
// schema of YAML 1.2 (section 10.3): `yes` is a string, `0x10` is 16. Keys are scalars and unique; merge keys, tags
// other than the core schema's, .inf and .nan are refused. yaml-cpp stands behind this header only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace souk::yaml {

struct Limits {
  std::size_t bytes = 256 << 10;   // of the text
  std::size_t expanded = 1 << 20;  // bytes of the JSON, aliases written out
  std::size_t depth = 32;          // of nesting
  std::size_t aliases = 100;
};

// How a plain scalar is taken: as the core schema says, or always as its text.
enum class Scalars { typed, text };

// An empty text is null. Errors: invalid_argument with the line and column
Result<json::Raw> to_json(std::string_view text, Limits limits = {}, Scalars scalars = Scalars::typed);

// In block style, with a line end; strings are quoted where they would be taken for something else.
std::string from_json(json::Value value);

}  // namespace souk::yaml
