// SPDX-License-Identifier: Apache-2.0
//
// From a datatype to the C++ type of its elements, for tensors that come as numbers (JSON, InferTensorContents).
#pragma once

#include <cstdint>

#include "registry/signature.h"

namespace souk::api::oip {

// Calls f with a value of the C++ type that a datatype's elements have on the wire; false when it has none: 16-bit
// floats and texts. `Bool`: that of BOOL.
template <class Bool, class F>
bool with_element_type(registry::Datatype type, F&& f) {
  using registry::Datatype;
  switch (type) {
    case Datatype::BOOL:
      f(Bool());
      return true;
    case Datatype::UINT8:
      f(std::uint8_t());
      return true;
    case Datatype::UINT16:
      f(std::uint16_t());
      return true;
    case Datatype::UINT32:
      f(std::uint32_t());
      return true;
    case Datatype::UINT64:
      f(std::uint64_t());
      return true;
    case Datatype::INT8:
      f(std::int8_t());
      return true;
    case Datatype::INT16:
      f(std::int16_t());
      return true;
    case Datatype::INT32:
      f(std::int32_t());
      return true;
    case Datatype::INT64:
      f(std::int64_t());
      return true;
    case Datatype::FP32:
      f(float());
      return true;
    case Datatype::FP64:
      f(double());
      return true;
    case Datatype::FP16:
    case Datatype::BF16:
    case Datatype::BYTES:
      break;
  }
  return false;
}

}  // namespace souk::api::oip
