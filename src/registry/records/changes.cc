// SPDX-License-Identifier: Apache-2.0
#include "registry/records/changes.h"

#include "registry/lineage/lineage.h"
#include "registry/records/rows.h"

namespace souk::registry {

namespace {

template <class T>
Error taken_name(const T& record) {
  return already_exists("there is a " + std::string(Kind<T>::shown) + " named " + access::as_shown(record.name) +
                        " already")
      .at("name");
}

template <class T>
Error taken_external_id(const T& record) {
  return already_exists("there is a " + std::string(Kind<T>::shown) + " with the external id " +
                        access::as_shown(*record.external_id) + " already")
      .at("external_id");
}

template <class T>
Result<bool> external_id_taken(store::Tx& tx, const T& record) {
  if (!record.external_id) return false;
  static const std::string sql = "SELECT id FROM " + std::string(Kind<T>::table) +
                                 " WHERE namespace_id = $1 AND external_id = $2 AND id <> $3" +
                                 (std::is_same_v<T, Artifact> ? " AND kind = $4" : "") + " LIMIT 1";
  if constexpr (std::is_same_v<T, Artifact>) {
    return SOUK_TRY(tx.scalar<std::int64_t>(sql, record.namespace_id, *record.external_id, record.id, record.kind))
        .has_value();
  } else {
    return SOUK_TRY(tx.scalar<std::int64_t>(sql, record.namespace_id, *record.external_id, record.id)).has_value();
  }
}

template <class T>
Status append(const Writer& by, store::Tx& tx, const T& record, std::string_view verb, std::string data) {
  return by.state.append(tx, by.call, by.place, std::string(Kind<T>::noun) + "." + std::string(verb), Kind<T>::noun,
                         record.id.value, record.name, std::move(data));
}

// What a listener needs to find the record among its kin.
std::string data_of(const ExperimentRun& run) {
  return R"({"experiment_id":)" + std::to_string(run.experiment_id.value) + R"(,"status":")" +
         std::string(json::enum_name(run.status)) + "\"}";
}
std::string data_of(const InferenceService& service) {
  return service.deployment_id ? R"({"deployment_id":)" + std::to_string(service.deployment_id->value) + "}" : "{}";
}
template <class T>
std::string data_of(const T&) {
  return "{}";
}

// Whether a change may have given the record other parents.
bool is_moved(const Artifact& before, const Artifact& after) {
  return before.version_id != after.version_id || before.run_id != after.run_id || before.model_id != after.model_id;
}
template <class T>
bool is_moved(const T&, const T&) {
  return true;
}

}  // namespace

Result<Writer> writer_in(Registry::State& state, const access::Call& call, NamespaceId ns) {
  return Writer{state, call, {ns, SOUK_TRY(state.access.namespace_slug(ns)), ""}};
}

template <class T>
std::string label(const T& record) {
  return std::string(Kind<T>::shown) + " " + access::as_shown(record.name) + " (" + std::to_string(record.id.value) +
         ")";
}

// A run uses datasets and makes the rest; what a version has is held by it.
Status draw_edges(store::Tx& tx, const Artifact& a) {
  if (a.kind == ArtifactKind::METRIC || a.kind == ArtifactKind::PARAMETER) return {};
  const std::string node = "artifact:" + std::to_string(a.id.value);
  if (a.run_id) {
    const std::string run = "run:" + std::to_string(a.run_id->value);
    const bool used = a.kind == ArtifactKind::DATASET;
    SOUK_TRY(add_edge(tx, a.namespace_id, used ? Edge{node, run, "used"} : Edge{run, node, "made"}));
  }
  return a.version_id ? add_edge(tx, a.namespace_id, {node, node_of(*a.version_id), "holds"}) : Status();
}
template <class T>
Status draw_edges(store::Tx&, const T&) {
  return {};
}

