// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a deployment that is there already. Inside the room only.
#pragma once

#include <optional>
#include <vector>

#include "registry/registry.h"
#include "serving/model.h"

namespace souk::serving {

struct Change {
  const registry::ModelVersion* version = nullptr;  // that is to answer; null: which one does not change
  bool retry = false;                               // what failed is to be tried again
  std::optional<std::int64_t> traffic;              // percent of a new revision, without a roll-out
  bool one_revision = false;                        // that answers everything
  std::vector<TrafficShare> shares;                 // by hand; none: as they are
};

Revision revision_of(const registry::ModelVersion& version, DeploymentId deployment, json::Raw configuration);
// Of the events deployment.* and revision.created.
std::string data_of(const Deployment& deployment);
std::string data_of(const Revision& revision);

}  // namespace souk::serving
