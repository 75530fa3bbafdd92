// SPDX-License-Identifier: Apache-2.0
//
// One loaded ONNX model. Immutable after `open`, so requests run side by side without a lock of ours, each thread
// always in the same of its sessions. Inputs are views over the caller's bytes (copied once when not aligned to their
// element); outputs are ONNX Runtime's own buffers, owned by Tensor::owner.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtimes/onnx/external_data.h"
#include "runtimes/onnx/library.h"
#include "runtimes/onnx/mapped_file.h"
#include "runtimes/runtime.h"

namespace souk::runtimes {

// A file that holds weights of the model, as the model names it.
struct WeightFile {
  std::string location;
  MappedFile file;
};
using Weights = std::vector<WeightFile>;

class OnnxSession final : public Runtime {
 public:
  // The bytes may go when it returns. `tensors`, those in `weights`, are used where they lie, so that what no kernel
  // wants in another order stays the file's pages, which all who map the file share. Errors: as Loader::load
  static Result<std::shared_ptr<OnnxSession>> open(std::shared_ptr<const Environment> environment,
                                                   std::span<const std::byte> model, Weights weights,
                                                   std::span<const ExternalTensor> tensors, Concurrency wanted);

  const Signature& signature() const override { return signature_; }
  void infer(const InferRequest& request, Deadline deadline, Completion done) override;
  MemoryUse memory() const override { return memory_; }
  Concurrency concurrency() const override { return concurrency_; }
  void set_memory(MemoryUse memory) { memory_ = memory; }

 private:
  OnnxSession() = default;
  Status map_weights(OrtSessionOptions* options, std::span<const ExternalTensor> tensors);
  Status read_signature();
  OrtSession* mine() const;
  Status check_batch(const InferRequest& request) const;
  InferResult run(const InferRequest& request) const;

  std::shared_ptr<const Environment> environment_;
  Weights weights_;                     // mapped, longer than
  std::vector<ValueOwner> mapped_;      // the values over them, longer than
  PrepackedOwner reordered_;            // of those, shared by
  std::vector<SessionOwner> sessions_;  // alike
  Concurrency concurrency_;
  Signature signature_;
  std::vector<const char*> input_names_, output_names_;  // of signature_, where they stay
  std::vector<std::string> batch_names_;  // of each input: what the model calls its dynamic first dimension, or ""
  MemoryUse memory_;
};

}  // namespace souk::runtimes
