// SPDX-License-Identifier: Apache-2.0
#include "serving/seen/tally.h"

#include <algorithm>
#include <map>

namespace souk::serving {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

void Tally::AtomicSpan::add(std::chrono::nanoseconds took) {
  count.fetch_add(1, kRelaxed);
  ns.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)), kRelaxed);
}

void Tally::AtomicSpan::add_to(Span& sum) const {
  sum.count += count.load(kRelaxed);
  sum.ns += ns.load(kRelaxed);
}

Tally::Shard& Tally::mine() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t index = next.fetch_add(1, kRelaxed) % kShards;
  return shards_[index];
}

void Tally::answered(std::int64_t rows, Clock::time_point begun, Clock::time_point started, Clock::time_point ended) {
  Shard& shard = mine();
  shard.success.add(ended - begun);
  shard.queue.add(started - begun);
  shard.run.add(ended - started);
  shard.inferences.fetch_add(static_cast<std::uint64_t>(rows), kRelaxed);
  shard.last.store(ended.time_since_epoch().count(), kRelaxed);
}

void Tally::failed(std::chrono::nanoseconds took) {
  mine().fail.add(took);
}

void Tally::executed(std::int64_t rows, std::chrono::nanoseconds took) {
  Shard& shard = mine();
  shard.executions.fetch_add(1, kRelaxed);
  auto wanted = static_cast<std::uint64_t>(rows);
  for (AtomicBatchSize& size : shard.batch_sizes) {
    std::uint64_t known = size.rows.load(kRelaxed);
    if (known == 0 && size.rows.compare_exchange_strong(known, wanted, kRelaxed)) known = wanted;
    if (known == wanted) return size.run.add(took);
  }
}

Tally::Clock::time_point Tally::last() const {
  std::int64_t last = 0;
  for (const Shard& shard : shards_) last = std::max(last, shard.last.load(kRelaxed));
  return Clock::time_point(Clock::duration(last));
}

Tally::Sums Tally::sums() const {
  Sums sums;
  std::map<std::uint64_t, Span> sizes;
  for (const Shard& shard : shards_) {
    shard.success.add_to(sums.success);
    shard.fail.add_to(sums.fail);
    shard.queue.add_to(sums.queue);
    shard.run.add_to(sums.run);
    sums.inferences += shard.inferences.load(kRelaxed);
    sums.executions += shard.executions.load(kRelaxed);
    for (const AtomicBatchSize& size : shard.batch_sizes) {
      if (std::uint64_t rows = size.rows.load(kRelaxed); rows != 0) size.run.add_to(sizes[rows]);
    }
  }
  for (const auto& [rows, run] : sizes) sums.batch_sizes.push_back({rows, run});
  if (const Clock::time_point last = this->last(); last != Clock::time_point()) {
    auto ago = Clock::now() - last;
    sums.last = now() - std::chrono::duration_cast<std::chrono::milliseconds>(ago);
  }
  return sums;
}

}  // namespace souk::serving
