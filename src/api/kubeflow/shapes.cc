// SPDX-License-Identifier: Apache-2.0
#include "api/kubeflow/shapes.h"

#include <array>

#include "registry/catalog/metadata.h"

namespace souk::api::kubeflow {
namespace {

using registry::ArtifactKind;

constexpr std::array<std::pair<ArtifactKind, std::string_view>, 5> kKinds{{{ArtifactKind::MODEL, "model-artifact"},
                                                                           {ArtifactKind::DOC, "doc-artifact"},
                                                                           {ArtifactKind::DATASET, "dataset-artifact"},
                                                                           {ArtifactKind::METRIC, "metric"},
                                                                           {ArtifactKind::PARAMETER, "parameter"}}};

// Fields that are written when there is something to say.
class Fields {
 public:
  explicit Fields(json::Writer& out) : out_(out) { out_.begin_object(); }
  ~Fields() { out_.end_object(); }
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  void text(std::string_view key, const std::string& value) {
    if (!value.empty()) add(key, value);
  }
  void text(std::string_view key, const std::optional<std::string>& value) {
    if (value) add(key, *value);
  }
  void add(std::string_view key, std::string_view value) {
    out_.key(key);
    out_.value(value);
  }
  void id(std::string_view key, std::int64_t id) { add(key, std::to_string(id)); }
  template <class Id>
  void id(std::string_view key, const std::optional<Id>& value) {
    if (value) id(key, value->value);
  }
  void time(std::string_view key, Time at) { add(key, std::to_string(to_millis(at))); }
  void time(std::string_view key, const std::optional<Time>& at) {
    if (at) time(key, *at);
  }
  template <class E>
  void state(std::string_view key, E value) {
    add(key, json::enum_name(value));
  }
  void list(std::string_view key, const json::Raw& list) {
    if (list.text == "[]") return;
    out_.key(key);
    out_.raw(list.text);
  }
  template <class T>
  void common(const T& object) {
    id("id", object.id.value);
    add("name", object.name);
    text("externalId", object.external_id);
    text("description", object.description);
    out_.key("customProperties");
    registry::write_metadata(out_, object.custom_properties);
    time("createTimeSinceEpoch", object.create_time);
    time("lastUpdateTimeSinceEpoch", object.update_time);
  }
  json::Writer& out() { return out_; }

 private:
  json::Writer& out_;
};

void write_model_fields(Fields& fields, const registry::Artifact& a, std::string_view host) {
  if (a.uri) {
    fields.add("uri", *a.uri);
  } else if (a.held) {
    fields.add("uri", "oci://" + std::string(host) + "/" + *a.held);
  }
  fields.text("modelFormatName", a.model_format_name);
  fields.text("modelFormatVersion", a.model_format_version);
  fields.text("storageKey", a.storage_key);
  fields.text("storagePath", a.storage_path);
  fields.text("serviceAccountName", a.service_account_name);
  fields.text("modelSourceKind", a.model_source_kind);
  fields.text("modelSourceClass", a.model_source_class);
  fields.text("modelSourceGroup", a.model_source_group);
  fields.text("modelSourceId", a.model_source_id);
  fields.text("modelSourceName", a.model_source_name);
}

void write_metric(Fields& fields, double value, std::optional<Time> timestamp, std::optional<std::int64_t> step) {
  fields.out().key("value");
  fields.out().value(value);
  fields.time("timestamp", timestamp);
  if (!step) return;
  fields.out().key("step");
  fields.out().value(*step);
}

// What belongs to a run says so among its properties too.
json::Raw with_run(const json::Raw& properties, ExperimentId experiment, RunId run) {
  if (properties.text.find("\"experiment_id\":") != std::string::npos ||
      properties.text.find("\"experiment_run_id\":") != std::string::npos)
    return properties;
  const std::string ids = R"("experiment_id":")" + std::to_string(experiment.value) + R"(","experiment_run_id":")" +
                          std::to_string(run.value) + "\"";
  const bool empty = properties.text == "{}";
  return {empty ? "{" + ids + "}" : properties.text.substr(0, properties.text.size() - 1) + "," + ids + "}"};
}

}  // namespace

std::string_view contract_name(ArtifactKind kind) {
  for (const auto& [one, name] : kKinds) {
    if (one == kind) return name;
  }
  return "model-artifact";
}

