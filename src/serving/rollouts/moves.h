// SPDX-License-Identifier: Apache-2.0
//
// What each move of a roll-out writes: its rows, who gets which requests, and the event, in the caller's transaction.
#pragma once

#include <string>

#include "access/model.h"
#include "events/log.h"
#include "serving/model.h"
#include "serving/rollouts/rollout.h"
#include "store/store.h"

namespace souk::serving {

// Appends an event of a deployment, signed by the call.
Status append_event(store::Tx& tx, events::Log& events, const access::Call& call, const Deployment& deployment,
                    std::string_view type, std::string data);

struct Moves {
  store::Tx& tx;
  events::Log& events;
  const access::Call& call;
  Time now;

  // The revision is there already, and gets ready without requests.
  Status begin(const Deployment& deployment, const Rollout& rollout);
  Status step(const Deployment& deployment, Rollout& rollout, const Strategy& strategy, std::int64_t step);
  // All requests; KEEPING, or over.
  Status all(Deployment& deployment, Rollout& rollout, const Strategy& strategy);
  Status succeed(const Deployment& deployment, Rollout& rollout);
  // Back to the revision before. ROLLED_BACK or ABORTED.
  Status back(Deployment& deployment, Rollout& rollout, RolloutState state, std::string reason);
  Status pause(const Deployment& deployment, Rollout& rollout, std::string reason);
  Status resume(const Deployment& deployment, Rollout& rollout, const Strategy& strategy);

 private:
  Status tell(const Deployment& deployment, const Rollout& rollout, std::string_view what);
  Status close_step(const Rollout& rollout, StepState state);
  Status give(Deployment& deployment, RevisionId revision);
  Status share(const Rollout& rollout, const Strategy& strategy, std::int64_t weight);
};

}  // namespace souk::serving
