// SPDX-License-Identifier: Apache-2.0
//
// What Registry is made of, and the SQL its parts share. Inside the room only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/registry.h"
#include "store/lists/pages.h"
#include "store/read_cache.h"

namespace souk::registry {

// Where a model is, for events and messages.
struct Place {
  NamespaceId namespace_id;
  std::string namespace_;
  std::string model;  // slug
  artifacts::Repository repository() const { return {namespace_id, namespace_, model}; }
  std::string label() const { return "model " + namespace_ + "/" + model; }
};

struct ModelKey {
  NamespaceId namespace_id;
  std::string slug;
  bool operator==(const ModelKey&) const = default;
};
struct ModelKeyHash {
  std::size_t operator()(const ModelKey& key) const {
    return std::hash<std::string>()(key.slug) ^ std::hash<NamespaceId>()(key.namespace_id);
  }
};

struct Registry::State {
  State(store::Store& store, events::Log& events, access::Access& access, artifacts::Artifacts& artifacts,
        Inspector& inspector, Logger& log, Metrics& metrics);

  // Looks the namespace up: to be called before a transaction.
  Result<Place> place(const RegisteredModel& model);
  Status append(store::Tx& tx, const access::Call& call, const Place& place, std::string_view type,
                std::string_view kind, std::int64_t id, std::string name, std::string data);
  // Errors: failed_precondition, naming who uses it
  Status ask_users(store::Tx& tx, ModelId model, std::optional<VersionId> version, const std::string& label);

  store::Store& store;
  events::Log& events;
  access::Access& access;
  artifacts::Artifacts& artifacts;
  Inspector& inspector;
  Logger& log;
  Counter& pushes;
  Counter& sealed;
  Histogram& inspections;
  UsedBy used_by;
  store::Pages pages{store};
  // A few only: a readme may have a megabyte.
  store::ReadCache<ModelKey, RegisteredModel, ModelKeyHash> models{store, 64};
  store::ReadCache<ModelId, ModelSummary> summaries{store, 64};
};

// Errors: permission_denied
Status need(access::Role has, access::Role needed, const std::string& label);
Error changed_since(const std::string& label);
Error missing_model(std::string_view ns, std::string_view model);
Error missing_version(const Place& place, std::string_view version);
// What a merge patch makes of a text: null clears it.
void apply_patch(const json::Patch<std::string>& patch, std::string& value);

// --- rows of models (model_rows.cc) -------------------------------------------------------------------
Result<std::optional<RegisteredModel>> find_model(store::Tx& tx, NamespaceId ns, std::string_view slug);
Result<std::optional<RegisteredModel>> find_model(store::Tx& tx, ModelId id);
// Fills in the id. False: the slug or the name is taken.
Result<bool> try_insert_model(store::Tx& tx, RegisteredModel& model);
Status update_model_row(store::Tx& tx, const RegisteredModel& model);
Status delete_model_rows(store::Tx& tx, ModelId id);
Result<std::optional<RegisteredModel>> find_model_named(store::Tx& tx, NamespaceId ns, std::string_view name);
Result<std::optional<RegisteredModel>> find_model_external(store::Tx& tx, NamespaceId ns, std::string_view external_id);
// A slug that is free: `slug`, else `slug`-2, -3, …
Result<std::string> free_slug(store::Tx& tx, NamespaceId ns, const std::string& slug);

// --- rows of versions (version_rows.cc) ---------------------------------------------------------------
// `version` is a number, a name or "latest".
Result<std::optional<ModelVersion>> find_version(store::Tx& tx, ModelId model, std::string_view version);
Result<std::optional<ModelVersion>> find_version(store::Tx& tx, ModelId model, const Digest& digest);
Result<std::optional<ModelVersion>> find_latest_sealed(store::Tx& tx, ModelId model);
// Nobody else changes the model's row, or gives out a number of it, until this is committed.
Status hold_model(store::Tx& tx, ModelId model);
// The next number, or `wanted` if it was never given. Holds the model's row unless `wanted` lies below the last one.
// Errors: failed_precondition
Result<std::int64_t> take_number(store::Tx& tx, ModelId model, std::int64_t wanted, Time at, const std::string& label);
// Fills in the id. The model's row is held. Errors: already_exists (a version or an alias has the name)
Status insert_version(store::Tx& tx, ModelVersion& version, const std::string& label);
Status update_version_row(store::Tx& tx, const ModelVersion& version);
Result<std::optional<ModelVersion>> find_version(store::Tx& tx, VersionId id);
struct VersionAndModel {
  ModelVersion version;
  RegisteredModel model;
};
Result<std::optional<VersionAndModel>> find_version_and_model(store::Tx& tx, VersionId id);
// In the namespace, under any model.
Result<std::optional<VersionId>> find_version_external(store::Tx& tx, NamespaceId ns, std::string_view external_id);
Status delete_version_rows(store::Tx& tx, const ModelVersion& version);
// The number an all-digit name stands for. Errors: invalid_argument (leading zero, too large)
Result<std::int64_t> number_of(std::string_view digits);
// Errors: invalid_argument
Status check_version_name(std::string_view name);
// Neither a version nor an alias has the name yet. Errors: already_exists
Status check_name_free(store::Tx& tx, ModelId model, std::string_view name, const std::string& label);

// --- aliases and tags (alias_rows.cc) -----------------------------------------------------------------
Result<std::optional<Alias>> find_alias(store::Tx& tx, ModelId model, std::string_view name);
Result<std::vector<Alias>> aliases_of(store::Tx& tx, ModelId model, std::optional<VersionId> version);
// Moves or makes it, with its history and its tag. Nothing happens when it is there already.
Status move_alias(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                  std::string_view name, const ModelVersion& version);
Status drop_alias(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                  const Alias& alias);
// Brings the tags of a sealed version, of its aliases and `latest` to where they belong.
Status set_version_tags(Registry::State& state, store::Tx& tx, const Place& place, const ModelVersion& version);
Status set_latest_tag(Registry::State& state, store::Tx& tx, const Place& place, ModelId model);

// --- makers shared by the API's functions and by pushes -------------------------------------------------
// Makes the model with index rows, resource and event. Errors: already_exists
Result<RegisteredModel> make_model(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                                   RegisteredModel wanted, bool slug_given);
// Numbers and inserts the version with index rows and event; `name` empty: the number.
Result<ModelVersion> make_version(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                                  ModelVersion wanted);
// `type` is version.created, version.updated, …; `changed`: fields.
Status append_version_event(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                            std::string_view type, const ModelVersion& version,
                            const std::vector<std::string>& changed);

}  // namespace souk::registry
