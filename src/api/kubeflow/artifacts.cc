// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/doors.h"

namespace souk::api::kubeflow {
namespace {

using access::Role;
using registry::Artifact;
using registry::ArtifactKind;
using registry::Parent;

// The fields of every kind of artifact; those that the kind does not have are refused by the room.
struct ArtifactBody {
  std::optional<std::string> artifactType, name, id;
  std::optional<json::Raw> customProperties, value;
  std::optional<std::string> externalId, description, state, uri, modelFormatName, modelFormatVersion, storageKey,
      storagePath, serviceAccountName, modelSourceKind, modelSourceClass, modelSourceGroup, modelSourceId,
      modelSourceName, digest, sourceType, source, schema, profile, timestamp, parameterType, experimentId,
      experimentRunId, createTimeSinceEpoch, lastUpdateTimeSinceEpoch;
  std::optional<std::int64_t> step;
};
BOOST_DESCRIBE_STRUCT(ArtifactBody, (),
                      (artifactType, name, id, customProperties, value, externalId, description, state, uri,
                       modelFormatName, modelFormatVersion, storageKey, storagePath, serviceAccountName,
                       modelSourceKind, modelSourceClass, modelSourceGroup, modelSourceId, modelSourceName, digest,
                       sourceType, source, schema, profile, timestamp, parameterType, experimentId, experimentRunId,
                       createTimeSinceEpoch, lastUpdateTimeSinceEpoch, step))

Status apply_value(const ArtifactBody& body, Artifact& artifact) {
  if (!body.value) return {};
  const json::Document document = SOUK_TRY(json::Document::parse(body.value->text));
  const json::Value value = document.root();
  if (artifact.kind == ArtifactKind::METRIC) {
    double number = 0;
    Status read = json::read(value, number, json::UnknownFields::refuse, "value");
    if (!read) return read;
    artifact.value = number;
    return {};
  }
  std::string text;
  SOUK_TRY(json::read(value, text, json::UnknownFields::refuse, "value"));
  artifact.text_value = std::move(text);
  return {};
}

Status apply(const ArtifactBody& body, Artifact& artifact) {
  SOUK_TRY(apply_common(body, artifact));
  const auto set = [](std::optional<std::string>& field, const std::optional<std::string>& value) {
    if (value) field = value;
  };
  if (body.state) artifact.state = SOUK_TRY(enum_of(body.state, "state", registry::ArtifactState::UNKNOWN));
  set(artifact.uri, body.uri);
  set(artifact.model_format_name, body.modelFormatName);
  set(artifact.model_format_version, body.modelFormatVersion);
  set(artifact.storage_key, body.storageKey);
  set(artifact.storage_path, body.storagePath);
  set(artifact.service_account_name, body.serviceAccountName);
  set(artifact.model_source_kind, body.modelSourceKind);
  set(artifact.model_source_class, body.modelSourceClass);
  set(artifact.model_source_group, body.modelSourceGroup);
  set(artifact.model_source_id, body.modelSourceId);
  set(artifact.model_source_name, body.modelSourceName);
  set(artifact.digest, body.digest);
  set(artifact.source_type, body.sourceType);
  set(artifact.source, body.source);
  set(artifact.schema, body.schema);
  set(artifact.profile, body.profile);
  if (body.step) artifact.step = body.step;
  if (body.timestamp) artifact.timestamp = SOUK_TRY(time_of(body.timestamp, "timestamp"));
  if (body.parameterType)
    artifact.parameter_type = SOUK_TRY(enum_of(body.parameterType, "parameterType", registry::ParameterType::string));
  return apply_value(body, artifact);
}

// Errors: invalid_argument
Result<ArtifactKind> kind_of(const ArtifactBody& body, std::optional<ArtifactKind> only) {
  if (!body.artifactType) {
    if (only) return *only;
    return invalid_argument(
               "artifactType is missing: model-artifact, doc-artifact, dataset-artifact, metric or parameter")
        .at("artifactType");
  }
  const auto kind = kind_named(*body.artifactType);
  if (!kind) return not_one_of("artifactType", *body.artifactType);
  if (only && *kind != *only)
    return invalid_argument("artifactType is " + *body.artifactType + "; " + std::string(contract_name(*only)) +
                            " is expected")
        .at("artifactType");
  return *kind;
}

net::Response answer(int status, const Exchange& exchange, const Artifact& artifact) {
  std::string text;
  json::Writer out(text);
  write(out, artifact, exchange.head().header("Host"));
  return json_answer(status, std::move(text));
}

Result<Artifact> new_artifact(const ArtifactBody& body, std::optional<ArtifactKind> only) {
  Artifact artifact;
  artifact.kind = SOUK_TRY(kind_of(body, only));
  artifact.name = body.name.value_or("");
  SOUK_TRY(apply(body, artifact));
  if (artifact.kind == ArtifactKind::METRIC && !artifact.value) return required("value");
  return artifact;
}

Result<net::Response> create(const Rooms& rooms, const Exchange& exchange, std::optional<ArtifactKind> only) {
  const auto body = SOUK_TRY(read_body<ArtifactBody>(exchange));
  if (body.id || body.createTimeSinceEpoch || body.lastUpdateTimeSinceEpoch || body.experimentId ||
      body.experimentRunId)
    return invalid_argument(std::string("json: unknown field ") + (body.id ? "\"id\"" : "that only the server sets"));
  Artifact artifact = SOUK_TRY(new_artifact(body, only));
  artifact.namespace_id = SOUK_TRY(the_namespace(rooms, exchange.call, Role::WRITER))->id;
  return answer(201, exchange, SOUK_TRY(rooms.artifacts.create(exchange.call, std::move(artifact))));
}

Result<net::Response> update(const Rooms& rooms, const Exchange& exchange, std::optional<ArtifactKind> only) {
  const auto id = SOUK_TRY(path_id<ArtifactId>(exchange, "artifact"));
  const auto body = SOUK_TRY(read_body<ArtifactBody>(exchange));
  if (body.name || body.id)
    return invalid_argument(std::string("json: unknown field \"") + (body.name ? "name" : "id") + "\"").at("name");
  const auto artifact = SOUK_TRY(rooms.artifacts.get(exchange.call, Role::WRITER, id));
  if (only && artifact->kind != *only) return not_found("artifact " + id_text(id.value) + " is none of this kind");
  SOUK_TRY(kind_of(body, artifact->kind));
  return answer(200, exchange,
                SOUK_TRY(rooms.artifacts.update(
                    exchange.call, artifact, [&body](Artifact& one) { return apply(body, one); }, std::nullopt)));
}

Result<net::Response> get(const Rooms& rooms, const Exchange& exchange, std::optional<ArtifactKind> only) {
  const auto id = SOUK_TRY(path_id<ArtifactId>(exchange, "artifact"));
  const auto artifact = SOUK_TRY(rooms.artifacts.get(exchange.call, Role::READER, id));
  if (only && artifact->kind != *only) return not_found("artifact " + id_text(id.value) + " is none of this kind");
  return answer(200, exchange, *artifact);
}

// The parent is a model version or a run; nobody knows which before it is looked for.
Result<net::Response> find(const Rooms& rooms, const Exchange& exchange, std::optional<ArtifactKind> only) {
  auto of_version = find_record(rooms, rooms.artifacts, exchange, Parent::version_id, only);
  if (of_version) return answer(200, exchange, **of_version);
  if (of_version.error().code != Code::not_found) return of_version.error();
  return answer(200, exchange, *SOUK_TRY(find_record(rooms, rooms.artifacts, exchange, Parent::run_id, only)));
}

Result<net::Response> list(const Rooms& rooms, const Exchange& exchange, const registry::Under& under,
                           std::optional<ArtifactKind> only, bool nested) {
  auto query = SOUK_TRY(list_query(exchange));
  if (nested) SOUK_TRY(narrow(exchange, query));
  if (const auto type = SOUK_TRY(exchange.query("artifactType")); type && !type->empty() && !only) {
    only = kind_named(*type);
    if (!only) return not_one_of("artifactType", *type);
  }
  const auto page = SOUK_TRY(rooms.artifacts.list(exchange.call, under, query, only));
  const std::string host(exchange.head().header("Host"));
  return list_answer(page, query.page_size,
                     [&host](json::Writer& out, const Artifact& artifact) { write(out, artifact, host); });
}

Result<net::Response> list_all(const Rooms& rooms, const Exchange& exchange, std::optional<ArtifactKind> only) {
  return list(rooms, exchange, SOUK_TRY(here(rooms, exchange)), only, false);
}

Result<net::Response> upsert(const Rooms& rooms, const Exchange& exchange, Artifact artifact,
                             const ArtifactBody& body) {
  const Artifact place = artifact;
  artifact = SOUK_TRY(new_artifact(body, std::nullopt));
  artifact.namespace_id = place.namespace_id;
  artifact.model_id = place.model_id;
  artifact.version_id = place.version_id;
  artifact.run_id = place.run_id;
  if (body.id) artifact.id = ArtifactId(SOUK_TRY(body_id(body.id, "id")));
  bool created = false;
  Artifact kept = SOUK_TRY(rooms.log.put_artifact(exchange.call, std::move(artifact), created));
  kept = SOUK_TRY(rooms.log.hold_bytes(exchange.call, std::move(kept), exchange.head().header("Host")));
  return answer(created ? 201 : 200, exchange, kept);
}

Result<net::Response> upsert_of_version(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<VersionId>(exchange, "model version"));
  const auto body = SOUK_TRY(read_body<ArtifactBody>(exchange));
  const auto found = SOUK_TRY(rooms.registry.get_version(exchange.call, Role::WRITER, id));
  Artifact artifact;
  artifact.namespace_id = found.model->namespace_id;
  artifact.model_id = found.model->id;
  artifact.version_id = found.version.id;
  return upsert(rooms, exchange, std::move(artifact), body);
}

Result<net::Response> upsert_of_run(const Rooms& rooms, const Exchange& exchange) {
  const auto id = SOUK_TRY(path_id<RunId>(exchange, "experiment run"));
  const auto body = SOUK_TRY(read_body<ArtifactBody>(exchange));
  const auto run = SOUK_TRY(rooms.runs.get(exchange.call, Role::WRITER, id));
  Artifact artifact;
  artifact.namespace_id = run->namespace_id;
  artifact.run_id = run->id;
  return upsert(rooms, exchange, std::move(artifact), body);
}

}  // namespace

