// SPDX-License-Identifier: Apache-2.0
//
// The data of one tensor as REST carries it: a JSON array, nested or flat, or bytes (little-endian; BYTES as
// four bytes of length before each element).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "runtimes/runtime.h"

namespace souk::api::oip {

// Fills data or strings of the view, whose datatype and shape are set, and gives what owns the bytes (none for
// strings in the document; then they are owned by what is returned too).
// Errors: invalid_argument (an element of another type or beyond the datatype's range; a count or nesting that is
// not the shape's; FP16, BF16)
Result<std::shared_ptr<void>> read_json_data(json::Value data, runtimes::TensorView& view);

// As views into `bytes`. Errors: invalid_argument (BYTES: a length past the end)
Status read_binary_data(std::string_view bytes, runtimes::TensorView& view);

// Errors: failed_precondition (FP16 and BF16, values that are not finite: JSON cannot say them)
Status write_json_data(json::Writer& out, const runtimes::Tensor& tensor);

// Four bytes of length and the text, for each.
std::string write_bytes(const std::vector<std::string>& strings);

}  // namespace souk::api::oip
