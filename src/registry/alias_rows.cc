// SPDX-License-Identifier: Apache-2.0
#include "registry/lineage/lineage.h"
#include "registry/state.h"

namespace souk::registry {

namespace {

constexpr std::string_view kSelect =
    "SELECT a.model_id, a.name, a.version_id, v.number, v.sealed_digest, a.actor, a.update_time "
    "FROM aliases a JOIN model_versions v ON v.id = a.version_id WHERE a.model_id = $1 ";

Status note_change(store::Tx& tx, ModelId model, std::string_view name, std::optional<std::int64_t> version,
                   const std::string& actor, Time at) {
  return tx.defer("INSERT INTO alias_changes (model_id, name, version, actor, time) VALUES ($1, $2, $3, $4, $5)", model,
                  name, version, actor, at);
}

std::string event_name(const Place& place, std::string_view alias) {
  return place.model + "@" + std::string(alias);
}

}  // namespace

Result<std::optional<Alias>> find_alias(store::Tx& tx, ModelId model, std::string_view name) {
  static const std::string sql = std::string(kSelect) + "AND a.name = $2";
  return tx.first<Alias>(sql, model, name);
}

Result<std::vector<Alias>> aliases_of(store::Tx& tx, ModelId model, std::optional<VersionId> version) {
  static const std::string of_model = std::string(kSelect) + "ORDER BY a.name";
  static const std::string of_version = std::string(kSelect) + "AND a.version_id = $2 ORDER BY a.name";
  return version ? tx.all<Alias>(of_version, model, *version) : tx.all<Alias>(of_model, model);
}

Status move_alias(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                  std::string_view name, const ModelVersion& version) {
  const auto before = SOUK_TRY(find_alias(tx, version.model_id, name));
  if (before && before->version_id == version.id) return {};
  // A version that is being made may be given this name: of the two, the second finds the first.
  if (!before) SOUK_TRY(hold_model(tx, version.model_id));
  const Time at = now();
  const std::string& actor = call.principal->name;
  SOUK_TRY(
      tx.defer("INSERT INTO aliases (model_id, name, version_id, actor, update_time) VALUES ($1, $2, $3, $4, $5) "
               "ON CONFLICT (model_id, name) DO UPDATE SET version_id = excluded.version_id, actor = excluded.actor, "
               "update_time = excluded.update_time",
               version.model_id, name, version.id, actor, at));
  SOUK_TRY(note_change(tx, version.model_id, name, version.number, actor, at));
  SOUK_TRY(set_edge(tx, place.namespace_id, {node_of(version.id), node_of(version.model_id, name), "named"}));
  if (version.sealed_digest) {
    SOUK_TRY(state.artifacts.set_tag(tx, place.repository(), name, *version.sealed_digest));
  } else if (before && before->digest) {
    SOUK_TRY(state.artifacts.remove_tag(tx, place.repository(), name));
  }
  std::string data;
  json::Writer out(data);
  out.begin_object();
  out.key("model");
  out.value(place.model);
  out.key("alias");
  out.value(name);
  out.key("version");
  out.value(version.number);
  if (before) {
    out.key("previous_version");
    out.value(before->version);
  }
  out.end_object();
  return state.append(tx, call, place, "alias.moved", "alias", version.model_id.value, event_name(place, name), data);
}

Status drop_alias(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                  const Alias& alias) {
  SOUK_TRY(tx.defer("DELETE FROM aliases WHERE model_id = $1 AND name = $2", alias.model_id, alias.name));
  SOUK_TRY(note_change(tx, alias.model_id, alias.name, std::nullopt, call.principal->name, now()));
  SOUK_TRY(tx.defer("DELETE FROM edges WHERE target = $1", node_of(alias.model_id, alias.name)));
  if (alias.digest) SOUK_TRY(state.artifacts.remove_tag(tx, place.repository(), alias.name));
  std::string data;
  json::Writer out(data);
  out.begin_object();
  out.key("model");
  out.value(place.model);
  out.key("alias");
  out.value(alias.name);
  out.key("previous_version");
  out.value(alias.version);
  out.end_object();
  return state.append(tx, call, place, "alias.deleted", "alias", alias.model_id.value, event_name(place, alias.name),
                      data);
}

Status set_version_tags(Registry::State& state, store::Tx& tx, const Place& place, const ModelVersion& version) {
  if (is_tag(version.name)) {
    SOUK_TRY(state.artifacts.set_tag(tx, place.repository(), version.name, *version.sealed_digest));
  }
  for (const Alias& alias : SOUK_TRY(aliases_of(tx, version.model_id, version.id))) {
    SOUK_TRY(state.artifacts.set_tag(tx, place.repository(), alias.name, *version.sealed_digest));
  }
  return set_latest_tag(state, tx, place, version.model_id);
}

Status set_latest_tag(Registry::State& state, store::Tx& tx, const Place& place, ModelId model) {
  const auto latest = SOUK_TRY(find_latest_sealed(tx, model));
  if (latest) return state.artifacts.set_tag(tx, place.repository(), "latest", *latest->sealed_digest);
  return state.artifacts.remove_tag(tx, place.repository(), "latest");
}

}  // namespace souk::registry