template <class T>
Status insert_record(const Writer& by, store::Tx& tx, T& record, bool unique) {
  SOUK_TRY(check_parents(tx, record));
  if constexpr (std::is_same_v<T, ExperimentRun>) {
    if (unique && SOUK_TRY(name_taken(tx, record))) return taken_name(record);
  }
  if (!SOUK_TRY(try_insert_row(tx, record))) {
    if (SOUK_TRY(external_id_taken(tx, record))) return taken_external_id(record);
    return taken_name(record);
  }
  SOUK_TRY(insert_index(tx, record));
  SOUK_TRY(draw_edges(tx, record));
  return append(by, tx, record, "created", data_of(record));
}

template <class T>
Result<T> change_record(const Writer& by, store::Tx& tx, const T& before, T after) {
  SOUK_TRY(check_fields(&before, after));
  const auto changed = changed_fields(before, after);
  if (changed.empty()) return after;
  if (is_moved(before, after)) SOUK_TRY(check_parents(tx, after));
  if (after.name != before.name && SOUK_TRY(name_taken(tx, after))) return taken_name(after);
  if (after.external_id != before.external_id && SOUK_TRY(external_id_taken(tx, after)))
    return taken_external_id(after);
  after.update_time = now();
  after.revision = before.revision + 1;
  SOUK_TRY(update_row(tx, after));
  SOUK_TRY(replace_index(tx, before, after));
  SOUK_TRY(draw_edges(tx, after));
  SOUK_TRY(append(by, tx, after, "updated", R"({"changed":)" + json::write(changed) + "}"));
  return after;
}

template <class T>
Status append_deleted(const Writer& by, store::Tx& tx, const T& record) {
  return append(by, tx, record, "deleted", data_of(record));
}

#define SOUK_INSTANTIATE(T)                                                 \
  template std::string label(const T&);                                     \
  template Status insert_record(const Writer&, store::Tx&, T&, bool);       \
  template Result<T> change_record(const Writer&, store::Tx&, const T&, T); \
  template Status append_deleted(const Writer&, store::Tx&, const T&)
SOUK_INSTANTIATE(Experiment);
SOUK_INSTANTIATE(ExperimentRun);
SOUK_INSTANTIATE(Artifact);
SOUK_INSTANTIATE(Environment);
SOUK_INSTANTIATE(InferenceService);
SOUK_INSTANTIATE(ServeModel);
#undef SOUK_INSTANTIATE

access::ResourceRef Experiment::resource() const {
  return {access::ObjectKind::NAMESPACE, namespace_id.value, namespace_id, label(*this)};
}
access::ResourceRef ExperimentRun::resource() const {
  return {access::ObjectKind::NAMESPACE, namespace_id.value, namespace_id, label(*this)};
}
access::ResourceRef Environment::resource() const {
  return {access::ObjectKind::NAMESPACE, namespace_id.value, namespace_id, label(*this)};
}
access::ResourceRef InferenceService::resource() const {
  return {access::ObjectKind::NAMESPACE, namespace_id.value, namespace_id, label(*this)};
}
access::ResourceRef ServeModel::resource() const {
  return {access::ObjectKind::NAMESPACE, namespace_id.value, namespace_id, label(*this)};
}
access::ResourceRef Artifact::resource() const {
  if (model_id) return {access::ObjectKind::MODEL, model_id->value, namespace_id, label(*this)};
  return {access::ObjectKind::NAMESPACE, namespace_id.value, namespace_id, label(*this)};
}

void patch_text(const json::Patch<std::string>& patch, std::string& text) {
  apply_patch(patch, text);
}
void patch_text(const json::Patch<std::string>& patch, std::optional<std::string>& text) {
  if (patch.has_value()) text = patch.value;
  if (patch.is_null()) text.reset();
}
json::Raw patched(const json::Raw& properties, const json::Patch<json::Raw>& patch) {
  return merged(properties, patch);
}

}  // namespace souk::registry
