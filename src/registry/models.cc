// SPDX-License-Identifier: Apache-2.0
#include "access/idempotency.h"
#include "registry/properties.h"
#include "registry/state.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxDescription = 64 << 10;
constexpr std::size_t kMaxReadme = 1 << 20;
constexpr std::size_t kMaxOwner = 250;
constexpr std::size_t kMaxBatch = 10000;
constexpr std::size_t kMaxLink = 2048;
constexpr std::size_t kMaxLogo = 256 << 10;  // a picture as a data: URL

Status check_card(const RegisteredModel& model) {
  if (model.external_id) SOUK_TRY(access::check_name(*model.external_id, "external_id"));
  SOUK_TRY(access::check_text(model.maturity, kMaxOwner, "maturity"));
  SOUK_TRY(access::check_text(model.provider, kMaxOwner, "provider"));
  SOUK_TRY(access::check_text(model.license, kMaxOwner, "license"));
  SOUK_TRY(access::check_text(model.library_name, kMaxOwner, "library_name"));
  SOUK_TRY(access::check_text(model.license_link, kMaxLink, "license_link"));
  SOUK_TRY(access::check_text(model.logo, kMaxLogo, "logo"));
  for (const auto& [list, field] : {std::pair(&model.language, "language"), std::pair(&model.tasks, "tasks")}) {
    if (list->text.size() > kMaxLink * 4) return invalid_argument(std::string(field) + " is too long").at(field);
    for (const std::string& one : SOUK_TRY(json::read<std::vector<std::string>>(list->text)))
      SOUK_TRY(access::check_name(one, field));
  }
  return {};
}

Status check_model(const RegisteredModel& model) {
  SOUK_TRY(access::check_name(model.name, "name"));
  SOUK_TRY(access::check_text(model.description, kMaxDescription, "description"));
  SOUK_TRY(access::check_text(model.readme, kMaxReadme, "readme"));
  SOUK_TRY(access::check_text(model.owner, kMaxOwner, "owner"));
  SOUK_TRY(check_card(model));
  SOUK_TRY(check_tags(model.tags, "tags"));
  return check_properties(model.custom_properties, "custom_properties");
}

// A name of which nothing is left ("模型") has a slug all the same.
std::string derived_slug(const std::string& name) {
  Result<std::string> slug = access::slug_of(name);
  return slug ? *slug : "model-" + sha256(name).hex().substr(0, 8);
}

RegisteredModel patched(RegisteredModel model, const ModelPatch& patch) {
  apply_patch(patch.name, model.name);
  apply_patch(patch.description, model.description);
  apply_patch(patch.readme, model.readme);
  apply_patch(patch.owner, model.owner);
  apply_patch(patch.maturity, model.maturity);
  apply_patch(patch.provider, model.provider);
  apply_patch(patch.logo, model.logo);
  apply_patch(patch.license, model.license);
  apply_patch(patch.license_link, model.license_link);
  apply_patch(patch.library_name, model.library_name);
  if (patch.external_id.has_value()) model.external_id = patch.external_id.value;
  if (patch.external_id.is_null()) model.external_id.reset();
  if (patch.language.given()) model.language.text = json::write(patch.language.value);
  if (patch.tasks.given()) model.tasks.text = json::write(patch.tasks.value);
  model.tags = merged(model.tags, patch.tags);
  model.custom_properties = patch.replace_properties && patch.custom_properties.has_value()
                                ? patch.custom_properties.value
                                : merged(model.custom_properties, patch.custom_properties);
  if (patch.state.has_value()) model.state = patch.state.value;
  return model;
}

// {"changed":["name","state"]}, or nothing when the two are equal.
std::optional<std::string> difference(const RegisteredModel& a, const RegisteredModel& b) {
  std::vector<std::string> changed;
  const auto compare = [&](bool equal, const char* field) {
    if (!equal) changed.emplace_back(field);
  };
  compare(a.name == b.name, "name");
  compare(a.description == b.description, "description");
  compare(a.readme == b.readme, "readme");
  compare(a.owner == b.owner, "owner");
  compare(a.state == b.state, "state");
  compare(a.external_id == b.external_id, "external_id");
  compare(a.maturity == b.maturity, "maturity");
  compare(a.language == b.language, "language");
  compare(a.tasks == b.tasks, "tasks");
  compare(a.provider == b.provider, "provider");
  compare(a.logo == b.logo, "logo");
  compare(a.license == b.license, "license");
  compare(a.license_link == b.license_link, "license_link");
  compare(a.library_name == b.library_name, "library_name");
  compare(a.tags == b.tags, "tags");
  compare(a.custom_properties == b.custom_properties, "custom_properties");
  if (changed.empty()) return std::nullopt;
  return R"({"changed":)" + json::write(changed) + "}";
}

