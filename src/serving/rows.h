// SPDX-License-Identifier: Apache-2.0
//
// The SQL of deployments, revisions and replicas.
#pragma once

#include <optional>
#include <vector>

#include "serving/model.h"
#include "store/store.h"

namespace souk::serving {

// Everything that is wanted: deployments, and of each the revisions that are kept loaded.
struct WantedRows {
  std::vector<Deployment> deployments;
  std::vector<Revision> revisions;
  std::vector<TrafficRow> traffic;
};
Result<WantedRows> read_wanted(store::Tx& tx);

Result<std::optional<Deployment>> find_deployment(store::Tx& tx, NamespaceId ns, std::string_view slug);
Result<std::optional<Deployment>> find_deployment(store::Tx& tx, DeploymentId id);
Result<std::vector<Deployment>> deployments_of(store::Tx& tx, const std::vector<ModelId>& models);
Result<std::optional<Revision>> find_revision(store::Tx& tx, RevisionId id);
// The newest so many of each deployment, newest first.
Result<std::vector<Revision>> revisions_of(store::Tx& tx, const std::vector<DeploymentId>& deployments,
                                           std::int64_t most);
Result<std::optional<Revision>> find_revision(store::Tx& tx, DeploymentId deployment, std::int64_t number);
Result<std::vector<TrafficRow>> traffic_of(store::Tx& tx, const std::vector<DeploymentId>& deployments);
// Takes the place of what was there; none: one revision answers everything.
Status write_traffic(store::Tx& tx, DeploymentId deployment, const std::vector<TrafficRow>& rows);
Result<std::vector<Replica>> replicas_of(store::Tx& tx, const std::vector<RevisionId>& revisions);

// Sets the ids (and the revision's number) of what it writes. Errors: already_exists (slug)
Status insert_deployment(store::Tx& tx, Deployment& deployment, Revision& first);
Status insert_revision(store::Tx& tx, Revision& revision);
Status update_deployment(store::Tx& tx, const Deployment& deployment);
Status delete_deployment(store::Tx& tx, DeploymentId id);

// The replica of (revision, node), made or changed; false when the revision is gone.
Result<bool> write_replica(store::Tx& tx, const Replica& replica);
Result<bool> has_failed_replica(store::Tx& tx, RevisionId revision);
Result<bool> has_ready_replica(store::Tx& tx, RevisionId revision);

// The names ("deployment default/digits") of what uses a model, or one version of it: deployments that are to answer
// with it, and those that still do.
Result<std::vector<std::string>> used_by(store::Tx& tx, ModelId model, std::optional<VersionId> version);

// Whether every other living node has done what a deployment asks for: its revisions READY or FAILED there, or
// nothing that runs when it is stopped.
Result<bool> settled_elsewhere(store::Tx& tx, const Deployment& deployment, std::string_view node);

// The replicas of nodes that have been gone for long. How many.
Result<std::int64_t> forget_gone(store::Tx& tx, Time before);
// The replicas of other nodes, on a database of this process alone.
Status forget_others(store::Tx& tx, std::string_view node);

const std::string& deployment_columns();  // with the prefix "d."

}  // namespace souk::serving
