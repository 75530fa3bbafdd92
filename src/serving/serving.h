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
#include "runtimes/runtime.h"
#include "serving/batching/batching.h"
#include "serving/model.h"
#include "serving/rollouts/strategy.h"
#include "serving/tally.h"
#include "serving/traffic/figures.h"

namespace souk::net {
struct RequestHead;
}

namespace souk::serving {

struct ServingSettings {
  std::int64_t loads = 2;              // loads at a time
  std::int64_t compute_threads = 0;    // 0: one a core; for requests not run in place
  std::int64_t run_in_place_us = 300;  // a model at most this slow runs on the connection's thread
  std::int64_t join_within_us = 20;    // how soon after another a request must come to share a batch
  std::int64_t queue_limit = 1024;     // waiting requests of a deployment
  std::chrono::milliseconds drain_timeout{30'000};
  std::chrono::milliseconds request_timeout{60'000};
  std::chrono::milliseconds rollout_window{1'000};  // between two looks at a roll-out
  std::vector<std::string> metrics_allow;           // address ranges besides the public internet
};
void declare(settings::Table& table, ServingSettings& s);

using AuthorizedDeployment = access::Authorized<Deployment>;

struct DeployRequest {
  registry::Reference reference;
  std::string name;  // empty: the model's slug
  bool follow = false;
  json::Raw configuration{"{}"};
  std::optional<Strategy> strategy = {};     // kept with the deployment; absent: as it is
  std::optional<Routing> routing = {};       // likewise
  std::optional<std::int64_t> traffic = {};  // percent that a new revision gets, without a roll-out
};
struct DeploymentPatch {
  json::Patch<DesiredState> desired_state;
  json::Patch<bool> follow;
  json::Patch<std::string> reference;
  json::Patch<Strategy> strategy = {};                  // null: IMMEDIATE
  json::Patch<Routing> routing = {};                    // null: by weights alone
  json::Patch<std::vector<TrafficShare>> traffic = {};  // null: one revision answers everything
};

struct DeploymentMetrics;
struct Replicated;
struct Split;

// Runs a function on the calling thread once that has taken in what has already arrived.
using Later = std::function<void(std::function<void()>)>;

struct InferOptions {
  Deadline deadline = kNoDeadline;
  std::uint64_t priority = 0;  // of the levels that the version declares, 1 first; 0: the default one
  Later later;                 // given: requests that this thread brings in one turn of its loop may share a batch
  std::function<bool()> gone;  // true once nobody waits for the answer: it need not run any more. Any thread
};

// A revision that answers. Immutable.
struct Target {
  std::string namespace_;  // of the deployment
  std::string slug;
  std::int64_t revision = 0;
  std::string model_namespace, model;
  std::int64_t version = 0;
  std::string version_name;
  std::string digest;  // "sha256:…"
  std::string platform;
  std::optional<std::string> task;
  registry::Signature signature;
  Batching batching;
  std::shared_ptr<runtimes::Runtime> runtime;
  std::shared_ptr<const json::Raw> declaration;  // souk.yaml as JSON; none: null pointer
  std::shared_ptr<const std::vector<registry::VersionFile>> files;
};

// What a revision has done on this node since it was loaded.
struct Statistics {
  std::string namespace_, slug;  // of the deployment
  std::int64_t revision = 0;
  std::int64_t memory_bytes = 0;
  Tally::Sums sums;
};

struct RevisionFigures {
  RevisionId revision;
  std::string instance;  // of the replica; new with each load
  Window sums;           // since it was loaded
};

// Keeps the target loaded while it lives. Movable; belongs to one thread at a time.
class Pinned {
 public:
  Pinned() = default;
  Pinned(Pinned&&) noexcept = default;
  Pinned& operator=(Pinned&& other) noexcept;
  ~Pinned();
  const Target& operator*() const { return *target_; }
  const Target* operator->() const { return target_; }

 private:
  friend class Serving;
  // The replica's count was raised.
  explicit Pinned(std::shared_ptr<Replicated> replica, const access::Call& call,
                  std::shared_ptr<const Split> split = nullptr);
  std::shared_ptr<Replicated> replica_;
  const Target* target_ = nullptr;
  std::int64_t caller_ = 0;             // whose turn it is on
  TracePtr trace_;                      // null: the request is not sampled
  std::shared_ptr<const Split> split_;  // only where copies of requests go to other revisions
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
