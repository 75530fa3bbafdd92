// SPDX-License-Identifier: Apache-2.0
//
// An inference request off the wire. Tensors of the binary extension are views into the body; those in JSON are read
// once into memory that the request owns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "runtimes/runtime.h"

namespace souk::api::oip {

inline constexpr std::size_t kMaxTensors = 1024;
inline constexpr std::size_t kMaxDimensions = 32;

struct WantedOutput {
  std::string name;
  bool binary = false;
};

struct Request {
  std::string id;
  std::vector<WantedOutput> outputs;  // empty: all
  bool binary_output = false;         // of outputs that are not named
  runtimes::InferRequest infer;       // views into the body, `names` and `held`

  bool is_binary(std::string_view output) const;

  std::vector<std::unique_ptr<std::string>> names;
  std::vector<std::shared_ptr<void>> held;  // values that came as JSON
};

// `header_length`: the value of Inference-Header-Content-Length; absent: all of the body is JSON. `body` must outlive
// the request. Errors: invalid_argument, `field` as "inputs[0].data", the message naming the tensor
Result<std::unique_ptr<Request>> parse_request(std::string_view body, std::optional<std::string_view> header_length);

// Bytes of a BYTES tensor: each element its length (four bytes, little-endian) and itself. Errors: invalid_argument
Result<std::vector<std::string_view>> split_strings(std::string_view bytes, std::uint64_t count);

}  // namespace souk::api::oip
