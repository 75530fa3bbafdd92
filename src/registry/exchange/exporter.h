// SPDX-License-Identifier: Apache-2.0
//
// Writes the objects of one namespace as lines (lines.h), unit by unit. Each model, run and environment is read in one
// snapshot. Used to make an archive, and to tell whether what an archive brings is there already. One thread at a time.
// Inside the room only.
#pragma once

#include <unordered_map>

#include "registry/exchange/lines.h"
#include "registry/registry.h"

namespace souk::registry {

class Exporter {
 public:
  Exporter(store::Store& store, NamespaceId ns, std::string slug)
      : store_(store), namespace_id_(ns), namespace_(std::move(slug)) {}

  // All units, in the order in which an import needs them.
  Status all(const TakePart& take);
  // One unit, whose first line is given. False: the namespace has nothing of that name.
  Result<bool> one(const Line& first, const TakePart& take);
  // Calls f for each blob that manifests of the namespace name, each once.
  Status blobs(const std::function<Status(const Digest&)>& f);

 private:
  using Keys = std::unordered_map<std::int64_t, std::string>;

  Result<std::vector<std::string>> names(const char* sql, const std::string& after);
  Result<bool> model(const std::string& slug, const TakePart& take);
  Status versions(store::Tx& tx, const RegisteredModel& model, Parts& to);
  Status bytes(store::Tx& tx, const std::string& slug, Parts& to);
  Status aliases(store::Tx& tx, const RegisteredModel& model, Parts& to);
  Result<bool> experiment(const std::string& slug, const TakePart& take);
  Status run(store::Tx& tx, const ExperimentRun& run, const std::string& key, const std::string& experiment,
             const Keys& runs, Parts& to);
  Status metrics(store::Tx& tx, RunId run, const std::string& key, Parts& to);
  Result<bool> environment(const std::string& name, const TakePart& take);
  Result<bool> free_artifacts(const TakePart& take);
  // Of one owner, in order; `where` is trusted.
  Status artifacts(store::Tx& tx, const std::string& where, std::int64_t owner, const std::string& key,
                   std::map<std::string, std::string> refs, Parts& to);
  Status lineage(const TakePart& take);
  // Versions of this namespace by their ids.
  Result<Keys> version_keys(store::Tx& tx, const std::vector<std::int64_t>& ids);
  Result<std::optional<std::string>> node(store::Tx& tx, const std::string& node);

  store::Store& store_;
  const NamespaceId namespace_id_;
  const std::string namespace_;
  Keys runs_, artifacts_;  // what was written so far, for lineage
};

}  // namespace souk::registry
