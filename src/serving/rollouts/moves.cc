// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/moves.h"

#include "access/access.h"
#include "serving/rollouts/advance.h"
#include "serving/rollouts/rollout_rows.h"
#include "serving/rows.h"

namespace souk::serving {

namespace {

struct RolloutData {
  std::int64_t rollout = 0;
  std::int64_t revision = 0;
  std::int64_t stable = 0;
  RolloutState state = RolloutState::PREPARING;
  std::int64_t step = 0;  // from 1
  std::int64_t weight = 0;
  std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(RolloutData, (), (rollout, revision, stable, state, step, weight, reason))

}  // namespace

Status append_event(store::Tx& tx, events::Log& events, const access::Call& call, const Deployment& deployment,
                    std::string_view type, std::string data) {
  events::NewEvent event;
  event.type = type;
  event.namespace_id = deployment.namespace_id;
  event.namespace_ = deployment.namespace_;
  event.kind = "deployment";
  event.id = deployment.id.value;
  event.name = deployment.slug;
  access::sign(event, call);
  event.data = json::Raw{std::move(data)};
  return events.append(tx, event);
}

Status Moves::tell(const Deployment& deployment, const Rollout& rollout, std::string_view what) {
  RolloutData data{rollout.number,   rollout.revision,   rollout.stable, rollout.state,
                   rollout.step + 1, weight_of(rollout), std::nullopt};
  if (!rollout.reason.empty()) data.reason = rollout.reason;
  return append_event(tx, events, call, deployment, "rollout." + std::string(what), json::write(data));
}

Status Moves::share(const Rollout& rollout, const Strategy& strategy, std::int64_t weight) {
  const std::int64_t shadow = weight < 100 ? strategy.shadow.value_or(0) : 0;
  return write_traffic(tx, rollout.deployment_id,
                       {{rollout.stable_id, rollout.deployment_id, 100 - weight, 0},
                        {rollout.revision_id, rollout.deployment_id, weight, shadow}});
}

Status Moves::give(Deployment& deployment, RevisionId revision) {
  if (deployment.revision_id == revision) return {};
  deployment.revision_id = revision;
  ++deployment.generation;
  deployment.update_time = now;
  return update_deployment(tx, deployment);
}

Status Moves::close_step(const Rollout& rollout, StepState state) {
  if (rollout.step < 0) return {};
  return tx.defer("UPDATE rollout_steps SET state = $1, end_time = $2 WHERE rollout_id = $3 AND step = $4", state, now,
                  rollout.id, rollout.step);
}

Status Moves::begin(const Deployment& deployment, const Rollout& rollout) {
  SOUK_TRY(share(rollout, strategy_of(rollout.strategy), 0));
  return tell(deployment, rollout, "created");
}

Status Moves::step(const Deployment& deployment, Rollout& rollout, const Strategy& strategy, std::int64_t step) {
  SOUK_TRY(close_step(rollout, StepState::PASSED));
  begin_step(rollout, strategy, step, now);
  const std::int64_t weight = strategy.steps.at(static_cast<std::size_t>(step)).weight;
  SOUK_TRY(share(rollout, strategy, weight));
  SOUK_TRY(write_step(tx, {rollout.id, step, weight, StepState::RUNNING, now, std::nullopt, json::Raw{"{}"}}));
  SOUK_TRY(update_rollout(tx, rollout));
  return tell(deployment, rollout, "step_began");
}

Status Moves::all(Deployment& deployment, Rollout& rollout, const Strategy& strategy) {
  SOUK_TRY(close_step(rollout, StepState::PASSED));
  const auto last = static_cast<std::int64_t>(strategy.steps.size());
  begin_step(rollout, strategy, last, now);
  SOUK_TRY(give(deployment, rollout.revision_id));
  if (strategy.keep() == 0) return succeed(deployment, rollout);
  SOUK_TRY(share(rollout, strategy, 100));
  SOUK_TRY(write_step(tx, {rollout.id, last, 100, StepState::RUNNING, now, std::nullopt, json::Raw{"{}"}}));
  SOUK_TRY(update_rollout(tx, rollout));
  return tell(deployment, rollout, "promoted");
}

Status Moves::succeed(const Deployment& deployment, Rollout& rollout) {
  SOUK_TRY(close_step(rollout, StepState::PASSED));
  end(rollout, RolloutState::SUCCEEDED, "", now);
  SOUK_TRY(write_traffic(tx, rollout.deployment_id, {}));
  SOUK_TRY(delete_windows(tx, rollout.id));
  SOUK_TRY(update_rollout(tx, rollout));
  return tell(deployment, rollout, "succeeded");
}

Status Moves::back(Deployment& deployment, Rollout& rollout, RolloutState state, std::string reason) {
  SOUK_TRY(close_step(rollout, state == RolloutState::ROLLED_BACK ? StepState::FAILED : StepState::ENDED));
  end(rollout, state, std::move(reason), now);
  SOUK_TRY(give(deployment, rollout.stable_id));
  SOUK_TRY(write_traffic(tx, rollout.deployment_id, {}));
  SOUK_TRY(delete_windows(tx, rollout.id));
  SOUK_TRY(update_rollout(tx, rollout));
  return tell(deployment, rollout, state == RolloutState::ROLLED_BACK ? "rolled_back" : "aborted");
}

Status Moves::pause(const Deployment& deployment, Rollout& rollout, std::string reason) {
  serving::pause(rollout, std::move(reason), now);
  SOUK_TRY(update_rollout(tx, rollout));
  return tell(deployment, rollout, "paused");
}

Status Moves::resume(const Deployment& deployment, Rollout& rollout, const Strategy& strategy) {
  const bool waits_here = rollout.step >= 0 && rollout.step < static_cast<std::int64_t>(strategy.steps.size()) &&
                          !strategy.steps[static_cast<std::size_t>(rollout.step)].duration_ms;
  serving::resume(rollout, now);
  SOUK_TRY(tell(deployment, rollout, "resumed"));
  if (!waits_here) return update_rollout(tx, rollout);
  // A step without a duration ends by being resumed.
  const Move next = after_step(rollout, strategy);
  if (next.kind == Move::Kind::step) return step(deployment, rollout, strategy, next.step);
  Deployment row = deployment;
  return all(row, rollout, strategy);
}

}  // namespace souk::serving
