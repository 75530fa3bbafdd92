// SPDX-License-Identifier: Apache-2.0
//
// What a record of each kind may hold, and whom it belongs to.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "registry/properties.h"
#include "registry/records/kinds.h"
#include "registry/records/rows.h"

namespace souk::registry {

bool is_number(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && std::isfinite(value);
}

namespace {

constexpr std::size_t kMaxDescription = 64 << 10;
constexpr std::size_t kMaxWord = 250;
constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxLong = 1 << 20;
const Time kLastTime = from_millis(253402300799999);  // the end of the year 9999

Status check_text(const std::optional<std::string>& text, std::size_t limit, std::string_view field) {
  return text ? access::check_text(*text, limit, field) : Status();
}

Status check_time(const std::optional<Time>& time, std::string_view field) {
  if (!time || (*time >= from_millis(0) && *time <= kLastTime)) return {};
  return invalid_argument(std::string(field) + " is not between 1970 and the year 9999").at(std::string(field));
}

Error fixed(std::string_view field, std::string_view of) {
  return invalid_argument(std::string(field) + " of " + std::string(of) + " cannot be changed").at(std::string(field));
}

// What every kind has.
template <class T>
Status check_common(const T* before, T& after) {
  if (after.name.empty()) after.name = after.uid;
  if (!before || before->name != after.name) SOUK_TRY(access::check_name(after.name, "name"));
  if (after.external_id) SOUK_TRY(access::check_name(*after.external_id, "external_id"));
  SOUK_TRY(access::check_text(after.description, kMaxDescription, "description"));
  SOUK_TRY(check_properties(after.custom_properties, "custom_properties"));
  if constexpr (requires { after.tags; }) SOUK_TRY(check_tags(after.tags, "tags"));
  if constexpr (requires { after.owner; }) SOUK_TRY(access::check_text(after.owner, kMaxWord, "owner"));
  if (!before) return {};
  const std::string_view shown = Kind<T>::shown;
  if (after.id != before->id || after.uid != before->uid || after.create_time != before->create_time)
    return fixed("id", shown);
  if (after.namespace_id != before->namespace_id) return fixed("namespace", shown);
  return {};
}

template <class T>
Status check_name_kept(const T* before, const T& after) {
  if (before && before->name != after.name) return fixed("name", Kind<T>::shown);
  return {};
}

bool is_over(RunStatus status) {
  return status == RunStatus::FINISHED || status == RunStatus::FAILED || status == RunStatus::KILLED;
}

// What only one kind has is absent in the others.
Status check_kind(const Artifact& a) {
  const auto refuse = [&](const char* field) {
    return invalid_argument(std::string(field) + " is not a field of an artifact of the kind " +
                            std::string(json::enum_name(a.kind)))
        .at(field);
  };
  const bool model = a.model_format_name || a.model_format_version || a.storage_key || a.storage_path ||
                     a.service_account_name || a.model_source_kind || a.model_source_class || a.model_source_group ||
                     a.model_source_id || a.model_source_name;
  if (model && a.kind != ArtifactKind::MODEL) return refuse("model_format_name");
  if ((a.digest || a.source_type || a.source || a.schema || a.profile) && a.kind != ArtifactKind::DATASET)
    return refuse("source");
  if ((a.value || a.step || a.timestamp) && a.kind != ArtifactKind::METRIC) return refuse("value");
  if ((a.text_value || a.parameter_type) && a.kind != ArtifactKind::PARAMETER) return refuse("value");
  if (a.uri && (a.kind == ArtifactKind::METRIC || a.kind == ArtifactKind::PARAMETER)) return refuse("uri");
  if (a.kind == ArtifactKind::METRIC && !a.value) {
    return invalid_argument("a metric needs a value").at("value");
  }
  if (a.value && !std::isfinite(*a.value)) {
    return invalid_argument("the value of a metric is a finite number").at("value");
  }
  // Filters compare it as one.
  if (a.parameter_type == ParameterType::number && a.text_value && !is_number(*a.text_value)) {
    return invalid_argument("the value of a parameter of the type number is a finite number").at("value");
  }
  return {};
}

// "not found" of a parent in the words of its kind.
template <class T>
Result<T> parent_row(store::Tx& tx, decltype(T::id) id, NamespaceId ns, std::string_view field) {
  auto found = SOUK_TRY(find_row<T>(tx, id));
  if (!found || found->namespace_id != ns) {
    return not_found(std::string(Kind<T>::shown) + " " + std::to_string(id.value) + " does not exist")
        .at(std::string(field));
  }
  return std::move(*found);
}

struct VersionPlace {
  ModelId model_id;
  NamespaceId namespace_id;
};
BOOST_DESCRIBE_STRUCT(VersionPlace, (), (model_id, namespace_id))

Result<VersionPlace> place_of_version(store::Tx& tx, VersionId version) {
  const auto place = SOUK_TRY(tx.first<VersionPlace>(
      "SELECT v.model_id, m.namespace_id FROM model_versions v JOIN registered_models m ON m.id = v.model_id "
      "WHERE v.id = $1",
      version));
  if (!place) return not_found("model version " + std::to_string(version.value) + " does not exist").at("version_id");
  return *place;
}

template <class T, class... Args>
Result<bool> taken(store::Tx& tx, const T& record, const std::string& where, const Args&... args) {
  const std::string sql = "SELECT id FROM " + std::string(Kind<T>::table) + " WHERE " + where + " AND id <> $" +
                          std::to_string(sizeof...(Args) + 1) + " LIMIT 1";
  return SOUK_TRY(tx.scalar<std::int64_t>(sql, args..., record.id)).has_value();
}

}  // namespace

Status check_fields(const Experiment* before, Experiment& after) {
  if (before && before->slug != after.slug) return fixed("slug", "an experiment");
  return check_common(before, after);
}

Status check_fields(const ExperimentRun* before, ExperimentRun& after) {
  if (before && before->experiment_id != after.experiment_id) return fixed("experiment", "a run");
  if (before && before->parent_run_id != after.parent_run_id) return fixed("parent run", "a run");
  SOUK_TRY(check_time(after.start_time, "start_time"));
  SOUK_TRY(check_time(after.end_time, "end_time"));
  const bool ends = is_over(after.status) && (!before || !is_over(before->status));
  if (ends && !after.end_time) after.end_time = after.start_time ? std::max(now(), *after.start_time) : now();
  if (!is_over(after.status) && before && is_over(before->status) && after.end_time == before->end_time)
    after.end_time.reset();  // taken up again
  if (after.start_time && after.end_time && *after.end_time < *after.start_time) {
    return invalid_argument("end_time is before start_time").at("end_time");
  }
  return check_common(before, after);
}

Status check_fields(const Artifact* before, Artifact& after) {
  if (before && before->kind != after.kind) return fixed("artifactType", "an artifact");
  SOUK_TRY(check_name_kept(before, after));
  SOUK_TRY(check_kind(after));
  SOUK_TRY(check_time(after.timestamp, "timestamp"));
  const std::pair<const std::optional<std::string>&, const char*> texts[] = {
      {after.uri, "uri"},
      {after.model_format_name, "model_format_name"},
      {after.model_format_version, "model_format_version"},
      {after.storage_key, "storage_key"},
      {after.storage_path, "storage_path"},
      {after.service_account_name, "service_account_name"},
      {after.model_source_kind, "model_source_kind"},
      {after.model_source_class, "model_source_class"},
      {after.model_source_group, "model_source_group"},
      {after.model_source_id, "model_source_id"},
      {after.model_source_name, "model_source_name"},
      {after.digest, "digest"},
      {after.source_type, "source_type"}};
  for (const auto& [text, field] : texts) SOUK_TRY(check_text(text, kMaxText, field));
  SOUK_TRY(check_text(after.source, kMaxLong, "source"));
  SOUK_TRY(check_text(after.schema, kMaxLong, "schema"));
  SOUK_TRY(check_text(after.profile, kMaxLong, "profile"));
  SOUK_TRY(check_text(after.text_value, kMaxLong, "value"));
  return check_common(before, after);
}

Status check_fields(const Environment* before, Environment& after) {
  SOUK_TRY(check_name_kept(before, after));
  return check_common(before, after);
}

Status check_fields(const InferenceService* before, InferenceService& after) {
  SOUK_TRY(check_name_kept(before, after));
  if (before && before->environment_id != after.environment_id) return fixed("environment", "an inference service");
  if (before && before->model_id != after.model_id) return fixed("model", "an inference service");
  SOUK_TRY(access::check_text(after.runtime, kMaxWord, "runtime"));
  return check_common(before, after);
}

Status check_fields(const ServeModel* before, ServeModel& after) {
  SOUK_TRY(check_name_kept(before, after));
  if (before && before->inference_service_id != after.inference_service_id)
    return fixed("inference service", "a serve model");
  if (before && before->version_id != after.version_id) return fixed("model version", "a serve model");
  return check_common(before, after);
}

// --- parents --------------------------------------------------------------------------------------------

Status check_parents(store::Tx& tx, Experiment& record) {
  if (!record.slug.empty()) return {};
  Result<std::string> slug = access::slug_of(record.name);
  const std::string wanted = slug ? *slug : "experiment-" + sha256(record.name).hex().substr(0, 8);
  record.slug = wanted;
  for (int n = 2; SOUK_TRY(tx.scalar<std::int64_t>("SELECT id FROM experiments WHERE namespace_id = $1 AND slug = $2",
                                                   record.namespace_id, record.slug));
       ++n) {
    // After a few that are taken, the name itself tells.
    record.slug = wanted + "-" + (n < 10 ? std::to_string(n) : sha256(record.name).hex().substr(0, 12));
    if (n > 10) return already_exists("no slug is free for the experiment " + access::as_shown(record.name)).at("slug");
  }
  return {};
}

Status check_parents(store::Tx& tx, ExperimentRun& record) {
  SOUK_TRY(parent_row<Experiment>(tx, record.experiment_id, record.namespace_id, "experiment_id"));
  if (!record.parent_run_id) return {};
  const auto parent =
      SOUK_TRY(parent_row<ExperimentRun>(tx, *record.parent_run_id, record.namespace_id, "parent_run_id"));
  if (parent.experiment_id == record.experiment_id) return {};
  return invalid_argument("the parent run " + std::to_string(parent.id.value) + " is one of another experiment")
      .at("parent_run_id");
}

Status check_parents(store::Tx& tx, Artifact& record) {
  if (record.version_id) {
    const VersionPlace place = SOUK_TRY(place_of_version(tx, *record.version_id));
    if (place.namespace_id != record.namespace_id || (record.model_id && *record.model_id != place.model_id))
      return not_found("model version " + std::to_string(record.version_id->value) + " does not exist");
    record.model_id = place.model_id;
  }
  if (record.run_id) {
    const auto run = SOUK_TRY(parent_row<ExperimentRun>(tx, *record.run_id, record.namespace_id, "run_id"));
    record.experiment_id = run.experiment_id;
  }
  return {};
}

Status find_model_of(Registry::State& state, Artifact& record) {
  if (!record.version_id || record.model_id) return {};
  return state.store.read([&](store::Tx& tx) { return check_parents(tx, record); });
}

Status check_parents(store::Tx&, Environment&) {
  return {};
}

Status check_parents(store::Tx& tx, InferenceService& record) {
  SOUK_TRY(parent_row<Environment>(tx, record.environment_id, record.namespace_id, "servingEnvironmentId"));
  const auto model = SOUK_TRY(find_model(tx, record.model_id));
  if (!model) {
    return not_found("registered model " + std::to_string(record.model_id.value) + " does not exist")
        .at("registeredModelId");
  }
  if (!record.version_id) return {};
  const VersionPlace place = SOUK_TRY(place_of_version(tx, *record.version_id));
  if (place.model_id == record.model_id) return {};
  return invalid_argument("model version " + std::to_string(record.version_id->value) + " is not one of the model " +
                          model->slug)
      .at("modelVersionId");
}

Status check_parents(store::Tx& tx, ServeModel& record) {
  const auto service = SOUK_TRY(
      parent_row<InferenceService>(tx, record.inference_service_id, record.namespace_id, "inferenceServiceId"));
  const VersionPlace place = SOUK_TRY(place_of_version(tx, record.version_id));
  if (place.model_id == service.model_id) return {};
  return invalid_argument("model version " + std::to_string(record.version_id.value) +
                          " is not one of the model that the inference service is for")
      .at("modelVersionId");
}

// --- names ----------------------------------------------------------------------------------------------

Result<bool> name_taken(store::Tx& tx, const Experiment& r) {
  return taken(tx, r, "namespace_id = $1 AND name = $2", r.namespace_id, r.name);
}
Result<bool> name_taken(store::Tx& tx, const ExperimentRun& r) {
  return taken(tx, r, "experiment_id = $1 AND name = $2", r.experiment_id, r.name);
}
Result<bool> name_taken(store::Tx& tx, const Artifact& r) {
  if (r.version_id &&
      SOUK_TRY(taken(tx, r, "version_id = $1 AND kind = $2 AND name = $3", *r.version_id, r.kind, r.name)))
    return true;
  return r.run_id ? taken(tx, r, "run_id = $1 AND kind = $2 AND name = $3", *r.run_id, r.kind, r.name)
                  : Result<bool>(false);
}
Result<bool> name_taken(store::Tx& tx, const Environment& r) {
  return taken(tx, r, "namespace_id = $1 AND name = $2", r.namespace_id, r.name);
}
Result<bool> name_taken(store::Tx& tx, const InferenceService& r) {
  return taken(tx, r, "environment_id = $1 AND name = $2", r.environment_id, r.name);
}
Result<bool> name_taken(store::Tx& tx, const ServeModel& r) {
  return taken(tx, r, "inference_service_id = $1 AND name = $2", r.inference_service_id, r.name);
}

}  // namespace souk::registry
