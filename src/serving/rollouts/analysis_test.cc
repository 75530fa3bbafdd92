// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/analysis.h"

#include <gtest/gtest.h>

namespace souk::serving {
namespace {

Strategy with(Check check) {
  Strategy s;
  s.kind = StrategyKind::CANARY;
  s.steps = {{10, 1'000}};
  s.analysis = {std::move(check)};
  return s;
}

Window answered(std::int64_t count, std::chrono::microseconds took) {
  Figures figures({});
  for (std::int64_t i = 0; i < count; ++i) figures.answered(std::nullopt, took);
  return figures.sums();
}

Check most(CheckKind kind, double at_most) {
  Check check;
  check.kind = kind;
  check.at_most = at_most;
  return check;
}

TEST(Analysis, CountsWhatTheModelRefusesOnlyBeyondTheRevisionBefore) {
  const Strategy s = with(most(CheckKind::ERROR_RATE, 0.05));
  Window both;
  both.requests = 100;
  both.rejected = 40;
  Analysis same = analyse(s, both, both, {});
  EXPECT_EQ(same.checks[0].value, 0);
  EXPECT_EQ(same.checks[0].verdict, Verdict::PASSED);
  Window more = both;
  more.rejected = 50;
  Analysis worse = analyse(s, more, both, {});
  EXPECT_NEAR(*worse.checks[0].value, 0.1, 1e-9);
  EXPECT_EQ(worse.checks[0].verdict, Verdict::FAILED);
}

TEST(Analysis, ComparesLatencyWithTheRevisionBefore) {
  Check check;
  check.kind = CheckKind::LATENCY_P95;
  check.at_most_of_stable = 1.5;
  const Strategy s = with(check);
  const Window stable = answered(100, std::chrono::microseconds(1'000));
  EXPECT_EQ(analyse(s, answered(100, std::chrono::microseconds(1'400)), stable, {}).checks[0].verdict, Verdict::PASSED);
  const Analysis slow = analyse(s, answered(100, std::chrono::microseconds(2'000)), stable, {});
  EXPECT_EQ(slow.checks[0].verdict, Verdict::FAILED);
  EXPECT_NE(first_failure(s, slow).find("LATENCY_P95 at most 1.5 x stable does not hold"), std::string::npos)
      << first_failure(s, slow);
  // Nothing to compare with is no failure.
  EXPECT_EQ(analyse(s, answered(9, std::chrono::microseconds(2'000)), {}, {}).checks[0].verdict, Verdict::WAITING);
}

TEST(Analysis, JudgesDisagreement) {
  const Strategy s = with(most(CheckKind::DISAGREEMENT, 0.01));
  Window w;
  EXPECT_EQ(analyse(s, w, {}, {}).checks[0].note, "no copy was compared yet");
  w.compared = 100;
  w.disagreed = 1;
  EXPECT_EQ(analyse(s, w, {}, {}).checks[0].verdict, Verdict::PASSED);
  w.disagreed = 2;
  EXPECT_EQ(analyse(s, w, {}, {}).checks[0].verdict, Verdict::FAILED);
}

TEST(Analysis, AStepWaitsForAMetricThatCannotBeRead) {
  Check check = most(CheckKind::METRIC, 5);
  check.metric = "queue_depth";
  check.labels = {{"job", "a"}};
  const Strategy s = with(check);
  const Analysis unread = analyse(s, {}, {}, {{std::nullopt, "it was not read yet"}});
  EXPECT_EQ(unread.checks[0].verdict, Verdict::WAITING);
  EXPECT_EQ(what_is_missing(s, unread),
            "waits for the metric of \"queue_depth{job=a} at most 5\": it was not read yet");
  const Analysis good = analyse(s, {}, {}, {{5, ""}});
  EXPECT_EQ(good.checks[0].verdict, Verdict::PASSED);
  EXPECT_EQ(what_is_missing(s, good), "");
  EXPECT_EQ(analyse(s, {}, {}, {{5.1, ""}}).checks[0].verdict, Verdict::FAILED);
}

TEST(Figures, QuantilesAreRightWithinAFewPercent) {
  Figures figures({});
  for (int i = 1; i <= 1'000; ++i) figures.answered(std::nullopt, std::chrono::microseconds(i * 10));
  const Window w = figures.sums();
  EXPECT_NEAR(w.quantile_ms(0.5), 5, 0.2);
  EXPECT_NEAR(w.quantile_ms(0.99), 9.9, 0.4);
  const auto again = Window::parse(w.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->latency, w.latency);
  EXPECT_EQ(again->requests, 1'000);
  EXPECT_EQ(Figures::bucket_of(std::chrono::hours(1)), Figures::kBuckets - 1);
  EXPECT_EQ(Figures::bucket_of(std::chrono::nanoseconds(-1)), 0u);
  EXPECT_FALSE(Window::parse(R"({"requests":1,"errors":0,"rejected":0,"compared":0,"disagreed":0,"dropped":0,)"
                             R"("latency":[-1,1]})"));
}

TEST(Figures, AWindowIsWhatCameSince) {
  Figures figures({});
  figures.answered(Code::internal, {});
  figures.answered(Code::invalid_argument, {});
  const Window before = figures.sums();
  figures.answered(Code::unavailable, {});
  figures.answered(std::nullopt, std::chrono::milliseconds(3));
  figures.answered(Code::cancelled, {});
  Window since = figures.sums();
  since.subtract(before);
  EXPECT_EQ(since.requests, 3);
  EXPECT_EQ(since.errors, 1);
  EXPECT_EQ(since.rejected, 0);
  EXPECT_NEAR(since.quantile_ms(0.5), 3, 0.1);
}

}  // namespace
}  // namespace souk::serving
