// SPDX-License-Identifier: Apache-2.0
//
// What people see and do of roll-outs.
#include "serving/rollouts/rollout_rows.h"
#include "serving/rollouts/rollouts.h"
#include "serving/rows.h"
#include "store/lists/listing.h"

namespace souk::serving {

namespace {

const store::ListSchema& rollout_schema() {
  using store::ColumnType;
  static const store::ListSchema schema{
      .filter = {.columns = {{"id", "o.id", ColumnType::integer, true},
                             {"number", "o.number", ColumnType::integer, true},
                             {"revision", "o.revision", ColumnType::integer},
                             {"state", "o.state", ColumnType::text},
                             {"actor", "o.actor", ColumnType::text},
                             {"create_time", "o.create_time", ColumnType::time, true},
                             {"update_time", "o.update_time", ColumnType::time, true}}},
      .id = "o.id",
      .default_order = "number desc"};
  return schema;
}

std::string label(const AuthorizedDeployment& deployment, std::int64_t number) {
  return "roll-out " + std::to_string(number) + " of " + deployment->resource().label;
}

Error no_rollout(const AuthorizedDeployment& deployment, std::int64_t number) {
  if (number != 0) return not_found(label(deployment, number) + " does not exist");
  return not_found(deployment->resource().label + " has had no roll-out")
      .advise("deploy another version, for example with --canary or --blue-green");
}

std::string_view verb(RolloutAction action) {
  switch (action) {
    case RolloutAction::pause:
      return "paused";
    case RolloutAction::resume:
      return "resumed";
    case RolloutAction::promote:
      return "promoted";
    case RolloutAction::abort:
      break;
  }
  return "aborted";
}

bool allows(RolloutState state, RolloutAction action) {
  switch (action) {
    case RolloutAction::pause:
      return state == RolloutState::PREPARING || state == RolloutState::RUNNING;
    case RolloutAction::resume:
      return state == RolloutState::PAUSED;
    case RolloutAction::promote:
    case RolloutAction::abort:
      break;
  }
  return !is_over(state);
}

}  // namespace

Result<RolloutView> Rollouts::get(const AuthorizedDeployment& deployment, std::int64_t number) {
  return store_.read([&](store::Tx& tx) -> Result<RolloutView> {
    auto rollout = SOUK_TRY(find_rollout(tx, deployment->id, number));
    if (!rollout) return no_rollout(deployment, number);
    RolloutView view{std::move(*rollout), {}};
    view.steps = SOUK_TRY(steps_of(tx, view.rollout.id));
    return view;
  });
}

Result<registry::Page<Rollout>> Rollouts::list(const AuthorizedDeployment& deployment,
                                               const registry::ListQuery& query) {
  const std::string key = SOUK_TRY(access_.page_token_key());
  store::Listing listing = SOUK_TRY(compile_listing(query, rollout_schema(), store_.dialect(), key,
                                                    "rollouts " + std::to_string(deployment->id.value), 2));
  std::vector<store::Value> parameters{deployment->id.value};
  parameters.insert(parameters.end(), listing.parameters.begin(), listing.parameters.end());
  parameters.emplace_back(listing.fetch());
  const std::string sql = "SELECT " + store::columns<Rollout>("o") + ", " + listing.order_column +
                          " FROM rollouts o WHERE o.deployment_id = $1 AND " + listing.where + " ORDER BY " +
                          listing.order + " LIMIT $" + std::to_string(parameters.size());
  return store_.read([&](store::Tx& tx) -> Result<registry::Page<Rollout>> {
    auto page = SOUK_TRY(store::page_of<Rollout>(SOUK_TRY(tx.run(sql, parameters)), listing, key));
    return registry::Page<Rollout>{std::move(page.items), std::move(page.next_page_token)};
  });
}

Result<RolloutView> Rollouts::act(const access::Call& call, const AuthorizedDeployment& deployment, std::int64_t number,
                                  RolloutAction action, std::optional<std::int64_t> if_match) {
  if (deployment.role() < access::Role::WRITER) {
    return permission_denied(deployment->resource().label + ": changing it needs the role WRITER");
  }
  SOUK_TRY(store_.write([&](store::Tx& tx) -> Status {
    auto row = SOUK_TRY(find_deployment(tx, deployment->id));
    auto rollout = SOUK_TRY(find_rollout(tx, deployment->id, number));
    if (!row || !rollout) return no_rollout(deployment, number);
    if (if_match && rollout->generation != *if_match) {
      return failed_precondition(label(deployment, rollout->number) + " has changed since it was read")
          .at("If-Match")
          .advise("read it again and repeat the request");
    }
    if (!allows(rollout->state, action)) {
      return failed_precondition(label(deployment, rollout->number) + " is " +
                                 std::string(json::enum_name(rollout->state)) + " and cannot be " +
                                 std::string(verb(action)));
    }
    const Strategy strategy = strategy_of(rollout->strategy);
    Moves moves{tx, events_, call, now()};
    const std::string by = std::string(verb(action)) + " by " + call.principal->name;
    switch (action) {
      case RolloutAction::pause:
        return moves.pause(*row, *rollout, by);
      case RolloutAction::resume:
        return moves.resume(*row, *rollout, strategy);
      case RolloutAction::promote:
        if (rollout->state == RolloutState::KEEPING) return moves.succeed(*row, *rollout);
        return moves.all(*row, *rollout, strategy);
      case RolloutAction::abort:
        return moves.back(*row, *rollout, RolloutState::ABORTED, by);
    }
    return {};
  }));
  bell_->ring();
  return get(deployment, number);
}

}  // namespace souk::serving
