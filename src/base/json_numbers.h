// SPDX-License-Identifier: Apache-2.0
//
// Tensors in JSON: a possibly nested array straight into a typed row-major vector, and spans out again.
//
//   std::vector<float> pixels; std::vector<std::int64_t> shape;
//   SOUK_TRY(json::read_array(value, pixels, shape));      // [[1,2],[3,4]]: {1,2,3,4} and {2,2}
//
// T: the integers of 8 to 64 bits, float, double, std::string; Bool for booleans (a byte a value).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"

namespace souk::json {

enum class Bool : std::uint8_t { no, yes };

// Reads `in`, whose arrays at each depth have one length; `shape` is those lengths, outermost first. Integers take
// no fraction.
// Errors: invalid_argument with the element's path (not an array, ragged, of another type, out of T's range)
template <class T>
Status read_array(Value in, std::vector<T>& out, std::vector<std::int64_t>& shape);

// One flat array; NaN and infinities are null.
template <class T>
void write_array(Writer& out, std::span<const T> values);
void write_array(Writer& out, std::span<const std::string_view> values);

}  // namespace souk::json
