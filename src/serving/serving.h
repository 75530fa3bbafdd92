// SPDX-License-Identifier: Apache-2.0
//
// Deployments. What is asked for is a row; a reconciler per node brings replicas there, writes down what it
// sees and begins again after any crash. The path of an inference costs no statement and no lock that a
// loader holds: routes are an immutable snapshot, a request pins its revision by a count, and a new revision
// takes the traffic only when it is READY. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/access.h"
#include "events/log.h"
#include "registry/registry.h"
#include "serving/batching/override.h"
#include "serving/capacity/capacity.h"
#include "serving/model.h"
#include "serving/rollouts/strategy.h"
#include "serving/settings.h"
#include "serving/target.h"

namespace souk::net {
struct RequestHead;
}

namespace souk::serving {

using AuthorizedDeployment = access::Authorized<Deployment>;

struct DeployRequest {
  registry::Reference reference;
  std::string name;  // empty: the model's slug
  bool follow = false;
  json::Raw configuration{"{}"};
  std::optional<Strategy> strategy = {};     // kept with the deployment; absent: as it is
  std::optional<Routing> routing = {};       // likewise
  std::optional<std::int64_t> traffic = {};  // percent that a new revision gets, without a roll-out
  CapacityPatch capacity = {};               // of what is kept with the deployment; what is absent stays
  BatchingPatch batching = {};               // likewise
};
struct DeploymentPatch {
  json::Patch<DesiredState> desired_state;
  json::Patch<bool> follow;
  json::Patch<std::string> reference;
  json::Patch<Strategy> strategy = {};                  // null: IMMEDIATE
  json::Patch<Routing> routing = {};                    // null: by weights alone
  json::Patch<std::vector<TrafficShare>> traffic = {};  // null: one revision answers everything
  json::Patch<CapacityPatch> capacity = {};             // null: the usual
  json::Patch<BatchingPatch> batching = {};             // null: the version's
};

class Serving {
 public:
  Serving(ServingSettings settings, store::Store& store, events::Log& events, access::Access& access,
          registry::Registry& registry, artifacts::Artifacts& artifacts, std::vector<runtimes::Loader*> loaders,
          std::string node, Logger& log, Metrics& metrics);
  ~Serving();
  // Brings back what was deployed; returns when every replica of this node is READY or FAILED, or `wait` is over.
  Status start(Duration wait);
  void stop();

  // The deployment lies in call.namespace_. Deploying again under the same name makes a new revision when the version
  // changed, and tries again what had failed. Errors: not_found, already_exists (the name serves another model),
  // failed_precondition (version not sealed; archived; no runtime, with what is missing)
  Result<DeploymentView> deploy(const access::Call& call, DeployRequest wanted, bool* created = nullptr);
  Result<DeploymentView> update(const access::Call& call, const AuthorizedDeployment& deployment,
                                const DeploymentPatch& patch, std::optional<std::int64_t> if_match);
  Status remove(const access::Call& call, const AuthorizedDeployment& deployment);
  Result<AuthorizedDeployment> get(const access::Call& call, access::Role needed, std::string_view ns,
                                   std::string_view slug);
  Result<DeploymentView> view(const AuthorizedDeployment& deployment);
  Result<registry::Page<DeploymentView>> list(const access::Call& call, std::string_view ns,
                                              const registry::ListQuery& query);
  Result<std::vector<DeploymentView>> of_model(const access::Call& call, ModelId model);
  // Those that the caller may read, in as many statements as for one.
  Result<std::map<ModelId, std::vector<DeploymentView>>> of_models(const access::Call& call,
                                                                   const std::vector<ModelId>& models);
  // Calls done once the deployment's wanted revision is READY or FAILED at every living node (or all is stopped, when
  // that is wanted), or the deadline came (with what is then). On a thread of serving, or at once on the caller's.
  void wait_settled(const AuthorizedDeployment& deployment, Deadline deadline,
                    std::function<void(Result<DeploymentView>)> done);

  // --- the hot path: no statement, no allocation that depends on the model -----------------------------
  // `name` is "slug" or "namespace/slug"; `revision` 0 means the one with traffic.
  // Errors: not_found, unavailable (loading; retry_after), failed_precondition (stopped, failed: why)
  // Of several that share the traffic one is chosen, where rules look at headers by `head` (null: there are none).
  Result<Pinned> pin(const access::Call& call, std::string_view name, std::int64_t revision = 0,
                     access::Role needed = access::Role::EXECUTOR, const net::RequestHead* head = nullptr);
  // The default deployment of a model (Instill, OpenAI): the one that was made first; with a version (number or
  // name), the first that answers with it.
  Result<Pinned> pin_model(const access::Call& call, std::string_view ns, std::string_view model,
                           std::optional<std::string> version, const net::RequestHead* head = nullptr);
  // Checks against the signature, runs, checks the answer, counts. `done` exactly once, here or on another thread.
  // `pinned`, `request` and the bytes it views must live until then. Errors: those of the runtime, internal (the
  // answer is not the signature's), unavailable (queue full, or no hope before the deadline; retry_after),
  // deadline_exceeded, cancelled
  void infer(const Pinned& pinned, const runtimes::InferRequest& request, InferOptions options,
             runtimes::Completion done);
  // Forgets what nodes that have been gone since `before` did. Blocks: disk
  Result<std::int64_t> forget_gone_nodes(Time before);
  // Of the revisions with traffic: of one deployment (as pin finds it), or of all that the caller may read. Never
  // blocks for long. Errors: those of pin
  Result<std::vector<Statistics>> statistics(const access::Call& call, std::string_view name,
                                             std::int64_t revision = 0);
  // What the revisions that share a deployment did on this node. Never blocks for long.
  std::vector<RevisionFigures> figures(DeploymentId id) const;
  bool ready() const;  // nothing that is wanted of this node is still on its way

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace souk::serving
