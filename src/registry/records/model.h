// SPDX-License-Identifier: Apache-2.0
//
// Records: what the logical model keeps beside models and versions. Each has an id, a uid, a name, custom properties,
// times and a revision that grows with each change; a row is its fields, in this order.
//
// Experiment → ExperimentRun (may be nested) → Artifact. An Artifact belongs to a version, to a run, to both or to
// nothing. Names are unique under the parent, but for runs; external ids are unique within the kind in their namespace.
// services.h has the records of what is served.
#pragma once

#include <optional>
#include <string>

#include "access/model.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "registry/model.h"

namespace souk::registry {

BOOST_DEFINE_ENUM_CLASS(RunStatus, RUNNING, SCHEDULED, FINISHED, FAILED, KILLED)
BOOST_DEFINE_ENUM_CLASS(ArtifactKind, MODEL, DOC, DATASET, METRIC, PARAMETER)
BOOST_DEFINE_ENUM_CLASS(ArtifactState, UNKNOWN, PENDING, LIVE, MARKED_FOR_DELETION, DELETED, ABANDONED, REFERENCE)
BOOST_DEFINE_ENUM_CLASS(ParameterType, string, number, boolean, object)

struct Experiment {
  ExperimentId id;
  std::string uid;
  NamespaceId namespace_id;
  std::string slug;
  std::string name;
  std::optional<std::string> external_id;
  std::string description;
  std::string owner;
  State state = State::LIVE;
  json::Raw tags{"{}"};
  json::Raw custom_properties{"{}"};
  Time create_time;
  Time update_time;
  std::int64_t revision = 1;

  access::ResourceRef resource() const;
};
BOOST_DESCRIBE_STRUCT(Experiment, (),
                      (id, uid, namespace_id, slug, name, external_id, description, owner, state, tags,
                       custom_properties, create_time, update_time, revision))

struct ExperimentRun {
  RunId id;
  std::string uid;
  NamespaceId namespace_id;
  ExperimentId experiment_id;
  std::optional<RunId> parent_run_id;
  std::string name;
  std::optional<std::string> external_id;
  std::string description;
  std::string owner;
  RunStatus status = RunStatus::RUNNING;
  State state = State::LIVE;
  std::optional<Time> start_time;
  std::optional<Time> end_time;
  json::Raw tags{"{}"};
  json::Raw custom_properties{"{}"};
  Time create_time;
  Time update_time;
  std::int64_t revision = 1;

  access::ResourceRef resource() const;
};
BOOST_DESCRIBE_STRUCT(ExperimentRun, (),
                      (id, uid, namespace_id, experiment_id, parent_run_id, name, external_id, description, owner,
                       status, state, start_time, end_time, tags, custom_properties, create_time, update_time,
                       revision))

struct Artifact {
  ArtifactId id;
  std::string uid;
  NamespaceId namespace_id;
  std::optional<ModelId> model_id;  // of the version
  std::optional<VersionId> version_id;
  std::optional<ExperimentId> experiment_id;  // of the run
  std::optional<RunId> run_id;
  ArtifactKind kind = ArtifactKind::MODEL;
  std::string name;
  std::optional<std::string> external_id;
  std::string description;
  ArtifactState state = ArtifactState::UNKNOWN;
  std::optional<std::string> uri;   // kept as it was given
  std::optional<std::string> held;  // the manifest here that it stands for: NAMESPACE/MODEL@DIGEST
  // MODEL
  std::optional<std::string> model_format_name, model_format_version, storage_key, storage_path, service_account_name;
  std::optional<std::string> model_source_kind, model_source_class, model_source_group, model_source_id,
      model_source_name;
  // DATASET
  std::optional<std::string> digest, source_type, source, schema, profile;
  // METRIC: the latest value
  std::optional<double> value;
  std::optional<std::int64_t> step;
  std::optional<Time> timestamp;
  // PARAMETER
  std::optional<std::string> text_value;
  std::optional<ParameterType> parameter_type;
  json::Raw custom_properties{"{}"};
  Time create_time;
  Time update_time;
  std::int64_t revision = 1;

  access::ResourceRef resource() const;
};
BOOST_DESCRIBE_STRUCT(Artifact, (),
                      (id, uid, namespace_id, model_id, version_id, experiment_id, run_id, kind, name, external_id,
                       description, state, uri, held, model_format_name, model_format_version, storage_key,
                       storage_path, service_account_name, model_source_kind, model_source_class, model_source_group,
                       model_source_id, model_source_name, digest, source_type, source, schema, profile, value, step,
                       timestamp, text_value, parameter_type, custom_properties, create_time, update_time, revision))

}  // namespace souk::registry
