// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/advance.h"

#include <algorithm>
#include <array>
#include <utility>

#include "serving/rollouts/analysis.h"

namespace souk::serving {

namespace {

using enum RolloutState;

constexpr std::array kMoves{
    std::pair{PREPARING, RUNNING},   std::pair{PREPARING, PAUSED},      std::pair{PREPARING, KEEPING},
    std::pair{PREPARING, SUCCEEDED}, std::pair{PREPARING, ROLLED_BACK}, std::pair{PREPARING, ABORTED},
    std::pair{RUNNING, RUNNING},     std::pair{RUNNING, PAUSED},        std::pair{RUNNING, KEEPING},
    std::pair{RUNNING, SUCCEEDED},   std::pair{RUNNING, ROLLED_BACK},   std::pair{RUNNING, ABORTED},
    std::pair{PAUSED, PREPARING},    std::pair{PAUSED, RUNNING},        std::pair{PAUSED, PAUSED},
    std::pair{PAUSED, KEEPING},      std::pair{PAUSED, SUCCEEDED},      std::pair{PAUSED, ROLLED_BACK},
    std::pair{PAUSED, ABORTED},      std::pair{KEEPING, SUCCEEDED},     std::pair{KEEPING, ROLLED_BACK},
    std::pair{KEEPING, ABORTED},
};

std::string where(const Rollout& rollout, const Strategy& strategy) {
  if (rollout.state == KEEPING) return " (with all requests)";
  if (rollout.step < 0 || rollout.step >= static_cast<std::int64_t>(strategy.steps.size())) return "";
  return " (step " + std::to_string(rollout.step + 1) + ", " +
         std::to_string(strategy.steps[static_cast<std::size_t>(rollout.step)].weight) + " %)";
}

// How long the present step lasts; none: until somebody says.
std::optional<Duration> length(const Rollout& rollout, const Strategy& strategy) {
  if (rollout.state == PREPARING) return Duration(strategy.ready_timeout());
  if (rollout.state == KEEPING) return Duration(strategy.keep());
  if (rollout.state != RUNNING) return std::nullopt;
  const auto& ms = strategy.steps.at(static_cast<std::size_t>(rollout.step)).duration_ms;
  return ms ? std::optional(Duration(*ms)) : std::nullopt;
}

}  // namespace

bool may_become(RolloutState from, RolloutState to) {
  return std::ranges::find(kMoves, std::pair(from, to)) != kMoves.end();
}

Duration elapsed(const Rollout& rollout, Time now) {
  return Duration(rollout.elapsed_ms) +
         (goes_on(rollout.state) ? std::max(now - rollout.step_time, Duration(0)) : Duration(0));
}

std::optional<Time> next_time(const Rollout& rollout, const Strategy& strategy) {
  const auto lasts = length(rollout, strategy);
  if (!lasts) return std::nullopt;
  return rollout.step_time + *lasts - Duration(rollout.elapsed_ms);
}

std::int64_t weight_of(const Rollout& rollout) {
  if (rollout.state == ROLLED_BACK || rollout.state == ABORTED || rollout.step < 0) return 0;
  const Strategy strategy = strategy_of(rollout.strategy);
  const auto step = static_cast<std::size_t>(rollout.step);
  return step < strategy.steps.size() ? strategy.steps[step].weight : 100;
}

Move after_step(const Rollout& rollout, const Strategy& strategy) {
  const std::int64_t next = rollout.step + 1;
  if (next < static_cast<std::int64_t>(strategy.steps.size())) return {Move::Kind::step, next, ""};
  return {Move::Kind::all, 0, ""};
}

Move next_move(const Rollout& rollout, const Strategy& strategy, const Facts& facts, Time now) {
  using enum Move::Kind;
  if (is_over(rollout.state) || !facts.runs) return {};
  if (facts.readiness == Readiness::failed) {
    return {roll_back, 0, "revision " + std::to_string(rollout.revision) + " could not be loaded " + facts.why};
  }
  const auto lasts = length(rollout, strategy);
  const bool time_is_over = lasts && elapsed(rollout, now) >= *lasts;
  if (rollout.step < 0) {
    if (rollout.state != PREPARING) return {};
    if (facts.readiness == Readiness::ready) return after_step(rollout, strategy);
    if (!time_is_over) return {};
    return {roll_back, 0,
            "revision " + std::to_string(rollout.revision) + " was not ready everywhere within " +
                std::to_string(strategy.ready_timeout() / 1000) + " s"};
  }
  if (std::string failure = first_failure(strategy, facts.analysis); !failure.empty()) {
    return {roll_back, 0, failure + where(rollout, strategy)};
  }
  if (!time_is_over) return {};
  if (rollout.state == KEEPING) return {succeed, 0, ""};
  if (facts.readiness != Readiness::ready) return {none, 0, "waits until the revision is ready on every node"};
  if (std::string missing = what_is_missing(strategy, facts.analysis); !missing.empty()) return {none, 0, missing};
  return after_step(rollout, strategy);
}

void begin_step(Rollout& rollout, const Strategy& strategy, std::int64_t step, Time now) {
  rollout.step = step;
  rollout.step_time = rollout.update_time = now;
  rollout.elapsed_ms = 0;
  rollout.reason.clear();
  if (step >= static_cast<std::int64_t>(strategy.steps.size())) {
    rollout.state = KEEPING;
    return;
  }
  const Step& one = strategy.steps[static_cast<std::size_t>(step)];
  rollout.state = one.duration_ms ? RUNNING : PAUSED;
  if (!one.duration_ms)
    rollout.reason = "waits at " + std::to_string(one.weight) + " % until it is resumed or promoted";
}

void pause(Rollout& rollout, std::string reason, Time now) {
  rollout.elapsed_ms = elapsed(rollout, now).count();
  rollout.state = PAUSED;
  rollout.reason = std::move(reason);
  rollout.update_time = now;
}

void resume(Rollout& rollout, Time now) {
  rollout.state = rollout.step < 0 ? PREPARING : RUNNING;
  rollout.step_time = rollout.update_time = now;
  rollout.reason.clear();
}

void end(Rollout& rollout, RolloutState state, std::string reason, Time now) {
  rollout.elapsed_ms = elapsed(rollout, now).count();
  rollout.state = state;
  rollout.reason = std::move(reason);
  rollout.end_time = rollout.update_time = now;
}

}  // namespace souk::serving
