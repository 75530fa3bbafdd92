// SPDX-License-Identifier: Apache-2.0
//
// The operations that every kind of record has. Rights are those on the namespace, of an artifact of a version those
// on the model. Each change is one transaction that also appends its event. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/access.h"
#include "registry/records/model.h"
#include "registry/records/services.h"
#include "registry/registry.h"

namespace souk::registry {

// What a list or a name is looked up under: the column of the row that says so.
BOOST_DEFINE_ENUM_CLASS(Parent, namespace_id, experiment_id, parent_run_id, environment_id, inference_service_id,
                        version_id, run_id, model_id)
struct Under {
  Parent parent = Parent::namespace_id;
  std::int64_t id = 0;
};

// By name under a parent, or by external id in the namespace.
struct Lookup {
  NamespaceId namespace_id;
  Under under;
  std::optional<std::string> name, external_id;
  std::optional<ArtifactKind> kind = {};
};

// Edits a record; may run again. What must not change is refused afterwards.
template <class T>
using Change = std::function<Status(T&)>;

// What a merge patch (RFC 7396) makes of a text and of properties.
void patch_text(const json::Patch<std::string>& patch, std::string& text);
void patch_text(const json::Patch<std::string>& patch, std::optional<std::string>& text);
json::Raw patched(const json::Raw& properties, const json::Patch<json::Raw>& patch);

template <class T>
class Records {
 public:
  using IdType = decltype(T::id);

  explicit Records(Registry& registry) : state_(registry.state_) {}

  Result<access::Authorized<T>> get(const access::Call& call, access::Role needed, IdType id) const;
  // Sets id, uid, times; an absent name becomes the uid. `unique`: a run's name must be new in its experiment.
  // Errors: invalid_argument, not_found (a parent), already_exists (name, external id)
  Result<T> create(const access::Call& call, T wanted, bool unique = true) const;
  // Errors: failed_precondition (If-Match), invalid_argument (immutable, or not to be), already_exists
  Result<T> update(const access::Call& call, const access::Authorized<T>& record, const Change<T>& change,
                   std::optional<std::int64_t> if_match) const;
  // Really, with what belongs to it. Errors: failed_precondition (others depend on it, named; `cascade` takes them too)
  Status remove(const access::Call& call, const access::Authorized<T>& record, bool cascade,
                std::optional<std::int64_t> if_match) const;
  // Errors: not_found (none, or several)
  Result<access::Authorized<T>> find(const access::Call& call, const Lookup& lookup) const;
  // What the caller may see. Errors: invalid_argument (filter, order, token)
  Result<Page<T>> list(const access::Call& call, const Under& under, const ListQuery& query,
                       std::optional<ArtifactKind> kind = {}) const;

 private:
  std::shared_ptr<Registry::State> state_;
};

extern template class Records<Experiment>;
extern template class Records<ExperimentRun>;
extern template class Records<Artifact>;
extern template class Records<Environment>;
extern template class Records<InferenceService>;
extern template class Records<ServeModel>;

}  // namespace souk::registry
