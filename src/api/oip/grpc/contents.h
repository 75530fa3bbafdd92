// SPDX-License-Identifier: Apache-2.0
//
// InferTensorContents: a tensor's elements as repeated numbers of a wider type, packed or not, or as texts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtimes/runtime.h"

namespace souk::api::oip {

// Fills data or strings of the view, whose datatype is set, from the contents' parts (a message that comes in several
// is one). Gives what owns the bytes; none when they are views into the parts.
// Errors: invalid_argument (another type's contents, a number beyond the datatype, malformed)
Result<std::shared_ptr<void>> read_contents(std::span<const std::string_view> parts, runtimes::TensorView& view);

// The field of contents for tensors of that datatype ("fp32_contents"); empty: there is none.
std::string_view contents_field(registry::Datatype type);

// Appends the tensor's elements as InferTensorContents. Errors: failed_precondition (FP16, BF16: raw only)
Status write_contents(const runtimes::Tensor& tensor, std::string& out);

}  // namespace souk::api::oip
