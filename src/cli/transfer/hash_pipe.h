// SPDX-License-Identifier: Apache-2.0
//
// Hashes a stream of bytes on a thread of its own, while the owner's thread does the input and output: a ring of
// blocks, filled by the owner and hashed in order. The owner waits only when all blocks are still to be hashed. A
// stream shorter than a block is hashed in place.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "base/digest.h"

namespace souk::cli {

class HashPipe {
 public:
  static constexpr std::size_t kBlock = 1 << 20;

  HashPipe();
  ~HashPipe();

  // The block to fill next. Valid until submit(); what was submitted stays readable until the next call of block().
  std::span<std::byte> block();
  // Hands its first `size` bytes to the hashing thread.
  void submit(std::size_t size);
  // Waits for all that was submitted. Call once, last.
  Digest finish();

 private:
  static constexpr std::size_t kBlocks = 4;
  void run();

  std::array<std::unique_ptr<std::byte[]>, kBlocks> blocks_;
  std::size_t sizes_[kBlocks] = {};
  std::size_t filled_ = 0;  // counts of blocks, ever
  std::size_t hashed_ = 0;
  bool closed_ = false;
  bool finished_ = false;
  Sha256 hash_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace souk::cli
