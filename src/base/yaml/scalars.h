// SPDX-License-Identifier: Apache-2.0
//
// What a plain YAML scalar means: the core schema of YAML 1.2, section 10.3.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace souk::yaml {

// The JSON of a plain scalar: null, true, a number or a string. Nothing: a number without a JSON form (.inf, .nan).
std::optional<std::string> typed_scalar(std::string_view text);

}  // namespace souk::yaml
