// SPDX-License-Identifier: Apache-2.0
#include "access/idempotency.h"
#include "registry/properties.h"
#include "registry/state.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxDescription = 64 << 10;
constexpr std::size_t kMaxAuthor = 250;
constexpr std::size_t kMaxUri = 2048;
constexpr std::string_view kProperties = "model_version_properties";

std::string event_name(const Place& place, const ModelVersion& version) {
  return place.model + ":" + std::to_string(version.number);
}

Status check_version(const ModelVersion& version) {
  SOUK_TRY(access::check_text(version.description, kMaxDescription, "description"));
  SOUK_TRY(access::check_text(version.author, kMaxAuthor, "author"));
  if (version.uri) SOUK_TRY(access::check_text(*version.uri, kMaxUri, "uri"));
  if (version.external_id) SOUK_TRY(access::check_name(*version.external_id, "external_id"));
  return check_properties(version.custom_properties, "custom_properties");
}

ModelVersion patched(ModelVersion version, const VersionPatch& patch) {
  apply_patch(patch.name, version.name);
  apply_patch(patch.description, version.description);
  apply_patch(patch.author, version.author);
  if (patch.state.has_value()) version.state = patch.state.value;
  if (patch.external_id.has_value()) version.external_id = patch.external_id.value;
  if (patch.external_id.is_null()) version.external_id.reset();
  version.custom_properties = patch.replace_properties && patch.custom_properties.has_value()
                                  ? patch.custom_properties.value
                                  : merged(version.custom_properties, patch.custom_properties);
  return version;
}

std::vector<std::string> difference(const ModelVersion& a, const ModelVersion& b) {
  std::vector<std::string> changed;
  const auto compare = [&](bool equal, const char* field) {
    if (!equal) changed.emplace_back(field);
  };
  compare(a.name == b.name, "name");
  compare(a.description == b.description, "description");
  compare(a.author == b.author, "author");
  compare(a.state == b.state, "state");
  compare(a.external_id == b.external_id, "external_id");
  compare(a.custom_properties == b.custom_properties, "custom_properties");
  return changed;
}

// A name changes only while the version is open, and never into or out of being a number.
Status check_rename(store::Tx& tx, const ModelVersion& before, const ModelVersion& after, const std::string& label) {
  if (before.sealed_digest) {
    return failed_precondition("version " + std::to_string(before.number) + " of " + label +
                               " is sealed: its name is a tag that others rely on")
        .at("name")
        .advise("an alias may be moved at any time");
  }
  SOUK_TRY(check_version_name(after.name));
  if (is_all_digits(after.name)) {
    if (after.name == std::to_string(before.number)) return {};
    return invalid_argument("a name of digits alone equals the version's number, which is " +
                            std::to_string(before.number))
        .at("name");
  }
  return check_name_free(tx, before.model_id, after.name, label);
}

Status check_external_id(store::Tx& tx, NamespaceId ns, const ModelVersion& version) {
  if (!version.external_id) return {};
  const auto holder = SOUK_TRY(find_version_external(tx, ns, *version.external_id));
  if (!holder || *holder == version.id) return {};
  return already_exists("there is a version with the external id " + access::as_shown(*version.external_id) +
                        " already")
      .at("external_id");
}

std::string version_data(const Place& place, const ModelVersion& version, const std::vector<std::string>& changed) {
  std::string data;
  json::Writer out(data);
  out.begin_object();
  out.key("model");
  out.value(place.model);
  out.key("number");
  out.value(version.number);
  out.key("name");
  out.value(version.name);
  if (version.sealed_digest) {
    out.key("digest");
    out.value(version.sealed_digest->string());
  }
  if (!changed.empty()) {
    out.key("changed");
    json::write(out, changed);
  }
  out.end_object();
  return data;
}

// Removes the tags of a version whose rows are gone, and its manifest unless another version is the same one.
Status drop_bytes(Registry::State& state, store::Tx& tx, const Place& place, const ModelVersion& version) {
  const artifacts::Repository repository = place.repository();
  if (is_tag(version.name)) SOUK_TRY(state.artifacts.remove_tag(tx, repository, version.name));
  if (!SOUK_TRY(find_version(tx, version.model_id, *version.sealed_digest))) {
    const Status removed = state.artifacts.remove_manifest(tx, repository, *version.sealed_digest);
    // One that an index names, or another room holds, stays with it.
    if (!removed && removed.error().code != Code::failed_precondition && removed.error().code != Code::not_found) {
      return removed;
    }
  }
  return set_latest_tag(state, tx, place, version.model_id);
}

}  // namespace

Status append_version_event(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                            std::string_view type, const ModelVersion& version,
                            const std::vector<std::string>& changed) {
  return state.append(tx, call, place, type, "version", version.id.value, event_name(place, version),
                      version_data(place, version, changed));
}

