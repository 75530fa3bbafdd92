// SPDX-License-Identifier: Apache-2.0
//
// One loaded ONNX model. Immutable after `open`, so requests run side by side without a lock of ours.
// Inputs are views over the caller's bytes (copied once when not aligned to their element); outputs are ONNX
// Runtime's own buffers, owned by Tensor::owner.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtimes/onnx/library.h"
#include "runtimes/runtime.h"

namespace souk::runtimes {

// A file that holds weights of the model, as the model names it.
struct WeightFile {
  std::string location;
  std::span<const std::byte> bytes;
};

class OnnxSession final : public Runtime {
 public:
  // The bytes may go when it returns. Errors: as Loader::load
  static Result<std::shared_ptr<OnnxSession>> open(std::shared_ptr<const Environment> environment,
                                                   std::span<const std::byte> model,
                                                   std::span<const WeightFile> weights);

  const Signature& signature() const override { return signature_; }
  void infer(const InferRequest& request, Deadline deadline, Completion done) override;
  MemoryUse memory() const override { return memory_; }
  void set_memory(MemoryUse memory) { memory_ = memory; }

 private:
  OnnxSession() = default;
  Status read_signature();
  Status check_batch(const InferRequest& request) const;
  InferResult run(const InferRequest& request) const;

  std::shared_ptr<const Environment> environment_;
  SessionOwner session_;
  Signature signature_;
  std::vector<const char*> input_names_, output_names_;  // of signature_, where they stay
  std::vector<std::string> batch_names_;  // of each input: what the model calls its dynamic first dimension, or ""
  MemoryUse memory_;
};

}  // namespace souk::runtimes
