// SPDX-License-Identifier: Apache-2.0
//
// DELETE of a tag or manifest. What a version consists of goes with the version, by nobody else's hand.
#include "registry/state.h"

namespace souk::registry {

namespace {

Error belongs_to(const Place& place, const std::string& what, const ModelVersion& version) {
  const std::string number = std::to_string(version.number);
  return failed_precondition(what + " is version " + number + " of " + place.label() + " and goes only with it")
      .advise("souk version delete " + place.namespace_ + "/" + place.model + ":" + number);
}

}  // namespace

Status Registry::remove_manifest(const access::Call& call, const artifacts::Repository& in,
                                 std::string_view reference) {
  const artifacts::Repository repository =
      SOUK_TRY(this->repository(call, access::Role::WRITER, in.namespace_, in.model));
  const Place place{repository.namespace_id, repository.namespace_, repository.model};
  const bool by_digest = reference.find(':') != std::string_view::npos;
  const Digest digest = SOUK_TRY(resolve_manifest(repository, reference));
  return state_->store.write([&](store::Tx& tx) -> Status {
    if (const auto model = SOUK_TRY(find_model(tx, place.namespace_id, place.model))) {
      const auto version = SOUK_TRY(find_version(tx, model->id, digest));
      if (version) return belongs_to(place, "manifest " + access::as_shown(reference), *version);
    }
    return by_digest ? state_->artifacts.remove_manifest(tx, repository, digest)
                     : state_->artifacts.remove_tag(tx, repository, reference);
  });
}

}  // namespace souk::registry
