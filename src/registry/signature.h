// SPDX-License-Identifier: Apache-2.0
//
// What a version takes and gives. Datatypes are those of the Open Inference Protocol (required_api.md, "Tensor
// Data Types") with BF16. A dimension of -1 is dynamic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/json.h"

namespace souk::registry {

BOOST_DEFINE_ENUM_CLASS(Datatype, BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, BF16, FP32,
                        FP64, BYTES)

// Unit: bytes an element; 0 for BYTES.
constexpr std::size_t element_size(Datatype type) {
  switch (type) {
    case Datatype::BOOL:
    case Datatype::UINT8:
    case Datatype::INT8:
      return 1;
    case Datatype::UINT16:
    case Datatype::INT16:
    case Datatype::FP16:
    case Datatype::BF16:
      return 2;
    case Datatype::UINT32:
    case Datatype::INT32:
    case Datatype::FP32:
      return 4;
    case Datatype::UINT64:
    case Datatype::INT64:
    case Datatype::FP64:
      return 8;
    case Datatype::BYTES:
      return 0;
  }
  return 0;
}

struct TensorSpec {
  std::string name;
  Datatype datatype = Datatype::FP32;
  std::vector<std::int64_t> shape;
  std::optional<double> min = {};  // declared by the version: elements are at least so much
  std::optional<double> max = {};
  bool operator==(const TensorSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(TensorSpec, (), (name, datatype, shape, min, max))

struct Signature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::optional<std::string> task;  // "CLASSIFICATION": the typed task that the version declares
  bool operator==(const Signature&) const = default;
};
BOOST_DESCRIBE_STRUCT(Signature, (), (inputs, outputs, task))

}  // namespace souk::registry
