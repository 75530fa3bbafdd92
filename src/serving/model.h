// SPDX-License-Identifier: Apache-2.0
//
// Deployment → Revision → Replica: a name that answers requests; an immutable (version digest, configuration);
// one running copy of a revision on a node.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/model.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "registry/signature.h"
#include "runtimes/runtime.h"
#include "serving/rollouts/rollout.h"
#include "serving/traffic/traffic.h"

namespace souk::serving {

BOOST_DEFINE_ENUM_CLASS(ReplicaState, PENDING, FETCHING, LOADING, WARMING, READY, DRAINING, UNLOADED, STOPPED, FAILED)
BOOST_DEFINE_ENUM_CLASS(DesiredState, RUNNING, STOPPED)
BOOST_DEFINE_ENUM_CLASS(DeploymentState, PENDING, READY, FAILED, STOPPED)

// The one table of allowed moves.
bool may_become(ReplicaState from, ReplicaState to);

struct Deployment {
  DeploymentId id;
  std::string uid;
  NamespaceId namespace_id;
  std::string namespace_;  // slug
  std::string slug;
  std::string name;
  ModelId model_id;
  std::string model_namespace;
  std::string model;      // slug
  std::string reference;  // as it was asked for: "default/digits@champion"
  bool follow = false;
  DesiredState desired_state = DesiredState::RUNNING;
  RevisionId revision_id;  // the one that is to take all traffic, or of several the one that the others are measured by
  Time create_time;
  Time update_time;
  std::int64_t generation = 1;  // grows with each change: the ETag
  json::Raw strategy{"{}"};     // rollouts/strategy.h
  json::Raw routing{"{}"};      // traffic/traffic.h
  json::Raw capacity{"{}"};     // capacity/capacity.h
  json::Raw batching{"{}"};     // batching/override.h

  access::ResourceRef resource() const {
    return {access::ObjectKind::DEPLOYMENT, id.value, namespace_id, "deployment " + namespace_ + "/" + slug};
  }
};
BOOST_DESCRIBE_STRUCT(Deployment, (),
                      (id, uid, namespace_id, namespace_, slug, name, model_id, model_namespace, model, reference,
                       follow, desired_state, revision_id, create_time, update_time, generation, strategy, routing,
                       capacity, batching))

struct Revision {
  RevisionId id;
  DeploymentId deployment_id;
  std::int64_t number = 0;
  VersionId version_id;
  std::int64_t version = 0;  // the model version's number
  Digest digest;
  json::Raw configuration{"{}"};
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(Revision, (),
                      (id, deployment_id, number, version_id, version, digest, configuration, create_time))

struct Replica {
  ReplicaId id;
  RevisionId revision_id;
  std::string node;
  ReplicaState state = ReplicaState::PENDING;
  std::string reason;             // of FAILED: what happened and what to do; of UNLOADED: why
  std::int64_t memory_bytes = 0;  // measured; 0: not loaded
  double load_ms = 0;
  Time update_time;
  runtimes::Concurrency concurrency;  // not in its row: of this node's only
};
BOOST_DESCRIBE_STRUCT(Replica, (), (id, revision_id, node, state, reason, memory_bytes, load_ms, update_time))

struct LiveMetrics {
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  double latency_p50_ms = 0;
  double latency_p99_ms = 0;
};
BOOST_DESCRIBE_STRUCT(LiveMetrics, (), (requests, errors, latency_p50_ms, latency_p99_ms))

// A deployment with everything a reader wants of it.
struct DeploymentView {
  Deployment deployment;
  DeploymentState state = DeploymentState::PENDING;
  std::string reason;
  std::vector<Revision> revisions;  // newest first
  std::vector<Replica> replicas;
  std::vector<TrafficRow> traffic;    // of those that several revisions share; none: serving_revision answers all
  std::optional<Rollout> rollout;     // that is not over
  std::int64_t serving_revision = 0;  // number of the revision that answers now; 0: none
  LiveMetrics metrics;                // of this node
};

}  // namespace souk::serving
