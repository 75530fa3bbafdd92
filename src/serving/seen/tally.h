// SPDX-License-Identifier: Apache-2.0
//
// What a replica has done since it was loaded, as the protocol's statistics count it. Counting takes no lock, and
// threads that count at the same time mostly write to places of their own. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace souk::serving {

class Tally {
 public:
  using Clock = std::chrono::steady_clock;
  struct Span {
    std::uint64_t count = 0;
    std::uint64_t ns = 0;
  };
  struct BatchSize {
    std::uint64_t rows = 0;
    Span run;
  };
  struct Sums {
    Span success, fail;
    Span queue, run;  // of those that succeeded
    std::uint64_t inferences = 0;
    std::uint64_t executions = 0;
    std::vector<BatchSize> batch_sizes;  // ascending; the 16 that each thread met first
    Time last;                           // of an answer; the epoch: none yet
  };

  // A request of `rows` that was taken on, run and answered.
  void answered(std::int64_t rows, Clock::time_point begun, Clock::time_point started, Clock::time_point ended);
  void failed(std::chrono::nanoseconds took);
  // The model ran once, over `rows`.
  void executed(std::int64_t rows, std::chrono::nanoseconds took);
  Sums sums() const;
  Clock::time_point last() const;  // of an answer; the clock's beginning: none yet

 private:
  using Number = std::atomic<std::uint64_t>;
  struct AtomicSpan {
    Number count{0}, ns{0};
    void add(std::chrono::nanoseconds took);
    void add_to(Span& sum) const;
  };
  struct AtomicBatchSize {
    Number rows{0};
    AtomicSpan run;
  };
  static constexpr std::size_t kSizes = 16;
  struct alignas(64) Shard {
    AtomicSpan success, fail, queue, run;
    Number inferences{0}, executions{0};
    std::atomic<std::int64_t> last{0};  // of the steady clock
    std::array<AtomicBatchSize, kSizes> batch_sizes;
  };
  static constexpr std::size_t kShards = 8;

  Shard& mine();

  std::array<Shard, kShards> shards_;
};

}  // namespace souk::serving
