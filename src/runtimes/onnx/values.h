// SPDX-License-Identifier: Apache-2.0
//
// Tensors to OrtValues and back.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtimes/onnx/library.h"
#include "runtimes/runtime.h"

namespace souk::runtimes {

// Errors: unimplemented (a type that no tensor protocol carries)
Result<Datatype> datatype_of(ONNXTensorElementDataType type);
ONNXTensorElementDataType element_type_of(Datatype type);

// Aligned copies of inputs that were not; as long as the values made from them.
using InputCopies = std::vector<std::shared_ptr<std::byte>>;

// A value over the view's bytes; strings are copied. The view was checked against the signature.
Result<ValueOwner> make_value(const Environment& environment, const TensorView& view, InputCopies& copies);

// A tensor that owns the value. Errors: internal (not a tensor), unimplemented (its type)
Result<Tensor> take_tensor(ValueOwner value, const std::string& name, std::shared_ptr<const Environment> environment);

}  // namespace souk::runtimes
