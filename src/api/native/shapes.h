// SPDX-License-Identifier: Apache-2.0
//
// The objects of /api/v1 as JSON, and how they are made of what the rooms give.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/native/native.h"
#include "base/json.h"

namespace souk::api::native {

struct ServerInfo {
  std::string name = "souk";
  std::string version;
  bool dev = false;
  std::string node;
  Time start_time;
  std::string database;
  std::string blobs;
  std::uint64_t storage_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(ServerInfo, (), (name, version, dev, node, start_time, database, blobs, storage_bytes))

struct Caller {
  std::string name;
  access::PrincipalKind kind = access::PrincipalKind::ANONYMOUS;
  access::Role role = access::Role::NONE;  // at most
  std::string default_namespace;
};
BOOST_DESCRIBE_STRUCT(Caller, (), (name, kind, role, default_namespace))

struct Namespace {
  NamespaceId id;
  std::string uid, slug, name, description;
  Time create_time;
  access::Role role = access::Role::NONE;  // the caller's
};
BOOST_DESCRIBE_STRUCT(Namespace, (), (id, uid, slug, name, description, create_time, role))

struct ModelVersion {
  VersionId id;
  std::string uid, namespace_, model;
  std::int64_t number = 0;
  std::string name, description, author;
  registry::State state = registry::State::LIVE;
  bool sealed = false;
  std::optional<Digest> digest;
  std::optional<std::int64_t> size_bytes;
  std::optional<std::string> format, runtime, missing, task, uri;
  std::optional<json::Raw> signature;
  std::vector<std::string> aliases;
  json::Raw custom_properties;
  Time create_time, update_time;
  std::optional<Time> seal_time;
  std::string etag;
};
BOOST_DESCRIBE_STRUCT(ModelVersion, (),
                      (id, uid, namespace_, model, number, name, description, author, state, sealed, digest, size_bytes,
                       format, runtime, missing, task, uri, signature, aliases, custom_properties, create_time,
                       update_time, seal_time, etag))

struct AliasOfModel {
  std::string name;
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AliasOfModel, (), (name, version))

struct DeploymentOfModel {
  std::string namespace_, slug;
  serving::DeploymentState state = serving::DeploymentState::PENDING;
};
BOOST_DESCRIBE_STRUCT(DeploymentOfModel, (), (namespace_, slug, state))

struct Model {
  ModelId id;
  std::string uid, namespace_, slug, name, description, readme, owner;
  registry::State state = registry::State::LIVE;
  std::optional<std::string> external_id, maturity, provider, logo, license, license_link, library_name;
  std::optional<json::Raw> language, tasks;
  json::Raw tags, custom_properties;
  std::optional<std::string> task;
  Time create_time, update_time;
  std::string etag;
  std::int64_t version_count = 0;
  std::optional<ModelVersion> latest_version;
  std::vector<AliasOfModel> aliases;
  std::vector<DeploymentOfModel> deployments;
};
BOOST_DESCRIBE_STRUCT(Model, (),
                      (id, uid, namespace_, slug, name, description, readme, owner, state, external_id, maturity,
                       provider, logo, license, license_link, library_name, language, tasks, tags, custom_properties,
                       task, create_time, update_time, etag, version_count, latest_version, aliases, deployments))

struct Alias {
  std::string name;
  std::int64_t version = 0;
  std::optional<Digest> digest;
  std::string actor;
  Time update_time;
};
BOOST_DESCRIBE_STRUCT(Alias, (), (name, version, digest, actor, update_time))

struct Replica {
  std::string node;
  serving::ReplicaState state = serving::ReplicaState::PENDING;
  std::string reason;
  std::optional<std::int64_t> memory_bytes;
  std::optional<double> load_ms;
  std::optional<std::int64_t> sessions, threads;  // that it runs with; of the node that answers
  Time update_time;
};
BOOST_DESCRIBE_STRUCT(Replica, (), (node, state, reason, memory_bytes, load_ms, sessions, threads, update_time))

struct Revision {
  std::int64_t number = 0;
  std::int64_t version = 0;
  Digest digest;
  std::int64_t traffic_percent = 0;
  std::int64_t shadow_percent = 0;  // of the others' requests: copies whose answers are compared
  serving::ReplicaState state = serving::ReplicaState::PENDING;
  std::string reason;
  std::vector<Replica> replicas;
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(Revision, (),
                      (number, version, digest, traffic_percent, shadow_percent, state, reason, replicas, create_time))

// A roll-out that is not over, as its deployment shows it.
struct RolloutOfDeployment {
  std::int64_t number = 0;
  std::int64_t revision = 0, stable = 0;
  serving::RolloutState state = serving::RolloutState::PREPARING;
  std::int64_t step = 0;  // from 1; 0: gets ready
  std::int64_t weight = 0;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(RolloutOfDeployment, (), (number, revision, stable, state, step, weight, reason))

struct Deployment {
  DeploymentId id;
  std::string uid, namespace_, slug, name, model_namespace, model, reference;
  bool follow = false;
  serving::DesiredState desired_state = serving::DesiredState::RUNNING;
  serving::DeploymentState state = serving::DeploymentState::PENDING;
  std::string reason;
  std::optional<std::string> task;
  std::optional<json::Raw> signature;
  std::int64_t revision = 0;  // the one that answers; 0: none
  std::int64_t version = 0;
  std::optional<Digest> digest;
  std::vector<Revision> revisions;     // newest first
  serving::Strategy strategy;          // how the next revision takes over
  serving::Routing routing;            // what decides on a request besides weights
  serving::Capacity capacity;          // what it asks of memory
  serving::BatchingOverride batching;  // in place of what the version declares
  std::optional<RolloutOfDeployment> rollout;
  serving::LiveMetrics metrics;
  Time create_time, update_time;
  std::string etag;
};
BOOST_DESCRIBE_STRUCT(Deployment, (),
                      (id, uid, namespace_, slug, name, model_namespace, model, reference, follow, desired_state, state,
                       reason, task, signature, revision, version, digest, revisions, strategy, routing, capacity,
                       batching, rollout, metrics, create_time, update_time, etag))

// A version of `model`, with the aliases that point to it.
ModelVersion shape(const std::string& ns, const std::string& model, const registry::ModelVersion& version,
                   const std::vector<registry::Alias>& aliases);
Alias shape(const registry::Alias& alias);
// `version` is the one that the newest revision runs, for signature and task.
Deployment shape(const serving::DeploymentView& view, const std::optional<registry::ModelVersion>& version);

// The number in an If-Match header; absent: the caller did not ask. Errors: invalid_argument
Result<std::optional<std::int64_t>> revision_of(const std::optional<std::string>& if_match);
std::optional<std::string> page_token_of(const std::string& token);

// Query parameters that every list takes.
struct ListFields {
  std::optional<std::string> filter, order_by, page_token;
  std::optional<std::int64_t> page_size;
};
BOOST_DESCRIBE_STRUCT(ListFields, (), (filter, order_by, page_token, page_size))
// Errors: invalid_argument (page_size not in 1…1000)
Result<registry::ListQuery> list_query(const ListFields& fields);

// Answers with server-sent events from now on or from Last-Event-ID; `about` empty: all that the caller may hear.
Status listen(const Rooms& rooms, const ExchangePtr& exchange, const std::function<bool(const events::Event&)>& about);

// One function a noun; each adds its routes.
void add_server(RouteTable::Door& door, const Rooms& rooms);
void add_namespaces(RouteTable::Door& door, const Rooms& rooms);
void add_models(RouteTable::Door& door, const Rooms& rooms);
void add_versions(RouteTable::Door& door, const Rooms& rooms);
void add_files(RouteTable::Door& door, const Rooms& rooms);
void add_uploads(RouteTable::Door& door, const Rooms& rooms);
void add_imports(RouteTable::Door& door, const Rooms& rooms);
void add_blob_moves(RouteTable::Door& door, const Rooms& rooms);
void add_aliases(RouteTable::Door& door, const Rooms& rooms);
void add_deployments(RouteTable::Door& door, const Rooms& rooms);
void add_rollouts(RouteTable::Door& door, const Rooms& rooms);
void add_api_keys(RouteTable::Door& door, const Rooms& rooms);
void add_users(RouteTable::Door& door, const Rooms& rooms);
void add_teams(RouteTable::Door& door, const Rooms& rooms);
void add_service_accounts(RouteTable::Door& door, const Rooms& rooms);
void add_grants(RouteTable::Door& door, const Rooms& rooms);
void add_sessions(RouteTable::Door& door, const Rooms& rooms);
void add_audit(RouteTable::Door& door, const Rooms& rooms);
void add_events(RouteTable::Door& door, const Rooms& rooms);
void add_figures(RouteTable::Door& door, const Rooms& rooms);
void add_queues(RouteTable::Door& door, const Rooms& rooms);
void add_experiments(RouteTable::Door& door, const Rooms& rooms);
void add_runs(RouteTable::Door& door, const Rooms& rooms);
void add_run_logs(RouteTable::Door& door, const Rooms& rooms);
void add_lineage(RouteTable::Door& door, const Rooms& rooms);
void add_webhooks(RouteTable::Door& door, const Rooms& rooms);
void add_compare(RouteTable::Door& door, const Rooms& rooms);
void add_exchange(RouteTable::Door& door, const Rooms& rooms);
void add_search(RouteTable::Door& door, const Rooms& rooms);
void add_operations(RouteTable::Door& door, const Rooms& rooms);

}  // namespace souk::api::native
