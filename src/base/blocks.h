// SPDX-License-Identifier: Apache-2.0
//
// Large memory that is soon needed again: bodies, tensors. A block that was let go is kept for a moment, so that the
// next one of about its size finds its pages there instead of having each zeroed anew by the kernel, which for
// 16 MiB takes longer than filling them. What nobody took within kKept goes back to the system; a thread sees to that
// only while there is something kept. Thread-safe. Blocks may outlive the object.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>

namespace souk {

class Blocks {
 public:
  static constexpr std::size_t kLarge = 64 << 10;      // smaller memory comes from the heap
  static constexpr std::size_t kMostKept = 256 << 20;  // together
  static constexpr std::chrono::seconds kKept{2};

  Blocks();
  ~Blocks();
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  // Not zeroed; aligned to 64 from 4 KiB on, else to 16. A large one takes no memory before it is written to.
  // Throws std::bad_alloc.
  std::shared_ptr<std::byte> take(std::size_t size);
  // The same without an owner, for at least kLarge: to be given back with the size that it was taken with.
  std::byte* take_raw(std::size_t size);
  void give_raw(std::byte* bytes, std::size_t size) noexcept;

  std::size_t kept() const;  // bytes

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::jthread keeper_;
};

}  // namespace souk