void add_artifacts(Paths& door, const Rooms& rooms) {
  struct Noun {
    std::string one, many;
    std::optional<ArtifactKind> only;
  };
  for (const Noun& noun : {Noun{"/artifact", "/artifacts", std::nullopt},
                           Noun{"/model_artifact", "/model_artifacts", ArtifactKind::MODEL}}) {
    const auto only = noun.only;
    door.add(route("GET", noun.one, [&rooms, only](const Exchange& exchange) { return find(rooms, exchange, only); }));
    door.add(
        route("GET", noun.many, [&rooms, only](const Exchange& exchange) { return list_all(rooms, exchange, only); }));
    door.add(
        route("POST", noun.many, [&rooms, only](const Exchange& exchange) { return create(rooms, exchange, only); }));
    door.add(route("GET", noun.many + "/{id}",
                   [&rooms, only](const Exchange& exchange) { return get(rooms, exchange, only); }));
    door.add(route("PATCH", noun.many + "/{id}",
                   [&rooms, only](const Exchange& exchange) { return update(rooms, exchange, only); }));
  }
  door.add(route("GET", "/model_versions/{id}/artifacts", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto id = SOUK_TRY(path_id<VersionId>(exchange, "model version"));
    SOUK_TRY(rooms.registry.get_version(exchange.call, Role::READER, id));
    return list(rooms, exchange, {Parent::version_id, id.value}, std::nullopt, true);
  }));
  door.add(route("POST", "/model_versions/{id}/artifacts",
                 [&rooms](const Exchange& exchange) { return upsert_of_version(rooms, exchange); }));
  door.add(route("GET", "/experiment_runs/{id}/artifacts", [&rooms](const Exchange& exchange) -> Result<net::Response> {
    const auto id = SOUK_TRY(path_id<RunId>(exchange, "experiment run"));
    SOUK_TRY(rooms.runs.get(exchange.call, Role::READER, id));
    return list(rooms, exchange, {Parent::run_id, id.value}, std::nullopt, true);
  }));
  door.add(route("POST", "/experiment_runs/{id}/artifacts",
                 [&rooms](const Exchange& exchange) { return upsert_of_run(rooms, exchange); }));
}

}  // namespace souk::api::kubeflow
