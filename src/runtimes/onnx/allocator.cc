// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/allocator.h"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace souk::runtimes {

namespace {

constexpr std::size_t kAlignment = 64;  // what its kernels like best

thread_local int loading = 0;

// Stands in front of each piece, so that it can be let go without its size.
struct alignas(16) Front {
  void* begin;
  std::size_t block;  // of a block, its size; else 0
};

void* behind(void* begin, std::size_t block) {
  auto at = reinterpret_cast<std::uintptr_t>(begin) + sizeof(Front);
  at = (at + kAlignment - 1) / kAlignment * kAlignment;
  new (reinterpret_cast<void*>(at - sizeof(Front))) Front{begin, block};
  return reinterpret_cast<void*>(at);
}

}  // namespace

Allocator::Allocator(std::shared_ptr<Blocks> blocks, const OrtMemoryInfo* cpu)
    : OrtAllocator{}, blocks_(std::move(blocks)), cpu_(cpu) {
  version = ORT_API_VERSION;
  Alloc = [](OrtAllocator* self, std::size_t size) {
    return static_cast<Allocator*>(self)->allocate(size, loading > 0);
  };
  Reserve = [](OrtAllocator* self, std::size_t size) { return static_cast<Allocator*>(self)->allocate(size, true); };
  Free = [](OrtAllocator* self, void* at) { static_cast<Allocator*>(self)->release(at); };
  Info = [](const OrtAllocator* self) { return static_cast<const Allocator*>(self)->cpu_; };
}

Allocator::Loading::Loading() {
  ++loading;
}
Allocator::Loading::~Loading() {
  --loading;
}

void* Allocator::allocate(std::size_t size, bool stays) {
  if (size == 0) return nullptr;
  if (size > SIZE_MAX - 2 * kAlignment) throw std::bad_alloc();
  const std::size_t whole = size + kAlignment + sizeof(Front);
  if (!stays && whole >= Blocks::kLarge) return behind(blocks_->take_raw(whole), whole);
  void* begin = std::malloc(whole);
  if (begin == nullptr) throw std::bad_alloc();
  return behind(begin, 0);
}

void Allocator::release(void* at) noexcept {
  if (at == nullptr) return;
  const Front front = static_cast<Front*>(at)[-1];
  if (front.block == 0) return std::free(front.begin);
  blocks_->give_raw(static_cast<std::byte*>(front.begin), front.block);
}

}  // namespace souk::runtimes
