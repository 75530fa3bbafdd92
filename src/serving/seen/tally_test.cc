// SPDX-License-Identifier: Apache-2.0
#include "serving/seen/tally.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace souk::serving {
namespace {

using std::chrono::microseconds;

TEST(Tally, AddsUpWhatThreadsCount) {
  const auto made = std::make_unique<Tally>();
  Tally& tally = *made;
  auto begun = Tally::Clock::now();
  auto work = [&] {
    for (int i = 0; i < 1000; ++i) {
      std::int64_t rows = 1 + i % 4;
      tally.answered(rows, begun, begun + microseconds(10), begun + microseconds(30));
      tally.executed(rows, microseconds(20));
    }
    tally.failed(microseconds(5));
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  Tally::Sums sums = tally.sums();
  EXPECT_EQ(sums.success.count, 10'000u);
  EXPECT_EQ(sums.success.ns, 10'000u * 30'000);
  EXPECT_EQ(sums.queue.ns, 10'000u * 10'000);
  EXPECT_EQ(sums.run.ns, 10'000u * 20'000);
  EXPECT_EQ(sums.fail.count, 10u);
  EXPECT_EQ(sums.inferences, 25'000u);
  EXPECT_EQ(sums.executions, 10'000u);
  ASSERT_EQ(sums.batch_sizes.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(sums.batch_sizes[i].rows, i + 1);
    EXPECT_EQ(sums.batch_sizes[i].run.count, 2'500u);
  }
  EXPECT_LT(now() - sums.last, std::chrono::minutes(1));
}

TEST(Tally, KeepsSoManyBatchSizesAndNoMore) {
  const auto made = std::make_unique<Tally>();
  Tally& tally = *made;
  for (std::int64_t rows = 1; rows <= 100; ++rows) tally.executed(rows, microseconds(1));
  Tally::Sums sums = tally.sums();
  EXPECT_EQ(sums.executions, 100u);
  EXPECT_EQ(sums.batch_sizes.size(), 16u);
  EXPECT_EQ(sums.last, Time());
}

}  // namespace
}  // namespace souk::serving
