// SPDX-License-Identifier: Apache-2.0
#include "base/blocks.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <map>
#include <mutex>
#include <new>
#include <thread>

namespace souk {

namespace {

using Clock = std::chrono::steady_clock;

// Sizes come in eighths of their power of two, so that about the same size is the same.
std::size_t rounded(std::size_t size) {
  const std::size_t step = std::max<std::size_t>(std::bit_floor(size) / 8, 4096);
  if (size > SIZE_MAX - step) throw std::bad_alloc();
  return (size + step - 1) / step * step;
}

std::byte* map(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(at);
}

template <std::size_t Size>
struct alignas(Size) Unit {
  std::byte bytes[Size];
};

template <std::size_t Size>
std::shared_ptr<std::byte> from_heap(std::size_t size) {
  auto units = std::make_shared_for_overwrite<Unit<Size>[]>((size + Size - 1) / Size);
  std::byte* bytes = units.get()->bytes;
  return {std::move(units), bytes};
}

constexpr std::size_t kAlignedFrom = 4 << 10;

}  // namespace

struct Blocks::State {
  struct Kept {
    std::byte* bytes;
    Clock::time_point since;
  };
  mutable std::mutex mutex;
  std::condition_variable_any wake;
  std::multimap<std::size_t, Kept> kept;  // by size
  std::size_t kept_bytes = 0;

  ~State() {
    for (const auto& [size, block] : kept) ::munmap(block.bytes, size);
  }

  std::byte* take(std::size_t size) {
    {
      const std::lock_guard lock(mutex);
      // The newest of its size; a little too large will do.
      auto found = kept.lower_bound(size);
      if (found != kept.end() && found->first <= size + size / 4) {
        const std::size_t fits = found->first;
        found = std::prev(kept.upper_bound(fits));
        std::byte* bytes = found->second.bytes;
        kept.erase(found);
        kept_bytes -= fits;
        // What is too much at its end goes back, so that it is let go with the size that it was taken with.
        if (fits > size) ::munmap(bytes + size, fits - size);
        return bytes;
      }
    }
    return map(size);
  }

  void give(std::byte* bytes, std::size_t size) noexcept {
    {
      const std::lock_guard lock(mutex);
      if (kept_bytes + size <= kMostKept) {
        try {
          kept.emplace(size, Kept{bytes, Clock::now()});
          kept_bytes += size;
          if (kept.size() == 1) wake.notify_one();
          return;
        } catch (const std::bad_alloc&) {
        }
      }
    }
    ::munmap(bytes, size);
  }

  // What has been kept too long goes, a few at a time: whoever takes or gives one need not wait for all.
  void drop_old() {
    std::unique_lock lock(mutex);
    const auto old = Clock::now() - kKept;
    for (auto at = kept.begin(); at != kept.end();) {
      if (at->second.since > old) {
        ++at;
        continue;
      }
      const auto [size, block] = *at;
      kept.erase(at);
      kept_bytes -= size;
      lock.unlock();
      ::munmap(block.bytes, size);
      lock.lock();
      at = kept.lower_bound(size);
    }
  }

  // Looks after what is kept while there is some.
  void keep(const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "souk-blocks");
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, stop, [this] { return !kept.empty(); });
        wake.wait_for(lock, stop, kKept / 2, [] { return false; });
      }
      drop_old();
    }
  }
};

Blocks::Blocks() : state_(std::make_shared<State>()) {
  keeper_ = std::jthread([state = state_](const std::stop_token& stop) { state->keep(stop); });
}
Blocks::~Blocks() = default;

std::shared_ptr<std::byte> Blocks::take(std::size_t size) {
  if (size < kAlignedFrom) return from_heap<16>(size);
  if (size < kLarge) return from_heap<64>(size);
  const std::size_t whole = rounded(size);
  return {state_->take(whole), [state = state_, whole](std::byte* block) { state->give(block, whole); }};
}

std::byte* Blocks::take_raw(std::size_t size) {
  return state_->take(rounded(size));
}

void Blocks::give_raw(std::byte* bytes, std::size_t size) noexcept {
  state_->give(bytes, rounded(size));
}

std::size_t Blocks::kept() const {
  const std::lock_guard lock(state_->mutex);
  return state_->kept_bytes;
}

}  // namespace souk
