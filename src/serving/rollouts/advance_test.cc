// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/advance.h"

#include <gtest/gtest.h>

#include "serving/rollouts/analysis.h"

namespace souk::serving {
namespace {

using enum RolloutState;
using Kind = Move::Kind;

constexpr Time kStart = Time(Duration(1'000'000));
constexpr std::int64_t kMinute = 60'000;

Strategy canary() {
  Strategy s;
  s.kind = StrategyKind::CANARY;
  s.steps = {{10, kMinute}, {50, std::nullopt}, {80, kMinute}};
  s.analysis = {{CheckKind::ERROR_RATE, 0.1, {}, {}, {}, {}, {}}};
  return s;
}

Rollout rollout_in(RolloutState state, std::int64_t step) {
  Rollout r;
  r.state = state;
  r.step = step;
  r.revision = 2;
  r.step_time = r.create_time = kStart;
  return r;
}

Facts facts_with(const Strategy& s, std::int64_t requests, std::int64_t errors,
                 Readiness readiness = Readiness::ready) {
  Window w;
  w.requests = requests;
  w.errors = errors;
  return {true, readiness, "", analyse(s, w, {}, {})};
}

Time after(std::int64_t ms) {
  return kStart + Duration(ms);
}

TEST(NextMove, ByTable) {
  const Strategy s = canary();
  struct Row {
    const char* what;
    RolloutState state;
    std::int64_t step;
    std::int64_t ms;
    std::int64_t requests, errors;
    Readiness readiness;
    Kind kind;
    std::int64_t to;
  };
  const Row rows[] = {
      {"waits for its revision", PREPARING, -1, 1, 0, 0, Readiness::waiting, Kind::none, 0},
      {"begins when that is ready", PREPARING, -1, 1, 0, 0, Readiness::ready, Kind::step, 0},
      {"goes back when it cannot be loaded", PREPARING, -1, 1, 0, 0, Readiness::failed, Kind::roll_back, 0},
      {"goes back when it takes too long", PREPARING, -1, 600'000, 0, 0, Readiness::waiting, Kind::roll_back, 0},
      {"stays while the step lasts", RUNNING, 0, kMinute - 1, 100, 0, Readiness::ready, Kind::none, 0},
      {"goes on at its end", RUNNING, 0, kMinute, 100, 0, Readiness::ready, Kind::step, 1},
      {"ends the step without requests too", RUNNING, 0, kMinute, 0, 0, Readiness::ready, Kind::step, 1},
      {"goes back at once when a check fails", RUNNING, 0, 1, 100, 11, Readiness::ready, Kind::roll_back, 0},
      {"keeps on at the bound", RUNNING, 0, 1, 100, 10, Readiness::ready, Kind::none, 0},
      {"waits in a step without a duration", PAUSED, 1, 100 * kMinute, 100, 0, Readiness::ready, Kind::none, 0},
      {"is judged while it is paused", PAUSED, 1, 1, 100, 50, Readiness::ready, Kind::roll_back, 0},
      {"stays paused while it gets ready", PAUSED, -1, 1, 0, 0, Readiness::ready, Kind::none, 0},
      {"gives all after the last step", RUNNING, 2, kMinute, 100, 0, Readiness::ready, Kind::all, 0},
      {"does not end a step where a node has lost it", RUNNING, 0, kMinute, 9, 0, Readiness::waiting, Kind::none, 0},
      {"is judged while the old one is kept", KEEPING, 3, 1, 100, 50, Readiness::ready, Kind::roll_back, 0},
      {"lets the old one go", KEEPING, 3, 5'000, 100, 0, Readiness::ready, Kind::succeed, 0},
      {"does nothing once it is over", ROLLED_BACK, 0, kMinute, 100, 90, Readiness::failed, Kind::none, 0},
  };
  for (const Row& row : rows) {
    Strategy with_keep = s;
    with_keep.keep_ms = 5'000;
    const Move move = next_move(rollout_in(row.state, row.step), with_keep,
                                facts_with(s, row.requests, row.errors, row.readiness), after(row.ms));
    EXPECT_EQ(move.kind, row.kind) << row.what;
    EXPECT_EQ(move.step, row.to) << row.what;
    EXPECT_TRUE(row.kind != Kind::roll_back || !move.reason.empty()) << row.what;
  }
}

TEST(NextMove, SaysWhyItGoesBack) {
  const Strategy s = canary();
  const Move move = next_move(rollout_in(RUNNING, 0), s, facts_with(s, 100, 31), after(1));
  EXPECT_EQ(move.reason, "ERROR_RATE at most 0.1 does not hold: it is 0.31 (step 1, 10 %)");
}

TEST(NextMove, StandsStillWhileTheDeploymentIsStopped) {
  const Strategy s = canary();
  Facts facts = facts_with(s, 100, 100);
  facts.runs = false;
  EXPECT_EQ(next_move(rollout_in(RUNNING, 0), s, facts, after(2 * kMinute)).kind, Kind::none);
}

TEST(NextMove, WaitsForRequestsThatAreAskedFor) {
  Strategy s = canary();
  s.min_requests = 50;
  const Move few = next_move(rollout_in(RUNNING, 0), s, facts_with(s, 49, 49), after(2 * kMinute));
  EXPECT_EQ(few.kind, Kind::none);
  EXPECT_EQ(few.reason, "waits for 50 requests");
  EXPECT_EQ(next_move(rollout_in(RUNNING, 0), s, facts_with(s, 50, 50), after(1)).kind, Kind::roll_back);
  EXPECT_EQ(next_move(rollout_in(RUNNING, 0), s, facts_with(s, 50, 0), after(2 * kMinute)).kind, Kind::step);
}

TEST(NextMove, BlueGreenSwitchesOnceReady) {
  Strategy s;
  s.kind = StrategyKind::BLUE_GREEN;
  EXPECT_EQ(s.keep(), 600'000);
  EXPECT_EQ(next_move(rollout_in(PREPARING, -1), s, {true, Readiness::ready, "", {}}, kStart).kind, Kind::all);
  s.steps = {{0, std::nullopt}};
  const Move preview = next_move(rollout_in(PREPARING, -1), s, {true, Readiness::ready, "", {}}, kStart);
  EXPECT_EQ(preview.kind, Kind::step);
  Rollout rollout = rollout_in(PREPARING, -1);
  rollout.strategy.text = json::write(s);
  begin_step(rollout, s, preview.step, kStart);
  EXPECT_EQ(rollout.state, PAUSED);
  EXPECT_EQ(weight_of(rollout), 0);
}

TEST(Clock, StopsWhileItIsPaused) {
  const Strategy s = canary();
  Rollout r = rollout_in(RUNNING, 0);
  pause(r, "by hand", after(40'000));
  EXPECT_EQ(elapsed(r, after(3'000'000)), Duration(40'000));
  EXPECT_FALSE(next_time(r, s));
  resume(r, after(3'000'000));
  EXPECT_EQ(r.state, RUNNING);
  EXPECT_EQ(next_time(r, s), after(3'020'000));
  EXPECT_EQ(next_move(r, s, facts_with(s, 1, 0), after(3'019'999)).kind, Kind::none);
  EXPECT_EQ(next_move(r, s, facts_with(s, 1, 0), after(3'020'000)).kind, Kind::step);
}

TEST(Clock, NeverRunsBackwards) {
  EXPECT_EQ(elapsed(rollout_in(RUNNING, 0), after(-5'000)), Duration(0));
}

TEST(States, OneThatIsOverStaysSo) {
  for (RolloutState to : {PREPARING, RUNNING, PAUSED, KEEPING, SUCCEEDED, ROLLED_BACK, ABORTED}) {
    for (RolloutState from : {SUCCEEDED, ROLLED_BACK, ABORTED}) EXPECT_FALSE(may_become(from, to));
  }
  EXPECT_FALSE(may_become(KEEPING, RUNNING));
  EXPECT_TRUE(may_become(KEEPING, ROLLED_BACK));
}

}  // namespace
}  // namespace souk::serving