std::optional<ArtifactKind> kind_named(std::string_view name) {
  for (const auto& [kind, one] : kKinds) {
    if (one == name) return kind;
  }
  return std::nullopt;
}

void write(json::Writer& out, const registry::RegisteredModel& model) {
  Fields fields(out);
  fields.common(model);
  fields.text("owner", model.owner);
  fields.state("state", model.state);
  fields.text("readme", model.readme);
  fields.text("maturity", model.maturity);
  fields.list("language", model.language);
  fields.list("tasks", model.tasks);
  fields.text("provider", model.provider);
  fields.text("logo", model.logo);
  fields.text("license", model.license);
  fields.text("licenseLink", model.license_link);
  fields.text("libraryName", model.library_name);
}

void write(json::Writer& out, const registry::ModelVersion& version) {
  Fields fields(out);
  fields.common(version);
  fields.id("registeredModelId", version.model_id.value);
  fields.text("author", version.author);
  fields.state("state", version.state);
}

void write(json::Writer& out, const registry::Experiment& experiment) {
  Fields fields(out);
  fields.common(experiment);
  fields.text("owner", experiment.owner);
  fields.state("state", experiment.state);
}

void write(json::Writer& out, const registry::ExperimentRun& run) {
  Fields fields(out);
  fields.common(run);
  fields.id("experimentId", run.experiment_id.value);
  fields.text("owner", run.owner);
  fields.state("status", run.status);
  fields.state("state", run.state);
  fields.time("startTimeSinceEpoch", run.start_time);
  fields.time("endTimeSinceEpoch", run.end_time);
}

void write(json::Writer& out, const registry::Environment& environment) {
  Fields fields(out);
  fields.common(environment);
}

void write(json::Writer& out, const registry::InferenceService& service) {
  Fields fields(out);
  fields.common(service);
  fields.id("registeredModelId", service.model_id.value);
  fields.id("servingEnvironmentId", service.environment_id.value);
  fields.id("modelVersionId", service.version_id);
  fields.text("runtime", service.runtime);
  fields.state("desiredState", service.desired_state);
}

void write(json::Writer& out, const registry::ServeModel& serve) {
  Fields fields(out);
  fields.common(serve);
  fields.id("modelVersionId", serve.version_id.value);
  fields.state("lastKnownState", serve.last_known_state);
}

void write(json::Writer& out, const registry::Artifact& a, std::string_view host) {
  Fields fields(out);
  fields.add("artifactType", contract_name(a.kind));
  if (a.run_id && a.experiment_id) {
    registry::Artifact shown = a;
    shown.custom_properties = with_run(a.custom_properties, *a.experiment_id, *a.run_id);
    fields.common(shown);
  } else {
    fields.common(a);
  }
  fields.state("state", a.state);
  fields.id("experimentId", a.experiment_id);
  fields.id("experimentRunId", a.run_id);
  switch (a.kind) {
    case ArtifactKind::MODEL:
      return write_model_fields(fields, a, host);
    case ArtifactKind::DOC:
      return fields.text("uri", a.uri);
    case ArtifactKind::DATASET:
      fields.text("uri", a.uri);
      fields.text("digest", a.digest);
      fields.text("sourceType", a.source_type);
      fields.text("source", a.source);
      fields.text("schema", a.schema);
      fields.text("profile", a.profile);
      return;
    case ArtifactKind::METRIC:
      return write_metric(fields, a.value.value_or(0), a.timestamp, a.step);
    case ArtifactKind::PARAMETER:
      fields.add("value", a.text_value.value_or(""));
      fields.state("parameterType", a.parameter_type.value_or(registry::ParameterType::string));
      return;
  }
}

void write(json::Writer& out, const registry::HistoryPoint& point) {
  Fields fields(out);
  fields.add("artifactType", "metric");
  fields.add("name", point.name);
  out.key("customProperties");
  registry::write_metadata(out, with_run({"{}"}, point.experiment_id, point.run_id));
  fields.time("createTimeSinceEpoch", point.point.timestamp);
  fields.time("lastUpdateTimeSinceEpoch", point.point.timestamp);
  fields.state("state", registry::ArtifactState::LIVE);
  fields.id("experimentId", point.experiment_id.value);
  fields.id("experimentRunId", point.run_id.value);
  write_metric(fields, point.point.value, point.point.timestamp, point.point.step);
}

}  // namespace souk::api::kubeflow