Error taken_external_id(const RegisteredModel& model, const Place& place) {
  return already_exists("a model with the external id " + access::as_shown(*model.external_id) + " exists already in " +
                        place.namespace_)
      .at("external_id");
}

constexpr std::string_view kProperties = "model_properties";

// Gives the model its id, and another slug where its own is taken and was not asked for. Errors: already_exists
Status place_model(store::Tx& tx, const Place& place, RegisteredModel& wanted, bool slug_given) {
  const std::string slug = wanted.slug;
  while (!SOUK_TRY(try_insert_model(tx, wanted))) {
    if (SOUK_TRY(find_model_named(tx, place.namespace_id, wanted.name))) {
      return already_exists("a model with the name '" + wanted.name + "' exists already in " + place.namespace_)
          .at("name");
    }
    if (wanted.external_id && SOUK_TRY(find_model_external(tx, place.namespace_id, *wanted.external_id)))
      return taken_external_id(wanted, place);
    if (slug_given) {
      return already_exists("a model with the slug '" + slug + "' exists already in " + place.namespace_).at("slug");
    }
    wanted.slug = SOUK_TRY(free_slug(tx, place.namespace_id, slug));
  }
  return {};
}

Result<RegisteredModel> insert_model(Registry::State& state, store::Tx& tx, const access::Call& call,
                                     const Place& place, RegisteredModel wanted, bool slug_given,
                                     PropertyRows& properties) {
  SOUK_TRY(place_model(tx, place, wanted, slug_given));
  SOUK_TRY(properties.add(wanted.id.value, "tags", wanted.tags));
  SOUK_TRY(properties.add(wanted.id.value, "custom_properties", wanted.custom_properties));
  SOUK_TRY(state.access.add_resource(tx, wanted.resource()));
  SOUK_TRY(state.append(tx, call, place, "model.created", "model", wanted.id.value, wanted.slug, "{}"));
  return wanted;
}

}  // namespace

Result<RegisteredModel> make_model(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                                   RegisteredModel wanted, bool slug_given) {
  PropertyRows properties(tx, kProperties);
  auto made = SOUK_TRY(insert_model(state, tx, call, place, std::move(wanted), slug_given, properties));
  SOUK_TRY(properties.flush());
  return made;
}

namespace {

Result<RegisteredModel> model_from(const NewModel& wanted, NamespaceId ns) {
  if (!wanted.slug.empty()) SOUK_TRY(access::check_slug(wanted.slug));
  RegisteredModel model;
  model.uid = new_uid();
  model.namespace_id = ns;
  model.name = wanted.name.empty() ? wanted.slug : wanted.name;
  model.slug = wanted.slug.empty() ? derived_slug(model.name) : wanted.slug;
  model.description = wanted.description;
  model.readme = wanted.readme;
  model.owner = wanted.owner;
  model.state = wanted.state;
  model.external_id = wanted.external_id;
  model.maturity = wanted.maturity;
  model.provider = wanted.provider;
  model.logo = wanted.logo;
  model.license = wanted.license;
  model.license_link = wanted.license_link;
  model.library_name = wanted.library_name;
  model.language.text = json::write(wanted.language);
  model.tasks.text = json::write(wanted.tasks);
  model.tags = wanted.tags;
  model.custom_properties = wanted.custom_properties;
  model.create_time = model.update_time = now();
  SOUK_TRY(check_model(model));
  return model;
}

}  // namespace

Result<RegisteredModel> Registry::create_model(const access::Call& call, const AuthorizedNamespace& ns,
                                               NewModel wanted) {
  SOUK_TRY(need(ns.role(), access::Role::WRITER, "namespace " + ns->slug));
  const RegisteredModel model = SOUK_TRY(model_from(wanted, ns->id));
  const Place place{ns->id, ns->slug, ""};
  return state_->store.write(
      [&](store::Tx& tx) {
        return access::once<RegisteredModel>(
            tx, call, [&] { return "create_model " + ns->slug + json::write(wanted); },
            [&] { return make_model(*state_, tx, call, place, model, !wanted.slug.empty()); });
      },
      store::Isolation::read_committed);
}

