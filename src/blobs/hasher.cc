// SPDX-License-Identifier: Apache-2.0
#include "blobs/hasher.h"

#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

namespace souk::blobs {

class Hasher::Worker {
 public:
  explicit Worker(Sha256& hash) : hash_(hash), memory_(kBuffers * kBufferBytes), thread_([this] { run(); }) {}

  ~Worker() {
    if (filling_ > 0) hand_over();
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void add(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      if (filling_ == 0) wait_for_room();
      std::size_t taken = std::min(bytes.size(), kBufferBytes - filling_);
      std::memcpy(buffer(head_) + filling_, bytes.data(), taken);
      filling_ += taken;
      bytes = bytes.subspan(taken);
      if (filling_ == kBufferBytes) hand_over();
    }
  }

 private:
  std::byte* buffer(std::uint64_t number) { return memory_.data() + (number % kBuffers) * kBufferBytes; }

  void wait_for_room() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return head_ - tail_ < kBuffers; });
  }

  void hand_over() {
    {
      std::lock_guard lock(mutex_);
      sizes_[head_ % kBuffers] = filling_;
      head_++;
    }
    filling_ = 0;
    changed_.notify_all();
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return closing_ || tail_ < head_; });
      if (tail_ == head_) return;
      std::span<const std::byte> piece(buffer(tail_), sizes_[tail_ % kBuffers]);
      lock.unlock();
      hash_.update(piece);
      lock.lock();
      tail_++;
      changed_.notify_all();
    }
  }

  Sha256& hash_;
  std::vector<std::byte> memory_;
  std::size_t filling_ = 0;  // of buffer(head_), the caller's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t head_ = 0;  // buffers handed over; written by the caller under the lock
  std::uint64_t tail_ = 0;  // buffers hashed
  std::array<std::size_t, kBuffers> sizes_{};
  bool closing_ = false;
  std::thread thread_;
};

Hasher::Hasher() = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> bytes) {
  seen_ += bytes.size();
  if (!worker_ && seen_ > kAlone) worker_ = std::make_unique<Worker>(hash_);
  if (worker_) {
    worker_->add(bytes);
  } else {
    hash_.update(bytes);
  }
}

void Hasher::park() {
  worker_.reset();
}

Digest Hasher::finish() {
  park();
  seen_ = 0;
  return hash_.finish();
}

}  // namespace souk::blobs
