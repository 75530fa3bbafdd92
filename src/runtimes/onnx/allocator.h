// SPDX-License-Identifier: Apache-2.0
//
// The memory of ONNX Runtime's sessions: what a run needs comes from souk's own blocks and the heap instead of an arena
// of each session, so that large tensors find pages that are there already, and what is no longer needed goes back to
// the system. What a load takes, weights above all, comes from the heap, whose growth is what a model is measured by
// (serving/capacity/meter.h).
#pragma once

#include <memory>

#include <onnxruntime_c_api.h>

#include "base/blocks.h"

namespace souk::runtimes {

class Allocator final : public OrtAllocator {
 public:
  // `cpu` and the blocks are kept as long as this.
  Allocator(std::shared_ptr<Blocks> blocks, const OrtMemoryInfo* cpu);
  Allocator(const Allocator&) = delete;

  // While it lives, what this thread asks for is there to stay.
  struct Loading {
    Loading();
    ~Loading();
    Loading(const Loading&) = delete;
  };

 private:
  // Throws std::bad_alloc: ONNX Runtime does not look whether an allocator of others gave it any, and makes it a
  // status.
  void* allocate(std::size_t size, bool stays);
  void release(void* at) noexcept;

  const std::shared_ptr<Blocks> blocks_;
  const OrtMemoryInfo* const cpu_;
};

}  // namespace souk::runtimes
