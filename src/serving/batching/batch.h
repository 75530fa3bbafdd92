// SPDX-License-Identifier: Apache-2.0
//
// Several requests as one along the first dimension, and its answer as several.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtimes/runtime.h"

namespace souk::serving {

// The rows a request adds to a batch: the first dimension of its inputs; 0 when they disagree, or there is none.
std::int64_t rows_of(const runtimes::InferRequest& request);

// Whether the two may share a batch: the same inputs in the same order, with shapes equal but for the first
// dimension, and the same outputs.
bool joinable(const runtimes::InferRequest& a, const runtimes::InferRequest& b);

class Batch {
 public:
  // Members are joinable and have rows. Their data is copied; the rest must outlive the batch.
  explicit Batch(std::vector<const runtimes::InferRequest*> members);

  const runtimes::InferRequest& request() const { return joined_; }
  // Each member's part; the parts share the outputs' bytes. Errors: internal (an output has not the batch's rows)
  Result<std::vector<std::vector<runtimes::Tensor>>> split(std::vector<runtimes::Tensor> outputs) const;

 private:
  void join_input(std::size_t index);

  std::vector<const runtimes::InferRequest*> members_;
  std::vector<std::int64_t> rows_;
  std::int64_t all_rows_ = 0;
  runtimes::InferRequest joined_;
  std::vector<std::vector<std::byte>> bytes_;  // of the inputs; operator new aligns them for every datatype
};

}  // namespace souk::serving