Result<ModelVersion> make_version(Registry::State& state, store::Tx& tx, const access::Call& call, const Place& place,
                                  ModelVersion wanted) {
  const std::string label = place.label();
  const bool numbered = is_all_digits(wanted.name);
  if (numbered) SOUK_TRY(check_name_free(tx, wanted.model_id, wanted.name, label));
  const std::int64_t number = numbered ? SOUK_TRY(number_of(wanted.name)) : 0;
  wanted.number = SOUK_TRY(take_number(tx, wanted.model_id, number, wanted.create_time, label));
  SOUK_TRY(check_external_id(tx, place.namespace_id, wanted));
  if (wanted.name.empty()) wanted.name = std::to_string(wanted.number);
  SOUK_TRY(insert_version(tx, wanted, label));
  SOUK_TRY(insert_properties(tx, kProperties, wanted.id.value, "custom_properties", wanted.custom_properties));
  SOUK_TRY(append_version_event(state, tx, call, place, "version.created", wanted, {}));
  return wanted;
}

Result<ModelVersion> Registry::create_version(const access::Call& call, const AuthorizedModel& model,
                                              NewVersion wanted) {
  const Place place = SOUK_TRY(state_->place(*model));
  SOUK_TRY(need(model.role(), access::Role::WRITER, place.label()));
  if (!wanted.name.empty()) SOUK_TRY(check_version_name(wanted.name));
  ModelVersion version;
  version.uid = new_uid();
  version.model_id = model->id;
  version.name = wanted.name;
  version.description = wanted.description;
  version.author = wanted.author;
  version.uri = wanted.uri;
  version.custom_properties = wanted.custom_properties;
  version.external_id = wanted.external_id;
  version.state = wanted.state;
  version.create_time = version.update_time = now();
  SOUK_TRY(check_version(version));
  // A number that was asked for, and an external id, no constraint of the database keeps apart.
  const bool alone = is_all_digits(wanted.name) || wanted.external_id.has_value();
  return state_->store.write(
      [&](store::Tx& tx) {
        return access::once<ModelVersion>(
            tx, call, [&] { return "create_version " + std::to_string(model->id.value) + json::write(wanted); },
            [&] { return make_version(*state_, tx, call, place, version); });
      },
      alone ? store::Isolation::serializable : store::Isolation::read_committed);
}

Result<ModelVersion> Registry::update_version(const access::Call& call, const AuthorizedModel& model,
                                              std::string_view version, const VersionPatch& patch,
                                              std::optional<std::int64_t> if_match) {
  const Place place = SOUK_TRY(state_->place(*model));
  SOUK_TRY(need(model.role(), access::Role::WRITER, place.label()));
  if (patch.state.is_null()) return invalid_argument("state: expected LIVE or ARCHIVED, got null").at("state");
  return state_->store.write([&](store::Tx& tx) -> Result<ModelVersion> {
    const auto before = SOUK_TRY(find_version(tx, model->id, version));
    if (!before) return missing_version(place, version);
    if (if_match && *if_match != before->revision)
      return changed_since("version " + before->name + " of " + place.label());
    ModelVersion after = patched(*before, patch);
    SOUK_TRY(check_version(after));
    const auto changed = difference(*before, after);
    if (changed.empty()) return after;
    if (after.name != before->name) SOUK_TRY(check_rename(tx, *before, after, place.label()));
    if (after.external_id != before->external_id) SOUK_TRY(check_external_id(tx, place.namespace_id, after));
    after.update_time = now();
    after.revision = before->revision + 1;
    SOUK_TRY(update_version_row(tx, after));
    if (after.custom_properties != before->custom_properties) {
      SOUK_TRY(replace_properties(tx, kProperties, after.id.value, "custom_properties", after.custom_properties));
    }
    SOUK_TRY(append_version_event(*state_, tx, call, place, "version.updated", after, changed));
    return after;
  });
}

Status Registry::delete_version(const access::Call& call, const AuthorizedModel& model, std::string_view version) {
  const Place place = SOUK_TRY(state_->place(*model));
  SOUK_TRY(need(model.role(), access::Role::WRITER, place.label()));
  return state_->store.write([&](store::Tx& tx) -> Status {
    const auto found = SOUK_TRY(find_version(tx, model->id, version));
    if (!found) return missing_version(place, version);
    SOUK_TRY(state_->ask_users(tx, model->id, found->id, "version " + found->name + " of " + place.label()));
    for (const Alias& alias : SOUK_TRY(aliases_of(tx, model->id, found->id))) {
      SOUK_TRY(drop_alias(*state_, tx, call, place, alias));
    }
    SOUK_TRY(delete_version_rows(tx, *found));
    if (found->sealed_digest) SOUK_TRY(drop_bytes(*state_, tx, place, *found));
    return append_version_event(*state_, tx, call, place, "version.deleted", *found, {});
  });
}

}  // namespace souk::registry