Result<std::vector<RegisteredModel>> Registry::create_models(const access::Call& call, const AuthorizedNamespace& ns,
                                                             const std::vector<NewModel>& wanted) {
  SOUK_TRY(need(ns.role(), access::Role::WRITER, "namespace " + ns->slug));
  if (wanted.size() > kMaxBatch) {
    return invalid_argument("a batch has at most 10000 models; this has " + std::to_string(wanted.size())).at("models");
  }
  const auto at = [](std::size_t i, Error error) {
    const std::string field = "models[" + std::to_string(i) + "]." + error.field;
    return std::move(error).at(field);
  };
  std::vector<RegisteredModel> models;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto model = model_from(wanted[i], ns->id);
    if (!model) return at(i, model.error());
    models.push_back(std::move(*model));
  }
  const Place place{ns->id, ns->slug, ""};
  return state_->store.write(
      [&](store::Tx& tx) -> Result<std::vector<RegisteredModel>> {
        std::vector<RegisteredModel> made;
        made.reserve(models.size());
        PropertyRows properties(tx, kProperties);
        for (std::size_t i = 0; i < models.size(); ++i) {
          auto model = insert_model(*state_, tx, call, place, models[i], !wanted[i].slug.empty(), properties);
          if (!model) return at(i, model.error());
          made.push_back(std::move(*model));
        }
        SOUK_TRY(properties.flush());
        return made;
      },
      store::Isolation::read_committed);
}

Result<RegisteredModel> Registry::update_model(const access::Call& call, const AuthorizedModel& model,
                                               const ModelPatch& patch, std::optional<std::int64_t> if_match) {
  const Place place = SOUK_TRY(state_->place(*model));
  SOUK_TRY(need(model.role(), access::Role::WRITER, place.label()));
  if (patch.state.is_null()) return invalid_argument("state: expected LIVE or ARCHIVED, got null").at("state");
  SOUK_TRY(check_model(patched(*model, patch)));
  return state_->store.write([&](store::Tx& tx) -> Result<RegisteredModel> {
    const auto before = SOUK_TRY(find_model(tx, model->id));
    if (!before) return missing_model(place.namespace_, place.model);
    if (if_match && *if_match != before->revision) return changed_since(place.label());
    RegisteredModel after = patched(*before, patch);
    const auto changes = difference(*before, after);
    if (!changes) return after;
    if (after.name != before->name && SOUK_TRY(find_model_named(tx, after.namespace_id, after.name))) {
      return already_exists("a model with the name '" + after.name + "' exists already in " + place.namespace_)
          .at("name");
    }
    if (after.external_id && after.external_id != before->external_id &&
        SOUK_TRY(find_model_external(tx, after.namespace_id, *after.external_id)))
      return taken_external_id(after, place);
    after.update_time = now();
    after.revision = before->revision + 1;
    SOUK_TRY(update_model_row(tx, after));
    if (after.tags != before->tags) {
      SOUK_TRY(replace_properties(tx, kProperties, after.id.value, "tags", after.tags));
    }
    if (after.custom_properties != before->custom_properties) {
      SOUK_TRY(replace_properties(tx, kProperties, after.id.value, "custom_properties", after.custom_properties));
    }
    SOUK_TRY(state_->append(tx, call, place, "model.updated", "model", after.id.value, after.slug, *changes));
    return after;
  });
}

Status Registry::delete_model(const access::Call& call, const AuthorizedModel& model,
                              std::optional<std::int64_t> if_match) {
  const Place place = SOUK_TRY(state_->place(*model));
  SOUK_TRY(need(model.role(), access::Role::ADMIN, place.label()));
  return state_->store.write([&](store::Tx& tx) -> Status {
    const auto before = SOUK_TRY(find_model(tx, model->id));
    if (!before) return missing_model(place.namespace_, place.model);
    if (if_match && *if_match != before->revision) return changed_since(place.label());
    SOUK_TRY(state_->ask_users(tx, model->id, std::nullopt, place.label()));
    SOUK_TRY(state_->artifacts.remove_repository(tx, place.repository()));
    SOUK_TRY(delete_model_rows(tx, model->id));
    SOUK_TRY(state_->access.remove_resource(tx, before->resource()));
    return state_->append(tx, call, place, "model.deleted", "model", model->id.value, place.model, "{}");
  });
}

}  // namespace souk::registry
