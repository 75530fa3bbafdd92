// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/activity.h"

#include <gtest/gtest.h>

namespace souk::cli {
namespace {

std::string statistics(const std::string& name, int success, std::uint64_t ns, int fail, int executions) {
  const std::string duration = R"({"count":)" + std::to_string(success) + R"(,"ns":)" + std::to_string(ns) + "}";
  return R"({"name":")" + name + R"(","version":"1","inference_count":)" + std::to_string(success) +
         R"(,"execution_count":)" + std::to_string(executions) + R"(,"inference_stats":{"success":)" + duration +
         R"(,"fail":{"count":)" + std::to_string(fail) + R"(,"ns":0},"queue":)" + duration + R"(,"compute_infer":)" +
         duration + R"(},"memory_usage":[{"type":"CPU","id":0,"byte_size":1024}]})";
}

std::vector<Activity> between(const std::string& before, const std::string& now, double seconds) {
  const auto a = json::Document::parse(R"({"model_stats":[)" + before + "]}");
  const auto b = json::Document::parse(R"({"model_stats":[)" + now + "]}");
  return activity_between(a->root(), b->root(), seconds).value();
}

TEST(Activity, RatesAndMeansAreOfWhatCameBetween) {
  const auto seen =
      between(statistics("a", 100, 1'000'000'000, 3, 100), statistics("a", 300, 1'400'000'000, 7, 150), 2);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_DOUBLE_EQ(seen[0].requests, 100);
  EXPECT_DOUBLE_EQ(seen[0].failures, 2);
  EXPECT_DOUBLE_EQ(seen[0].latency_ms.value(), 2);
  EXPECT_DOUBLE_EQ(seen[0].batch_size.value(), 4);
  EXPECT_EQ(seen[0].memory_bytes, 1024);
  EXPECT_EQ(seen[0].total, 300u);
}

TEST(Activity, WhatDidNothingHasNoMeans) {
  const auto seen = between(statistics("a", 5, 5, 0, 5), statistics("a", 5, 5, 0, 5), 1);
  EXPECT_DOUBLE_EQ(seen[0].requests, 0);
  EXPECT_FALSE(seen[0].latency_ms);
  EXPECT_FALSE(seen[0].batch_size);
}

TEST(Activity, ALoadedAnewCountsFromZeroAndTheBusiestIsFirst) {
  const auto seen = between(statistics("a", 50, 50, 0, 50),
                            statistics("a", 10, 10'000'000, 0, 10) + "," + statistics("b", 40, 40, 0, 40), 1);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].deployment, "b");
  EXPECT_DOUBLE_EQ(seen[0].requests, 40);
  EXPECT_DOUBLE_EQ(seen[1].requests, 10);
  EXPECT_DOUBLE_EQ(seen[1].latency_ms.value(), 1);
}

TEST(Activity, AnotherAnswerIsRefused) {
  const auto document = json::Document::parse(R"({"models":[]})");
  EXPECT_FALSE(activity_between(document->root(), document->root(), 1));
}

}  // namespace
}  // namespace souk::cli
