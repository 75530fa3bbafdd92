// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/buffers.h"

#include <utility>

namespace souk::blobs::s3 {

Buffers::Lease::Lease(Lease&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), buffer_(std::move(other.buffer_)) {}

Buffers::Lease& Buffers::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    reset();
    owner_ = std::exchange(other.owner_, nullptr);
    buffer_ = std::move(other.buffer_);
  }
  return *this;
}

void Buffers::Lease::reset() {
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->give_back(std::move(buffer_));
  buffer_.clear();
}

Buffers::Lease Buffers::lend() {
  lent_++;
  std::string buffer;
  if (!kept_.empty()) {
    buffer = std::move(kept_.back());
    kept_.pop_back();
    buffer.clear();
  } else {
    buffer.reserve(size_);
  }
  return Lease(this, std::move(buffer));
}

Result<Buffers::Lease> Buffers::take(Duration patience) {
  std::unique_lock lock(mutex_);
  if (!free_.wait_for(lock, patience, [this] { return lent_ < most_; })) {
    return unavailable("all " + std::to_string(most_) + " buffers for parts of uploads are in use")
        .advise("try again, or give uploads more memory: s3.memory")
        .retry_in(std::chrono::seconds(5));
  }
  return lend();
}

std::optional<Buffers::Lease> Buffers::try_take() {
  std::lock_guard lock(mutex_);
  if (lent_ >= most_) return std::nullopt;
  return lend();
}

void Buffers::give_back(std::string buffer) {
  std::vector<std::string> dropped;  // freed without the lock
  std::lock_guard lock(mutex_);
  lent_--;
  kept_.push_back(std::move(buffer));
  if (lent_ == 0) dropped.swap(kept_);
  free_.notify_one();
}

}  // namespace souk::blobs::s3
