// SPDX-License-Identifier: Apache-2.0
//
// What a roll-out does next: from its row, its strategy and what was seen, without a clock or a database of its own.
#pragma once

#include <optional>
#include <string>

#include "serving/rollouts/rollout.h"

namespace souk::serving {

enum class Readiness { waiting, ready, failed };

struct Facts {
  bool runs = true;  // the deployment is to run
  Readiness readiness = Readiness::waiting;
  std::string why;    // it failed
  Analysis analysis;  // of the present step
};

struct Move {
  enum class Kind {
    none,
    step,       // begins `step`
    all,        // gets all requests
    succeed,    // the one before may go
    roll_back,  // for `reason`
  } kind = Kind::none;
  std::int64_t step = 0;
  std::string reason;  // of none: why the step goes on past its time
};

Move next_move(const Rollout& rollout, const Strategy& strategy, const Facts& facts, Time now);
// When time alone may move it; none: only what happens does.
std::optional<Time> next_time(const Rollout& rollout, const Strategy& strategy);
// Of the present step, without the time that it was paused.
Duration elapsed(const Rollout& rollout, Time now);
// Percent of the requests that the new revision has.
std::int64_t weight_of(const Rollout& rollout);
// What follows the present step: another, or all requests.
Move after_step(const Rollout& rollout, const Strategy& strategy);

// What moves make of the row. The step's clock begins.
void begin_step(Rollout& rollout, const Strategy& strategy, std::int64_t step, Time now);
void pause(Rollout& rollout, std::string reason, Time now);
void resume(Rollout& rollout, Time now);
void end(Rollout& rollout, RolloutState state, std::string reason, Time now);

}  // namespace souk::serving
