// SPDX-License-Identifier: Apache-2.0
#include "registry/records/held.h"

#include "registry/metrics/run_log.h"

namespace souk::registry {

namespace {

struct OwnUri {
  std::string namespace_, model, reference;  // a tag or digest
};

// oci://HOST/NAMESPACE/MODEL[:TAG|@DIGEST] with souk's own host.
std::optional<OwnUri> own_uri(std::string_view uri, std::string_view own_host) {
  constexpr std::string_view kScheme = "oci://";
  if (own_host.empty() || !uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  if (!uri.starts_with(own_host) || uri.size() <= own_host.size() || uri[own_host.size()] != '/') return std::nullopt;
  uri.remove_prefix(own_host.size() + 1);
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  OwnUri out{std::string(uri.substr(0, slash)), "", "latest"};
  uri.remove_prefix(slash + 1);
  const std::size_t mark = uri.find_first_of(":@");
  out.model = uri.substr(0, mark);
  if (mark != std::string_view::npos) out.reference = uri.substr(mark + 1);
  return out;
}

}  // namespace

Status show_bytes(store::Tx& tx, const Place& place, const ModelVersion& version) {
  const std::string held = place.namespace_ + "/" + place.model + "@" + version.sealed_digest->string();
  return tx.defer(
      "INSERT INTO artifacts (uid, namespace_id, model_id, version_id, kind, name, description, state, held, "
      "model_format_name, custom_properties, create_time, update_time, revision) SELECT $1, namespace_id, id, $2, "
      "'MODEL', name, '', 'LIVE', $3, $4, '{}', $5, $5, 1 FROM registered_models WHERE id = $6 "
      "ON CONFLICT (version_id, kind, name) DO UPDATE SET held = excluded.held, update_time = excluded.update_time, "
      "revision = artifacts.revision + 1",
      new_uid(), version.id, held, version.format.empty() ? std::optional<std::string>() : version.format,
      version.update_time, version.model_id);
}

Status note_foreign_bytes(store::Tx& tx, const Artifact& artifact) {
  if (artifact.kind != ArtifactKind::MODEL || !artifact.version_id || !artifact.uri) return {};
  return tx.defer("UPDATE model_versions SET uri = $1 WHERE id = $2 AND uri IS NULL AND sealed_digest IS NULL",
                  *artifact.uri, *artifact.version_id);
}

Result<Artifact> RunLog::hold_bytes(const access::Call& call, Artifact artifact, std::string_view own_host) const {
  if (artifact.kind != ArtifactKind::MODEL || !artifact.uri || artifact.held) return artifact;
  const auto own = own_uri(*artifact.uri, own_host);
  if (!own) return artifact;
  const auto from = registry_.repository(call, access::Role::READER, own->namespace_, own->model);
  if (!from) return artifact;
  const auto digest = registry_.resolve_manifest(*from, own->reference);
  if (!digest) return artifact;
  artifact.held = from->string() + "@" + digest->string();
  SOUK_TRY(state_->store.write([&](store::Tx& tx) {
    return tx.defer("UPDATE artifacts SET held = $1 WHERE id = $2", *artifact.held, artifact.id);
  }));
  if (!artifact.version_id) return artifact;
  const auto found = SOUK_TRY(registry_.get_version(call, access::Role::WRITER, *artifact.version_id));
  if (found.version.sealed_digest || !is_tag(found.version.name)) return artifact;
  const auto to = SOUK_TRY(registry_.repository(call, access::Role::WRITER,
                                                SOUK_TRY(state_->place(*found.model)).namespace_, found.model->slug));
  const auto stored = SOUK_TRY(state_->artifacts.get_manifest(*from, *digest));
  const auto parsed = SOUK_TRY(state_->artifacts.check_manifest(*from, stored.media_type, stored.bytes));
  if (parsed.config) SOUK_TRY(state_->artifacts.mount(*from, to, parsed.config->digest));
  for (const artifacts::Descriptor& layer : parsed.layers) SOUK_TRY(state_->artifacts.mount(*from, to, layer.digest));
  const auto pushed = registry_.push_manifest(call, to, found.version.name, stored.media_type, stored.bytes);
  if (!pushed) {
    state_->log.warn("registry", "an artifact's bytes did not become its version's",
                     {{"artifact", artifact.id.value}, {"why", pushed.error().describe()}});
  }
  return artifact;
}

}  // namespace souk::registry
