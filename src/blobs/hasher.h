// SPDX-License-Identifier: Apache-2.0
//
// A running SHA-256 that works beside its caller: after the first piece of a long upload, pieces are copied into
// a bounded ring and hashed by a thread of its own, while the caller receives and writes the next ones.
// One owner; not thread-safe.
#pragma once

#include <memory>
#include <span>

#include "base/digest.h"

namespace souk::blobs {

class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  // Blocks: while the ring (kBuffers · kBufferBytes) is full.
  void update(std::span<const std::byte> bytes);
  // Gives back the thread and the ring; what was hashed is kept.
  void park();
  Digest finish();

  static constexpr std::size_t kBuffers = 4;
  static constexpr std::size_t kBufferBytes = 256 << 10;
  static constexpr std::size_t kAlone = 1 << 20;  // up to here the caller hashes

 private:
  class Worker;
  Sha256 hash_;
  std::uint64_t seen_ = 0;
  std::unique_ptr<Worker> worker_;
};

}  // namespace souk::blobs
