// SPDX-License-Identifier: Apache-2.0
//
// The SQL of roll-outs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serving/rollouts/rollout.h"
#include "serving/traffic/figures.h"
#include "store/store.h"

namespace souk::serving {

// Those that are not over; of one deployment at most one is.
Result<std::vector<Rollout>> open_rollouts(store::Tx& tx);
Result<std::vector<Rollout>> open_rollouts_of(store::Tx& tx, const std::vector<DeploymentId>& deployments);
Result<std::optional<Rollout>> open_rollout(store::Tx& tx, DeploymentId deployment);
Result<std::optional<Rollout>> find_rollout(store::Tx& tx, RolloutId id);
// `number` 0: the newest.
Result<std::optional<Rollout>> find_rollout(store::Tx& tx, DeploymentId deployment, std::int64_t number);
// Sets id and number.
Status insert_rollout(store::Tx& tx, Rollout& rollout);
// Its generation grows.
Status update_rollout(store::Tx& tx, Rollout& rollout);
Status delete_rollouts(store::Tx& tx, DeploymentId deployment);

Result<std::vector<RolloutStep>> steps_of(store::Tx& tx, RolloutId rollout);
Status write_step(store::Tx& tx, const RolloutStep& step);

// Of one instance during a step, as text; in place of what it wrote before.
Status write_window(store::Tx& tx, const Rollout& rollout, RevisionId revision, const std::string& instance,
                    const std::string& figures);
// What a revision did during the present step, on all nodes.
Result<Window> window_of(store::Tx& tx, const Rollout& rollout, RevisionId revision);
Status delete_windows(store::Tx& tx, RolloutId rollout);

struct NodeReplica {
  std::string node;
  std::string state;  // empty: none yet
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(NodeReplica, (), (node, state, reason))
// Of every living node.
Result<std::vector<NodeReplica>> replicas_everywhere(store::Tx& tx, RevisionId revision);

}  // namespace souk::serving
