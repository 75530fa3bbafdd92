// SPDX-License-Identifier: Apache-2.0
#include "registry/registry.h"

#include "registry/state.h"

namespace souk::registry {

Registry::State::State(store::Store& store, events::Log& events, access::Access& access,
                       artifacts::Artifacts& artifacts, Inspector& inspector, Logger& log, Metrics& metrics)
    : store(store),
      events(events),
      access(access),
      artifacts(artifacts),
      inspector(inspector),
      log(log),
      pushes(metrics.counter("souk_registry_pushes_total", "Manifests taken in").with()),
      sealed(metrics.counter("souk_registry_versions_sealed_total", "Versions sealed").with()),
      inspections(metrics.histogram("souk_registry_inspection_seconds", "How long inspections took").with()) {}

Registry::Registry(store::Store& store, events::Log& events, access::Access& access, artifacts::Artifacts& artifacts,
                   Inspector& inspector, Logger& log, Metrics& metrics)
    : state_(std::make_shared<State>(store, events, access, artifacts, inspector, log, metrics)) {}

void Registry::ask_before_delete(UsedBy used_by) {
  state_->used_by = std::move(used_by);
}

Result<Place> Registry::State::place(const RegisteredModel& model) {
  return Place{model.namespace_id, SOUK_TRY(access.namespace_slug(model.namespace_id)), model.slug};
}

Status Registry::State::append(store::Tx& tx, const access::Call& call, const Place& place, std::string_view type,
                               std::string_view kind, std::int64_t id, std::string name, std::string data) {
  events::NewEvent event;
  event.type = type;
  event.namespace_id = place.namespace_id;
  event.namespace_ = place.namespace_;
  event.kind = kind;
  event.id = id;
  event.name = std::move(name);
  access::sign(event, call);
  event.data = json::Raw{std::move(data)};
  return events.append(tx, event);
}

namespace {

struct Named {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Named, (), (name))

// The inference services that ask for the model, or for this version of it.
Result<std::vector<std::string>> services_of(store::Tx& tx, ModelId model, std::optional<VersionId> version) {
  const auto rows = version
                        ? tx.all<Named>("SELECT name FROM inference_services WHERE version_id = $1 LIMIT 10", *version)
                        : tx.all<Named>("SELECT name FROM inference_services WHERE model_id = $1 LIMIT 10", model);
  std::vector<std::string> out;
  for (const Named& row : SOUK_TRY(rows)) out.push_back("inference service " + access::as_shown(row.name));
  return out;
}

}  // namespace

Status Registry::State::ask_users(store::Tx& tx, ModelId model, std::optional<VersionId> version,
                                  const std::string& label) {
  std::vector<std::string> users = SOUK_TRY(services_of(tx, model, version));
  if (used_by) {
    for (std::string& user : SOUK_TRY(used_by(tx, model, version))) users.push_back(std::move(user));
  }
  if (users.empty()) return {};
  std::string names;
  for (const std::string& user : users) names += (names.empty() ? "" : ", ") + user;
  return failed_precondition(label + " is in use by " + names).advise("remove what uses it first");
}

Status need(access::Role has, access::Role needed, const std::string& label) {
  if (has >= needed) return {};
  return permission_denied(label + ": this needs the role " + std::string(json::enum_name(needed)) + ", and you have " +
                           std::string(json::enum_name(has)));
}

Error changed_since(const std::string& label) {
  return failed_precondition(label + " has changed since it was read")
      .at("If-Match")
      .advise("read it again and repeat the change");
}

Error missing_model(std::string_view ns, std::string_view model) {
  return not_found("model " + access::as_shown(ns) + "/" + access::as_shown(model) + " does not exist");
}

Error missing_version(const Place& place, std::string_view version) {
  if (version == "latest") return not_found(place.label() + " has no version yet");
  return not_found("version " + access::as_shown(version) + " of " + place.label() + " does not exist");
}

void apply_patch(const json::Patch<std::string>& patch, std::string& value) {
  if (!patch.given()) return;
  value = patch.is_null() ? std::string() : patch.value;
}

// --- reading ------------------------------------------------------------------------------------------

Result<AuthorizedModel> Registry::get_model(const access::Call& call, access::Role needed, std::string_view ns,
                                            std::string_view model) {
  const auto in = SOUK_TRY(state_->access.find_namespace(call, ns));
  const std::string_view shown = !ns.empty() ? ns : in ? std::string_view(in->slug) : call.namespace_;
  if (!in) return missing_model(shown, model);
  const auto found = SOUK_TRY(
      state_->models.get({in->id, std::string(model)}, [&](store::Tx& tx) { return find_model(tx, in->id, model); }));
  if (!found) return missing_model(shown, model);
  auto authorized = state_->access.authorize(call, needed, RegisteredModel(*found));
  // What one may not see is told in the words for what is not there.
  if (!authorized && authorized.error().code == Code::not_found) return concealed(missing_model(shown, model));
  return authorized;
}

Result<AuthorizedModel> Registry::get_model(const access::Call& call, access::Role needed, ModelId id) {
  const auto missing = [&] { return not_found("model " + std::to_string(id.value) + " does not exist"); };
  auto found = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_model(tx, id); }, store::Statements::one));
  if (!found) return missing();
  auto authorized = state_->access.authorize(call, needed, std::move(*found));
  if (!authorized && authorized.error().code == Code::not_found) return concealed(missing());
  return authorized;
}

