// SPDX-License-Identifier: Apache-2.0
//
// Makes the registry's inference services true: one that is to be DEPLOYED owns a deployment, and its serve models
// tell what came of it. Nothing is kept in memory but what is to be looked at; every node may do it, and what another
// has done is found done. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "events/log.h"
#include "registry/records/records.h"
#include "serving/serving.h"

namespace souk::serving {

class InferenceServices {
 public:
  InferenceServices(store::Store& store, events::Log& events, access::Access& access, registry::Registry& registry,
                    Serving& serving, Logger& log);
  ~InferenceServices();
  // Looks at all of them, and from then on at those that something happened to.
  Status start();
  void stop();

 private:
  using Ids = std::set<InferenceServiceId>;
  using Authorized = access::Authorized<registry::InferenceService>;

  void hear(const events::Event& event);
  void run(std::stop_token stop);
  Result<Ids> of(std::string_view column, std::int64_t id);
  Status settle(InferenceServiceId id);
  Status deploy(const access::Call& call, const Authorized& service);
  Status undeploy(const access::Call& call, const Authorized& service);
  Result<DeploymentView> deployed(const access::Call& call, const Authorized& service);
  Status tell(const access::Call& call, const Authorized& service, const DeploymentView& view);
  Status tell_failed(const access::Call& call, const Authorized& service, const Error& why);
  Status put_serve(const access::Call& call, const Authorized& service, VersionId version,
                   std::optional<RevisionId> revision, registry::ServeState state, const std::string& reason);
  Status drop(DeploymentId deployment);
  Result<std::optional<AuthorizedDeployment>> find_deployment(const access::Call& call, DeploymentId id);

  store::Store& store_;
  events::Log& events_;
  access::Access& access_;
  registry::Registry& registry_;
  Serving& serving_;
  Logger& log_;
  const registry::Records<registry::InferenceService> services_;
  const registry::Records<registry::ServeModel> serves_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  Ids dirty_;
  std::set<DeploymentId> moved_, orphans_;
  std::set<ModelId> models_;
  bool all_ = false;
  events::Subscription subscription_;
  std::jthread thread_;
};

}  // namespace souk::serving
