// SPDX-License-Identifier: Apache-2.0
//
// Names of datatypes as the Open Inference Protocol writes them, without the cost of a description look-up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "registry/signature.h"

namespace souk::runtimes {

inline constexpr std::array<std::string_view, 14> kDatatypeNames{"BOOL", "UINT8", "UINT16", "UINT32", "UINT64",
                                                                 "INT8", "INT16", "INT32",  "INT64",  "FP16",
                                                                 "BF16", "FP32",  "FP64",   "BYTES"};
static_assert(static_cast<std::size_t>(registry::Datatype::BYTES) + 1 == kDatatypeNames.size());

constexpr std::string_view datatype_name(registry::Datatype type) {
  return kDatatypeNames[static_cast<std::size_t>(type)];
}

constexpr std::optional<registry::Datatype> find_datatype(std::string_view name) {
  for (std::size_t i = 0; i < kDatatypeNames.size(); ++i) {
    if (kDatatypeNames[i] == name) return static_cast<registry::Datatype>(i);
  }
  return std::nullopt;
}

// "[1,-1,64]"
std::string shape_text(std::span<const std::int64_t> shape);

// How many elements a shape has; none when a dimension is negative or the product passes 2^62.
std::optional<std::uint64_t> element_count(std::span<const std::int64_t> shape);

}  // namespace souk::runtimes
