// SPDX-License-Identifier: Apache-2.0
//
// An inference request as REST carries it: JSON, followed by the bytes of binary tensors. What comes out are views
// into the body wherever the wire allows. Sources: inference_rest.md, "Inference Request JSON Object"; the binary
// tensor data extension.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "runtimes/runtime.h"
#include "serving/serving.h"

namespace souk::api::oip {

struct WantedOutput {
  std::string name;
  std::optional<bool> binary;            // none: as the request says for all
  std::optional<std::uint64_t> classes;  // the best so many classes instead of the tensor
};

// A request, in whatever form it came. Owns everything that `infer` views. Not movable once parsed.
struct InferBody {
  std::string id;
  bool has_id = false;
  std::vector<WantedOutput> outputs;  // empty: all
  bool binary_outputs = false;        // for those that do not say
  std::optional<std::uint64_t> timeout_us;
  std::uint64_t priority = 0;  // of serving::InferOptions
  runtimes::InferRequest infer;

  bool is_binary(std::string_view output) const;
  // What the request says of how it is to be run; its deadline is `until`, or earlier by its own time-out.
  serving::InferOptions options(Deadline until) const;

  std::shared_ptr<const std::string> bytes;
  std::vector<std::string> names;            // of the inputs
  std::vector<std::shared_ptr<void>> owned;  // tensors that came as JSON
};

// `json_size`: the header Inference-Header-Content-Length; none: all of the body is JSON; 0: all of it is the one
// input of a model that has one, and the outputs come binary. `signature` is used for that only: whether a request
// fits the model is checked by serving. Errors: invalid_argument with `field`
Status parse(std::shared_ptr<const std::string> bytes, std::optional<std::uint64_t> json_size,
             const registry::Signature& signature, InferBody& out);

}  // namespace souk::api::oip
