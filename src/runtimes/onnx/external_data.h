// SPDX-License-Identifier: Apache-2.0
//
// Which other files an ONNX model takes weights from. ONNX Runtime would open any path that a model names below
// the model's folder, which with content-addressed files is everybody's: so souk reads the names first and gives
// the bytes of the version's own files. Source: onnx.proto3 (ModelProto, TensorProto.external_data).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace souk::runtimes {

// An initializer of the main graph that lies in another file, as the model says it: to be checked against the file.
struct ExternalTensor {
  std::string name;
  std::string location;
  std::int64_t element_type = 0;  // TensorProto.DataType, which is ONNXTensorElementDataType
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};

struct ExternalData {
  std::set<std::string> locations;
  std::vector<ExternalTensor> tensors;
};

// Reads only the lengths of what it skips, so weights are not touched. Errors: invalid_argument (not a protobuf
// message; nested too deep; a tensor elsewhere than among the main graph's initializers that lies in another file)
Result<ExternalData> external_data(std::span<const std::byte> model);

}  // namespace souk::runtimes
