// SPDX-License-Identifier: Apache-2.0
//
// Records, as in records/model.h, of what is served where: an InferenceService lies in an Environment and asks for a
// model to be served; a ServeModel tells what came of it.
#pragma once

#include <optional>
#include <string>

#include "access/model.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "registry/model.h"

namespace souk::registry {

BOOST_DEFINE_ENUM_CLASS(ServiceState, DEPLOYED, UNDEPLOYED)
BOOST_DEFINE_ENUM_CLASS(ServeState, UNKNOWN, NEW, RUNNING, COMPLETE, FAILED, CACHED, CANCELED)

// Where things run: `local` is these nodes and their children. The Kubeflow ServingEnvironment.
struct Environment {
  EnvironmentId id;
  std::string uid;
  NamespaceId namespace_id;
  std::string name;
  std::optional<std::string> external_id;
  std::string description;
  json::Raw custom_properties{"{}"};
  Time create_time;
  Time update_time;
  std::int64_t revision = 1;

  access::ResourceRef resource() const;
};
BOOST_DESCRIBE_STRUCT(Environment, (),
                      (id, uid, namespace_id, name, external_id, description, custom_properties, create_time,
                       update_time, revision))

struct InferenceService {
  InferenceServiceId id;
  std::string uid;
  NamespaceId namespace_id;
  EnvironmentId environment_id;
  ModelId model_id;
  std::optional<VersionId> version_id;  // absent: the latest
  std::string name;
  std::optional<std::string> external_id;
  std::string description;
  std::string runtime;
  ServiceState desired_state = ServiceState::DEPLOYED;
  std::optional<DeploymentId> deployment_id;  // the one it owns
  json::Raw custom_properties{"{}"};
  Time create_time;
  Time update_time;
  std::int64_t revision = 1;

  access::ResourceRef resource() const;
};
BOOST_DESCRIBE_STRUCT(InferenceService, (),
                      (id, uid, namespace_id, environment_id, model_id, version_id, name, external_id, description,
                       runtime, desired_state, deployment_id, custom_properties, create_time, update_time, revision))

struct ServeModel {
  ServeModelId id;
  std::string uid;
  NamespaceId namespace_id;
  InferenceServiceId inference_service_id;
  VersionId version_id;
  std::string name;
  std::optional<std::string> external_id;
  std::string description;
  ServeState last_known_state = ServeState::UNKNOWN;
  std::optional<RevisionId> revision_id;  // of the deployment, where souk wrote this
  json::Raw custom_properties{"{}"};
  Time create_time;
  Time update_time;
  std::int64_t revision = 1;

  access::ResourceRef resource() const;
};
BOOST_DESCRIBE_STRUCT(ServeModel, (),
                      (id, uid, namespace_id, inference_service_id, version_id, name, external_id, description,
                       last_known_state, revision_id, custom_properties, create_time, update_time, revision))

}  // namespace souk::registry
