// SPDX-License-Identifier: Apache-2.0
//
// Request parameters, as every form of the protocol carries them: a name and a text, number or boolean. Names that
// nobody here knows are passed over (inference_rest.md, "Parameters").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace souk::api::oip {

using ParameterValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

struct Parameters {
  // Of an input.
  std::optional<std::uint64_t> binary_data_size;
  // Of an output.
  std::optional<bool> binary_data;
  std::optional<std::uint64_t> classification;  // the best so many classes instead of the tensor
  // Of the request.
  std::optional<bool> binary_data_output;
  std::optional<std::uint64_t> timeout_us;  // from the request's arrival to its run
  std::optional<std::uint64_t> priority;    // 1 is the most urgent
};

// Errors: invalid_argument (a known name with a value it cannot have; the message begins with "expected"),
// unimplemented (shared memory)
Status set_parameter(std::string_view name, const ParameterValue& value, Parameters& out);

}  // namespace souk::api::oip
