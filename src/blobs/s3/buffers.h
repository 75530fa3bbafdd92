// SPDX-License-Identifier: Apache-2.0
//
// The memory of all parts under way: buffers of one size, at most so many at a time. A transfer waits for its first
// buffer and takes further ones only while some are left, so that none holds up another for long. Buffers are kept
// while any is in use, and given back to the system once none is. Thread-safe; must outlive its leases.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace souk::blobs::s3 {

class Buffers {
 public:
  class Lease {
   public:
    Lease() = default;
    Lease(Buffers* owner, std::string buffer) : owner_(owner), buffer_(std::move(buffer)) {}
    ~Lease() { reset(); }
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    explicit operator bool() const { return owner_ != nullptr; }
    std::string& operator*() { return buffer_; }
    std::string* operator->() { return &buffer_; }
    void reset();

   private:
    Buffers* owner_ = nullptr;
    std::string buffer_;
  };

  Buffers(std::size_t size, std::size_t most) : size_(size), most_(most) {}

  // An empty string with room for a buffer's size. Errors: unavailable (none came free in time)
  Result<Lease> take(Duration patience);
  std::optional<Lease> try_take();
  std::size_t size() const { return size_; }

 private:
  Lease lend();  // under the mutex
  void give_back(std::string buffer);

  const std::size_t size_, most_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::size_t lent_ = 0;
  std::vector<std::string> kept_;
};

}  // namespace souk::blobs::s3
