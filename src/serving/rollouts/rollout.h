// SPDX-License-Identifier: Apache-2.0
//
// One revision taking over from another, in steps that are judged.
//
//   PREPARING → RUNNING ⇄ PAUSED → KEEPING → SUCCEEDED
//   any of the first four → ROLLED_BACK (a check failed, it could not be loaded) | ABORTED (somebody asked)
//
// KEEPING: it has all requests, and the one before is still ready. A step without a duration is PAUSED from its start.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "serving/rollouts/strategy.h"

namespace souk::serving {

using RolloutId = Id<struct RolloutKind>;

BOOST_DEFINE_ENUM_CLASS(RolloutState, PREPARING, RUNNING, PAUSED, KEEPING, SUCCEEDED, ROLLED_BACK, ABORTED)
BOOST_DEFINE_ENUM_CLASS(StepState, PENDING, RUNNING, PASSED, FAILED, ENDED)
BOOST_DEFINE_ENUM_CLASS(Verdict, PASSED, FAILED, WAITING)

// The one table of allowed moves.
bool may_become(RolloutState from, RolloutState to);
constexpr bool is_over(RolloutState state) {
  return state == RolloutState::SUCCEEDED || state == RolloutState::ROLLED_BACK || state == RolloutState::ABORTED;
}

// The clock of its step runs.
constexpr bool goes_on(RolloutState state) {
  return state == RolloutState::PREPARING || state == RolloutState::RUNNING || state == RolloutState::KEEPING;
}

struct Rollout {
  RolloutId id;
  DeploymentId deployment_id;
  std::int64_t number = 0;
  RevisionId revision_id;  // that is to take over
  std::int64_t revision = 0;
  RevisionId stable_id;  // that answered before
  std::int64_t stable = 0;
  RolloutState state = RolloutState::PREPARING;
  json::Raw strategy{"{}"};  // as it was when it began
  std::int64_t step = -1;    // -1: gets ready; the number of steps: has all requests
  Time step_time;
  std::int64_t elapsed_ms = 0;  // of the step, before it was paused
  std::string reason;
  std::string actor;
  Time create_time, update_time;
  std::optional<Time> end_time;
  std::int64_t generation = 1;  // the ETag
};
BOOST_DESCRIBE_STRUCT(Rollout, (),
                      (id, deployment_id, number, revision_id, revision, stable_id, stable, state, strategy, step,
                       step_time, elapsed_ms, reason, actor, create_time, update_time, end_time, generation))

// What a revision did during a step, on all nodes.
struct StepFigures {
  std::int64_t requests = 0, errors = 0, rejected = 0;
  double latency_p50_ms = 0, latency_p95_ms = 0, latency_p99_ms = 0;
  std::int64_t compared = 0, disagreed = 0, dropped = 0;
};
BOOST_DESCRIBE_STRUCT(StepFigures, (),
                      (requests, errors, rejected, latency_p50_ms, latency_p95_ms, latency_p99_ms, compared, disagreed,
                       dropped))

struct CheckResult {
  std::string check;  // "ERROR_RATE at most 0.01"
  CheckKind kind = CheckKind::ERROR_RATE;
  Verdict verdict = Verdict::WAITING;  // nothing to judge by yet
  std::optional<double> value;
  std::optional<double> stable_value;
  std::string note;  // why there is no value
};
BOOST_DESCRIBE_STRUCT(CheckResult, (), (check, kind, verdict, value, stable_value, note))

struct Analysis {
  StepFigures revision, stable;
  std::vector<CheckResult> checks;
};
BOOST_DESCRIBE_STRUCT(Analysis, (), (revision, stable, checks))

struct RolloutStep {
  RolloutId rollout_id;
  std::int64_t step = 0;
  std::int64_t weight = 0;
  StepState state = StepState::RUNNING;
  Time start_time;
  std::optional<Time> end_time;
  json::Raw analysis{"{}"};
};
BOOST_DESCRIBE_STRUCT(RolloutStep, (), (rollout_id, step, weight, state, start_time, end_time, analysis))

struct RolloutView {
  Rollout rollout;
  std::vector<RolloutStep> steps;  // that began, in order
};

}  // namespace souk::serving
