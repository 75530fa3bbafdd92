// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/hash_pipe.h"

namespace souk::cli {

HashPipe::HashPipe() = default;

HashPipe::~HashPipe() {
  if (!finished_) (void)finish();
}

std::span<std::byte> HashPipe::block() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return filled_ - hashed_ < kBlocks; });
  std::unique_ptr<std::byte[]>& block = blocks_[filled_ % kBlocks];
  if (block == nullptr) block = std::make_unique_for_overwrite<std::byte[]>(kBlock);
  return {block.get(), kBlock};
}

void HashPipe::submit(std::size_t size) {
  if (!thread_.joinable()) {
    if (size < kBlock) return hash_.update({blocks_[filled_ % kBlocks].get(), size});  // short: not worth a thread
    thread_ = std::thread([this] { run(); });
  }
  {
    const std::lock_guard lock(mutex_);
    sizes_[filled_ % kBlocks] = size;
    ++filled_;
  }
  changed_.notify_all();
}

Digest HashPipe::finish() {
  finished_ = true;
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  return hash_.finish();
}

void HashPipe::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closed_ || hashed_ < filled_; });
    if (hashed_ == filled_) return;
    const std::span<const std::byte> bytes(blocks_[hashed_ % kBlocks].get(), sizes_[hashed_ % kBlocks]);
    lock.unlock();
    hash_.update(bytes);
    lock.lock();
    ++hashed_;
    changed_.notify_all();
  }
}

}  // namespace souk::cli
