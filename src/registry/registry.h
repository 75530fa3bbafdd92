// SPDX-License-Identifier: Apache-2.0
//
// The registry's operations. Each is one transaction that also appends its event. Objects come in and go out as
// Authorized: `get_model` is where the right is checked, what follows takes its result. Thread-safe.
//
// Names and slugs: access/access.h. Versions and tags: pushing a sealed version's tag with another digest is
// refused; pushing an alias or `latest` makes the next version and moves it; referrers and `sha256-…` tags
// make none.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "artifacts/artifacts.h"
#include "events/log.h"
#include "registry/inspector.h"
#include "registry/requests.h"
#include "store/store.h"

namespace souk::registry {

// What upper rooms say of a model before it goes: the names of what still uses it.
using UsedBy = std::function<Result<std::vector<std::string>>(store::Tx&, ModelId, std::optional<VersionId>)>;

class Registry {
 public:
  Registry(store::Store& store, events::Log& events, access::Access& access, artifacts::Artifacts& artifacts,
           Inspector& inspector, Logger& log, Metrics& metrics);
  void ask_before_delete(UsedBy used_by);

  // --- models ---------------------------------------------------------------------------------------
  Result<AuthorizedModel> get_model(const access::Call& call, access::Role needed, std::string_view ns,
                                    std::string_view model);
  Result<AuthorizedModel> get_model(const access::Call& call, access::Role needed, ModelId id);
  Result<RegisteredModel> create_model(const access::Call& call, const AuthorizedNamespace& ns, NewModel wanted);
  // All or none; at most 1,000. Errors: as create_model, with the place in the list
  Result<std::vector<RegisteredModel>> create_models(const access::Call& call, const AuthorizedNamespace& ns,
                                                     const std::vector<NewModel>& wanted);
  // `if_match`: the revision the caller saw. Errors: failed_precondition (changed since), already_exists (name)
  Result<RegisteredModel> update_model(const access::Call& call, const AuthorizedModel& model, const ModelPatch& patch,
                                       std::optional<std::int64_t> if_match);
  // Another slug, with its bytes. Errors: already_exists, failed_precondition (a deployment uses it)
  Result<RegisteredModel> rename_model(const access::Call& call, const AuthorizedModel& model, std::string_view slug);
  Status delete_model(const access::Call& call, const AuthorizedModel& model, std::optional<std::int64_t> if_match);
  // ns empty: every visible one. Errors: invalid_argument (filter: with the column; page token)
  Result<Page<ListedModel>> list_models(const access::Call& call, std::string_view ns, const ListQuery& query,
                                        bool whole = false);
  // By its name or external id, of which one is given. Errors: not_found
  Result<AuthorizedModel> get_model_named(const access::Call& call, std::string_view ns,
                                          std::optional<std::string> name, std::optional<std::string> external_id);

  // In the order of `models`; a fixed number of statements.
  Result<std::vector<ModelSummary>> summarize(const std::vector<ModelId>& models);
  Result<ModelSummary> summarize(ModelId model);

  // Of a namespace, or of all that are visible.
  Result<std::int64_t> count_models(const access::Call& call, std::string_view ns, std::string_view filter = {});

  // --- versions -------------------------------------------------------------------------------------
  // `version` is a number, a name or "latest". Errors: not_found
  Result<ModelVersion> get_version(const AuthorizedModel& model, std::string_view version);
  Result<VersionOfModel> get_version(const access::Call& call, access::Role needed, VersionId id);
  Result<VersionOfModel> get_version_external(const access::Call& call, std::string_view ns,
                                              std::string_view external_id);
  // Of all models of the namespace that the caller may see.
  Result<Page<ModelVersion>> list_all_versions(const access::Call& call, std::string_view ns, const ListQuery& query);
  // Alias, digest or version of a reference.
  Result<ModelVersion> resolve(const AuthorizedModel& model, const Reference& reference);
  Result<Page<ModelVersion>> list_versions(const AuthorizedModel& model, const ListQuery& query);
  Result<std::int64_t> count_versions(const AuthorizedModel& model);
  Result<ModelVersion> create_version(const access::Call& call, const AuthorizedModel& model, NewVersion wanted);
  Result<ModelVersion> update_version(const access::Call& call, const AuthorizedModel& model, std::string_view version,
                                      const VersionPatch& patch, std::optional<std::int64_t> if_match);
  Status delete_version(const access::Call& call, const AuthorizedModel& model, std::string_view version);

  // --- aliases --------------------------------------------------------------------------------------
  Result<Alias> set_alias(const access::Call& call, const AuthorizedModel& model, std::string_view alias,
                          std::string_view version);
  Status remove_alias(const access::Call& call, const AuthorizedModel& model, std::string_view alias);
  Result<std::vector<Alias>> list_aliases(const AuthorizedModel& model);
  Result<std::vector<AliasChange>> alias_history(const AuthorizedModel& model, std::string_view alias);

  // --- bytes ----------------------------------------------------------------------------------------
  // The repository of ns/model for a push or pull; the model need not exist to push. Errors: not_found,
  // permission_denied
  Result<artifacts::Repository> repository(const access::Call& call, access::Role needed, std::string_view ns,
                                           std::string_view model);
  // PUT of a manifest: checks, inspects (in a child, before the transaction), then in one transaction writes the
  // manifest, makes the model if there is none, makes or finds the version, seals it and moves what is to move.
  // `reference` is a tag or a digest. Errors: invalid_argument (manifest, or a model file that does not load:
  // which and why), not_found (a blob that was not pushed), failed_precondition (tag of a sealed version)
  Result<Pushed> push_manifest(const access::Call& call, const artifacts::Repository& repository,
                               std::string_view reference, std::string_view media_type, std::string_view bytes);
  // A tag, alias, version name or digest to the manifest's digest.
  Result<Digest> resolve_manifest(const artifacts::Repository& repository, std::string_view reference);
  // Takes away a tag, or by digest a manifest with its tags. Errors: not_found, failed_precondition (it is a version's)
  Status remove_manifest(const access::Call& call, const artifacts::Repository& repository, std::string_view reference);
  Result<std::vector<artifacts::File>> version_files(const AuthorizedModel& model, const ModelVersion& version);

  struct State;

 private:
  template <class T>
  friend class Records;  // records/records.h
  friend class RunLog;   // metrics/run_log.h
  friend class Lineage;  // lineage/lineage.h
  friend class Search;   // search/search.h
  std::shared_ptr<State> state_;
};

}  // namespace souk::registry
