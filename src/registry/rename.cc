// SPDX-License-Identifier: Apache-2.0
//
// A model under another slug, with its bytes. What names a model by its slug and is not the registry's (a deployment)
// forbids it.
#include "registry/state.h"

namespace souk::registry {

Result<RegisteredModel> Registry::rename_model(const access::Call& call, const AuthorizedModel& model,
                                               std::string_view slug) {
  const Place place = SOUK_TRY(state_->place(*model));
  SOUK_TRY(need(model.role(), access::Role::WRITER, place.label()));
  SOUK_TRY(access::check_slug(slug));
  return state_->store.write([&](store::Tx& tx) -> Result<RegisteredModel> {
    const auto before = SOUK_TRY(find_model(tx, model->id));
    if (!before) return missing_model(place.namespace_, place.model);
    RegisteredModel after = *before;
    if (after.slug == slug) return after;
    if (SOUK_TRY(find_model(tx, after.namespace_id, slug))) {
      return already_exists("a model with the slug '" + std::string(slug) + "' exists already in " + place.namespace_)
          .at("slug");
    }
    // A name that was only the slug goes with it.
    if (after.name == after.slug) {
      after.name = slug;
      if (SOUK_TRY(find_model_named(tx, after.namespace_id, after.name))) {
        return already_exists("a model with the name '" + after.name + "' exists already in " + place.namespace_)
            .at("name");
      }
    }
    SOUK_TRY(state_->ask_users(tx, after.id, std::nullopt, place.label()));
    SOUK_TRY(state_->artifacts.rename_repository(tx, place.repository(), slug));
    after.slug = slug;
    after.update_time = now();
    ++after.revision;
    SOUK_TRY(tx.exec("UPDATE registered_models SET slug = $2, name = $3, update_time = $4, revision = $5 WHERE id = $1",
                     after.id, after.slug, after.name, after.update_time, after.revision));
    SOUK_TRY(state_->append(tx, call, {place.namespace_id, place.namespace_, after.slug}, "model.updated", "model",
                            after.id.value, after.slug,
                            after.name == before->name ? R"({"changed":["slug"]})" : R"({"changed":["slug","name"]})"));
    return after;
  });
}

}  // namespace souk::registry