Result<AuthorizedModel> Registry::get_model_named(const access::Call& call, std::string_view ns,
                                                  std::optional<std::string> name,
                                                  std::optional<std::string> external_id) {
  const auto in = SOUK_TRY(state_->access.find_namespace(call, ns));
  const std::string shown = name ? *name : external_id.value_or("");
  if (!in) return missing_model(ns, shown);
  const auto find = [&](store::Tx& tx) {
    return name ? find_model_named(tx, in->id, *name) : find_model_external(tx, in->id, external_id.value_or(""));
  };
  auto found = SOUK_TRY(state_->store.read(find, store::Statements::one));
  if (!found) return missing_model(in->slug, shown);
  auto authorized = state_->access.authorize(call, access::Role::READER, std::move(*found));
  if (!authorized && authorized.error().code == Code::not_found) return concealed(missing_model(in->slug, shown));
  return authorized;
}

Result<VersionOfModel> Registry::get_version(const access::Call& call, access::Role needed, VersionId id) {
  const auto missing = [&] { return not_found("model version " + std::to_string(id.value) + " does not exist"); };
  auto found = SOUK_TRY(
      state_->store.read([&](store::Tx& tx) { return find_version_and_model(tx, id); }, store::Statements::one));
  if (!found) return missing();
  auto model = state_->access.authorize(call, needed, std::move(found->model));
  if (!model && model.error().code == Code::not_found) return concealed(missing());
  if (!model) return model.error();
  return VersionOfModel{std::move(*model), std::move(found->version)};
}

Result<VersionOfModel> Registry::get_version_external(const access::Call& call, std::string_view ns,
                                                      std::string_view external_id) {
  const auto in = SOUK_TRY(state_->access.find_namespace(call, ns));
  const auto missing = [&] {
    return not_found("there is no model version with the external id " + access::as_shown(external_id));
  };
  if (!in) return missing();
  const auto id =
      SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_version_external(tx, in->id, external_id); }));
  if (!id) return missing();
  return get_version(call, access::Role::READER, *id);
}

Result<ModelVersion> Registry::get_version(const AuthorizedModel& model, std::string_view version) {
  auto found = SOUK_TRY(
      state_->store.read([&](store::Tx& tx) { return find_version(tx, model->id, version); }, store::Statements::one));
  if (found) return std::move(*found);
  return missing_version(SOUK_TRY(state_->place(*model)), version);
}

Result<ModelVersion> Registry::resolve(const AuthorizedModel& model, const Reference& reference) {
  if (!reference.digest && reference.alias.empty()) {
    return get_version(model, reference.version.empty() ? "latest" : reference.version);
  }
  auto found = SOUK_TRY(state_->store.read([&](store::Tx& tx) -> Result<std::optional<ModelVersion>> {
    if (reference.digest) return find_version(tx, model->id, *reference.digest);
    const auto alias = SOUK_TRY(find_alias(tx, model->id, reference.alias));
    if (!alias) return std::optional<ModelVersion>();
    return find_version(tx, model->id, std::to_string(alias->version));
  }));
  if (found) return std::move(*found);
  const std::string label = SOUK_TRY(state_->place(*model)).label();
  if (reference.digest) {
    return not_found(label + " has no version with the digest " + reference.digest->string());
  }
  return not_found(label + " has no alias " + access::as_shown(reference.alias));
}

Result<std::int64_t> Registry::count_versions(const AuthorizedModel& model) {
  const auto count = SOUK_TRY(state_->store.read([&](store::Tx& tx) {
    return tx.scalar<std::int64_t>("SELECT COUNT(*) FROM model_versions WHERE model_id = $1", model->id);
  }));
  return count.value_or(0);
}

}  // namespace souk::registry
