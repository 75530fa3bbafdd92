// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/load.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace souk::cli {
namespace {

using namespace std::chrono_literals;

TEST(Load, QuantilesAreThoseOfTheSamples) {
  LoadResult result;
  for (std::uint64_t i = 1; i <= 100; ++i) result.latency_ns.push_back(i * 1'000'000);
  EXPECT_DOUBLE_EQ(result.quantile(0.5), 0.050);
  EXPECT_DOUBLE_EQ(result.quantile(0.99), 0.099);
  EXPECT_DOUBLE_EQ(result.quantile(1), 0.100);
  EXPECT_DOUBLE_EQ(result.quantile(0), 0.001);
  EXPECT_DOUBLE_EQ(LoadResult{}.quantile(0.5), 0);
}

TEST(Load, ClosedLoopHasAsManyUnderWayAsConnections) {
  std::atomic<int> now{0}, most{0};
  const LoadResult result = run_load({.connections = 4, .warm_up = 0s, .duration = 200ms}, [&](int) {
    int here = ++now;
    int seen = most.load();
    while (here > seen && !most.compare_exchange_weak(seen, here)) {
    }
    std::this_thread::sleep_for(1ms);
    --now;
    return std::string();
  });
  EXPECT_EQ(most, 4);
  EXPECT_GT(result.requests, 4u);
  EXPECT_GE(result.quantile(0.5), 0.001);
}

TEST(Load, OpenLoopCountsFromWhenARequestWasDue) {
  // The first answer takes a third of a second; those due meanwhile waited for it, and say so.
  std::atomic<int> sent{0};
  const LoadResult result = run_load({.connections = 1, .warm_up = 0s, .duration = 600ms, .rate = 100}, [&](int) {
    if (sent++ == 0) std::this_thread::sleep_for(300ms);
    return std::string();
  });
  EXPECT_GT(result.quantile(0.75), 0.030);
  EXPECT_GE(result.quantile(1), 0.300);
}

TEST(Load, ErrorsAreCountedByWhatTheySay) {
  std::atomic<int> sent{0};
  const LoadResult result = run_load(
      {.connections = 2, .warm_up = 0s, .duration = 10s},
      [&](int) { return sent++ % 2 ? std::string("HTTP 503") : ""; }, [&] { return sent > 100; });
  EXPECT_GT(result.errors.at("HTTP 503"), 40u);
  EXPECT_LT(result.took, 10s);
}

TEST(Load, WhatAnOverloadedServerDidNotAnswerIsLate) {
  const LoadResult result = run_load({.connections = 1, .warm_up = 0s, .duration = 300ms, .rate = 1000}, [&](int) {
    std::this_thread::sleep_for(10ms);
    return std::string();
  });
  EXPECT_GT(result.late, 100u);
}

TEST(Load, QuantilesCountWhatWasNotAnswered) {
  // It answers well for a while, then no more: most of what was due later is not even sent.
  std::atomic<int> sent{0};
  const LoadResult result = run_load({.connections = 2, .warm_up = 0s, .duration = 600ms, .rate = 200}, [&](int) {
    if (sent++ >= 30) std::this_thread::sleep_for(700ms);
    return std::string();
  });
  EXPECT_GT(result.late, 50u);
  EXPECT_LT(result.quantile(0.1), 0.2);
  EXPECT_GE(result.quantile(0.9), 0.3) << "as long as the first of them waited";
  EXPECT_EQ(result.requests, result.latency_ns.size());
}

}  // namespace
}  // namespace souk::cli
