// SPDX-License-Identifier: Apache-2.0
//
// PUT of a manifest. What a tag means is decided twice by the same function: before the inspection, to answer at
// once what is known already, and inside the transaction, where it counts.
#include <algorithm>
#include <chrono>

#include "registry/push/examine.h"
#include "registry/records/held.h"
#include "registry/state.h"

namespace souk::registry {

namespace {

constexpr int kTries = 3;  // two creators of one row: the second looks again and finds the first's

struct PushedManifest {
  std::string_view media_type;
  std::string_view bytes;
  artifacts::Manifest parsed;
  Digest digest;
};

// What pushing this digest under this tag means for a model that is there.
struct Decision {
  std::optional<ModelVersion> done;  // it is there already
  std::optional<ModelVersion> open;  // to be sealed
  std::string name;                  // of the version to make; empty: the number
  std::string alias;                 // to be moved to it
};

Error tag_taken(const Place& place, std::string_view tag, const Digest& is, const Digest& pushed) {
  return failed_precondition("version " + std::string(tag) + " of " + place.label() + " is sealed as " + is.string() +
                             " and does not become " + pushed.string())
      .advise("push under another tag, or push 'latest' for the next number");
}

Result<Decision> decide(store::Tx& tx, const Place& place, ModelId model, std::string_view tag, const Digest& digest) {
  Decision out;
  if (tag == "latest") {
    const auto latest = SOUK_TRY(find_latest_sealed(tx, model));
    if (latest && latest->sealed_digest == digest) out.done = latest;
    return out;
  }
  if (const auto alias = SOUK_TRY(find_alias(tx, model, tag))) {
    out.alias = tag;
    if (alias->digest == digest) {
      out.done = SOUK_TRY(find_version(tx, model, std::to_string(alias->version)));
    }
    return out;
  }
  out.name = tag;
  auto version = SOUK_TRY(find_version(tx, model, tag));
  if (!version) return out;
  if (!version->sealed_digest) {
    out.open = std::move(version);
  } else if (version->sealed_digest == digest) {
    out.done = std::move(version);
  } else {
    return tag_taken(place, tag, *version->sealed_digest, digest);
  }
  return out;
}

bool is_referrer_tag(std::string_view tag) {
  return tag.starts_with("sha256-");
}

// What is known of the bytes, as the fields of a version that it will be sealed with.
Result<ModelVersion> examine(Registry::State& state, const artifacts::Repository& repository,
                             const PushedManifest& pushed) {
  const auto begin = std::chrono::steady_clock::now();
  auto out = SOUK_TRY(examine_bytes(state.artifacts, state.inspector, repository, pushed.media_type, pushed.parsed));
  state.inspections.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  out.sealed_digest = pushed.digest;
  return out;
}

void seal(ModelVersion& version, const ModelVersion& seen, Time at) {
  version.sealed_digest = seen.sealed_digest;
  version.format = seen.format;
  version.runtime = seen.runtime;
  version.missing = seen.missing;
  version.size_bytes = seen.size_bytes;
  version.signature = seen.signature;
  version.declaration = seen.declaration;
  version.seal_time = at;
  version.update_time = at;
}

RegisteredModel model_of_path(const Place& place) {
  RegisteredModel model;
  model.uid = new_uid();
  model.namespace_id = place.namespace_id;
  model.slug = model.name = place.model;
  model.create_time = model.update_time = now();
  return model;
}

struct Push {
  Registry::State& state;
  const access::Call& call;
  Place place;
  std::string_view tag;
  const PushedManifest& manifest;
  const std::optional<ModelVersion>& seen;  // absent: not examined, for it was known
};

Result<ModelVersion> write_version(const Push& push, store::Tx& tx, ModelId model, const Decision& decision) {
  Registry::State& state = push.state;
  const Time at = now();
  ModelVersion version;
  if (decision.open) {
    version = *decision.open;
    version.revision += 1;
    seal(version, *push.seen, at);
    SOUK_TRY(update_version_row(tx, version));
  } else {
    version.uid = new_uid();
    version.model_id = model;
    version.name = decision.name;
    version.author = push.call.principal->name;
    version.create_time = at;
    seal(version, *push.seen, at);
    version = SOUK_TRY(make_version(state, tx, push.call, push.place, std::move(version)));
  }
  SOUK_TRY(append_version_event(state, tx, push.call, push.place, "version.sealed", version, {}));
  SOUK_TRY(show_bytes(tx, push.place, version));
  if (!decision.alias.empty()) SOUK_TRY(move_alias(state, tx, push.call, push.place, decision.alias, version));
  SOUK_TRY(set_version_tags(state, tx, push.place, version));
  return version;
}

Result<Pushed> write_push(const Push& push, store::Tx& tx) {
  auto model = SOUK_TRY(find_model(tx, push.place.namespace_id, push.place.model));
  if (!model) model = SOUK_TRY(make_model(push.state, tx, push.call, push.place, model_of_path(push.place), true));
  Pushed out{.digest = push.manifest.digest};
  Decision decision = SOUK_TRY(decide(tx, push.place, model->id, push.tag, push.manifest.digest));
  if (decision.done) {
    out.version = std::move(decision.done);
    return out;
  }
  if (!push.seen) return aborted(push.place.label() + " changed while this was pushed").advise("push again");
  SOUK_TRY(push.state.artifacts.put_manifest(tx, push.place.repository(), push.manifest.media_type, push.manifest.bytes,
                                             push.manifest.parsed));
  out.version = SOUK_TRY(write_version(push, tx, model->id, decision));
  out.created = true;
  return out;
}

// A push by digest, or of what belongs to another manifest: kept, but no version.
Result<Pushed> put_only(Registry::State& state, const Place& place, const PushedManifest& manifest,
                        std::string_view tag) {
  return state.store.write([&](store::Tx& tx) -> Result<Pushed> {
    if (!tag.empty()) {
      const auto model = SOUK_TRY(find_model(tx, place.namespace_id, place.model));
      if (model &&
          (tag == "latest" || SOUK_TRY(find_version(tx, model->id, tag)) || SOUK_TRY(find_alias(tx, model->id, tag)))) {
        return failed_precondition("the tag " + std::string(tag) + " of " + place.label() +
                                   " names a version; a manifest with a subject cannot take it");
      }
    }
    SOUK_TRY(
        state.artifacts.put_manifest(tx, place.repository(), manifest.media_type, manifest.bytes, manifest.parsed));
    if (!tag.empty()) SOUK_TRY(state.artifacts.set_tag(tx, place.repository(), tag, manifest.digest));
    return Pushed{.digest = manifest.digest, .created = true};
  });
}

// What an earlier version of the same model says of the same bytes.
Result<std::optional<ModelVersion>> seen_before(Registry::State& state, ModelId model, const Digest& digest) {
  return state.store.read([&](store::Tx& tx) { return find_version(tx, model, digest); });
}

Status check_tag(std::string_view tag) {
  if (!is_tag(tag)) {
    return invalid_argument(
               "the tag " + access::as_shown(tag) +
               " is not allowed: letters, digits, '_', '.' and '-', at most 128, beginning with none of '.-'")
        .at("reference");
  }
  if (is_all_digits(tag)) SOUK_TRY(number_of(tag));
  return {};
}

Result<std::optional<ModelId>> authorize_push(Registry::State& state, const access::Call& call, access::Role needed,
                                              const Place& place) {
  auto found =
      SOUK_TRY(state.store.read([&](store::Tx& tx) { return find_model(tx, place.namespace_id, place.model); }));
  // A model that is yet to be made takes the right on its namespace.
  RegisteredModel asked;
  asked.namespace_id = place.namespace_id;
  asked.slug = place.model;
  const bool exists = found.has_value();
  auto authorized = state.access.authorize(call, needed, exists ? std::move(*found) : std::move(asked));
  if (!authorized && authorized.error().code == Code::not_found) {
    return concealed(missing_model(place.namespace_, place.model));
  }
  if (!authorized) return authorized.error();
  return exists ? std::optional<ModelId>((*authorized)->id) : std::nullopt;
}

}  // namespace

Result<artifacts::Repository> Registry::repository(const access::Call& call, access::Role needed, std::string_view ns,
                                                   std::string_view model) {
  SOUK_TRY(access::check_slug(model));
  const auto in = SOUK_TRY(state_->access.find_namespace(call, ns));
  const std::string_view shown = !ns.empty() ? ns : in ? std::string_view(in->slug) : call.namespace_;
  if (!in) return missing_model(shown, model);
  SOUK_TRY(authorize_push(*state_, call, needed, Place{in->id, in->slug, std::string(model)}));
  return artifacts::Repository{in->id, in->slug, std::string(model)};
}

Result<Pushed> Registry::push_manifest(const access::Call& call, const artifacts::Repository& repository,
                                       std::string_view reference, std::string_view media_type,
                                       std::string_view bytes) {
  const Place place{repository.namespace_id, repository.namespace_, repository.model};
  const std::optional<ModelId> model = SOUK_TRY(authorize_push(*state_, call, access::Role::WRITER, place));
  PushedManifest manifest{media_type, bytes, {}, sha256(bytes)};
  const bool by_digest = reference.find(':') != std::string_view::npos;
  if (by_digest && SOUK_TRY(Digest::parse(reference)) != manifest.digest) {
    return invalid_argument("the manifest is " + manifest.digest.string() + ", not " + std::string(reference))
        .at("reference");
  }
  if (!by_digest) SOUK_TRY(check_tag(reference));
  manifest.parsed = SOUK_TRY(state_->artifacts.check_manifest(repository, media_type, bytes));
  state_->pushes.add();
  if (by_digest || manifest.parsed.subject || is_referrer_tag(reference)) {
    return put_only(*state_, place, manifest, by_digest ? std::string_view() : reference);
  }
  std::optional<ModelVersion> seen;
  if (model) {
    const Decision decision = SOUK_TRY(
        state_->store.read([&](store::Tx& tx) { return decide(tx, place, *model, reference, manifest.digest); }));
    if (decision.done) return Pushed{manifest.digest, decision.done, false};
    seen = SOUK_TRY(seen_before(*state_, *model, manifest.digest));
  }
  if (!seen) seen = SOUK_TRY(examine(*state_, repository, manifest));
  const Push push{*state_, call, place, reference, manifest, seen};
  Result<Pushed> pushed = aborted("");
  for (int i = 0; i < kTries; ++i) {
    pushed = state_->store.write([&](store::Tx& tx) { return write_push(push, tx); });
    if (pushed || pushed.error().code != Code::already_exists) break;
  }
  if (pushed && pushed->created) state_->sealed.add();
  return pushed;
}

Result<Digest> Registry::resolve_manifest(const artifacts::Repository& repository, std::string_view reference) {
  const auto missing = [&] {
    return not_found("manifest " + access::as_shown(reference) + " of " + repository.string() + " does not exist");
  };
  if (reference.find(':') != std::string_view::npos) {
    const Result<Digest> digest = Digest::parse(reference);
    if (!digest) return missing();
    SOUK_TRY(state_->artifacts.get_manifest(repository, *digest));
    return digest;
  }
  if (!is_tag(reference)) return missing();
  auto found = SOUK_TRY(state_->store.read([&](store::Tx& tx) -> Result<std::optional<Digest>> {
    auto tag = SOUK_TRY(state_->artifacts.find_tag(tx, repository, reference));
    if (tag || !is_all_digits(reference)) return tag;
    const auto model = SOUK_TRY(find_model(tx, repository.namespace_id, repository.model));
    if (!model) return std::optional<Digest>();
    const auto version = SOUK_TRY(find_version(tx, model->id, reference));
    return version ? version->sealed_digest : std::optional<Digest>();
  }));
  if (!found) return missing();
  return *found;
}

Result<std::vector<artifacts::File>> Registry::version_files(const AuthorizedModel& model,
                                                             const ModelVersion& version) {
  if (!version.sealed_digest) return std::vector<artifacts::File>();
  const Place place = SOUK_TRY(state_->place(*model));
  return state_->artifacts.files(place.repository(), *version.sealed_digest);
}

}  // namespace souk::registry
