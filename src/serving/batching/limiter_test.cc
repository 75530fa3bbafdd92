// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/limiter.h"

#include <gtest/gtest.h>

#include "serving/batching/override.h"

namespace souk::serving {
namespace {

using std::chrono::milliseconds;

TEST(LimiterTest, FallsWhenTheyWaitAndGrowsBackWhenTheyDoNot) {
  Limiter limiter(milliseconds(100), 1'000);
  limiter.set_bounds(4, 1'000);
  EXPECT_EQ(limiter.limit(), 1'000);
  Limiter::Clock::time_point now{std::chrono::hours(1)};
  limiter.answered(milliseconds(500), 200, 1, now);
  EXPECT_EQ(limiter.limit(), 100) << "half of those under way";
  limiter.answered(milliseconds(500), 100, 1, now + milliseconds(499));
  EXPECT_EQ(limiter.limit(), 100) << "nothing shows yet what that did";
  limiter.answered(milliseconds(125), 100, 1, now + milliseconds(500));
  EXPECT_EQ(limiter.limit(), 80) << "as many as would have been in time";
  limiter.answered(milliseconds(101), 80, 1, now + milliseconds(700));
  EXPECT_EQ(limiter.limit(), 72) << "a tenth at least";
  limiter.answered(milliseconds(50), 10, 1, now);
  EXPECT_EQ(limiter.limit(), 72) << "it is not in use";
  limiter.answered(milliseconds(50), 72, 80, now);
  EXPECT_EQ(limiter.limit(), 80);
  for (int i = 0; i < 1'000; ++i) limiter.answered(milliseconds(1), 1'000, 10, now);
  EXPECT_EQ(limiter.limit(), 1'000);
  for (int i = 0; i < 2'000; ++i) limiter.answered(milliseconds(101), 1, 1, now += milliseconds(200));
  EXPECT_EQ(limiter.limit(), 4);
}

TEST(LimiterTest, WithoutATargetItStaysOpen) {
  Limiter limiter(milliseconds(0), 50);
  limiter.answered(std::chrono::hours(1), 50, 1, Limiter::Clock::time_point{std::chrono::hours(2)});
  EXPECT_EQ(limiter.limit(), 50);
}

TEST(BatchingOverrideTest, TakesThePlaceOfWhatTheVersionSays) {
  const registry::Signature rows{
      {{"x", registry::Datatype::FP32, {-1, 4}}}, {{"y", registry::Datatype::FP32, {-1}}}, {}};
  const registry::Signature fixed{{{"x", registry::Datatype::FP32, {1, 4}}}, {}, {}};
  const Batching declared{.max_batch_size = 32, .preferred_batch_size = {8, 32}, .max_queue_delay_microseconds = 10};
  BatchingOverride said;
  said.max_batch_size = 16;
  auto both = overridden(declared, said, rows);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->max_batch_size, 16);
  EXPECT_EQ(both->preferred_batch_size, (std::vector<std::int64_t>{8}));
  EXPECT_EQ(both->max_queue_delay_microseconds, 10);
  EXPECT_EQ(overridden({}, said, fixed).error().field, "batching.max_batch_size");
  said.preferred_batch_size = {64};
  EXPECT_EQ(overridden(declared, said, rows).error().field, "batching.preferred_batch_size");
  said.preferred_batch_size.reset();
  said.max_queue_delay_microseconds = -1;
  EXPECT_EQ(overridden(declared, said, rows).error().field, "batching.max_queue_delay_microseconds");
}

TEST(BatchingOverrideTest, IsPatched) {
  BatchingPatch patch;
  patch.max_batch_size = {json::Patch<std::int64_t>::State::value, 8};
  patch.max_queue_size = {json::Patch<std::int64_t>::State::value, 9};
  json::Raw text = patched(json::Raw{"{}"}, patch);
  EXPECT_EQ(text.text, R"({"max_batch_size":8,"max_queue_size":9})");
  patch = {};
  patch.max_queue_size = {json::Patch<std::int64_t>::State::null, 0};
  EXPECT_EQ(patched(text, patch).text, R"({"max_batch_size":8})");
}

}  // namespace
}  // namespace souk::serving
