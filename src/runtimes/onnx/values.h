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
struct FreeAligned {
  void operator()(std::byte* bytes) const { ::operator delete(bytes, std::align_val_t{64}); }
};
using InputCopies = std::vector<std::unique_ptr<std::byte, FreeAligned>>;

// A value over the view's bytes; strings are copied. The view was checked against the signature.
Result<ValueOwner> make_value(const Environment& environment, const TensorView& view, InputCopies& copies);

// A tensor that owns the value. Errors: internal (not a tensor), unimplemented (its type)
Result<Tensor> take_tensor(ValueOwner value, const std::string& name, std::shared_ptr<const Environment> environment);

}  // namespace souk::runtimes
