// SPDX-License-Identifier: Apache-2.0
//
// Which other files an ONNX model takes weights from. ONNX Runtime would open any path that a model names below
// the model's folder, which with content-addressed files is everybody's: so souk reads the names first and gives
// the bytes of the version's own files. Source: onnx.proto3 (ModelProto, TensorProto.external_data).
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>

#include "base/result.h"

namespace souk::runtimes {

// The locations of a model's initializers that lie elsewhere, as the model writes them. Reads only the lengths of
// what it skips, so weights are not touched. Errors: invalid_argument (not a protobuf message; nested too deep; a
// tensor elsewhere than among the main graph's initializers that lies in another file)
Result<std::set<std::string>> external_locations(std::span<const std::byte> model);

}  // namespace souk::runtimes
