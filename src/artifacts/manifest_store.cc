// SPDX-License-Identifier: Apache-2.0
//
// Manifests and tags: their rows, and what a manifest keeps.
#include <set>

#include "artifacts/artifacts.h"
#include "artifacts/blob_rows.h"
#include "artifacts/sessions.h"

namespace souk::artifacts {

namespace {

struct Part {
  Digest digest;
  std::int64_t size = 0;
  bool is_manifest = false;
  bool may_be_elsewhere = false;  // a layer that its maker forbids to distribute
  std::string path;
};

bool stays_elsewhere(std::string_view media_type) {
  return media_type.find(".nondistributable.") != std::string_view::npos ||
         media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
}

std::vector<Part> parts_of(const Manifest& manifest) {
  std::vector<Part> parts;
  if (manifest.config) parts.push_back({manifest.config->digest, manifest.config->size, false, false, "config"});
  for (std::size_t i = 0; i < manifest.layers.size(); i++) {
    const Descriptor& layer = manifest.layers[i];
    parts.push_back(
        {layer.digest, layer.size, false, stays_elsewhere(layer.mediaType), "layers[" + std::to_string(i) + "]"});
  }
  for (std::size_t i = 0; i < manifest.manifests.size(); i++) {
    const Descriptor& child = manifest.manifests[i];
    parts.push_back({child.digest, child.size, true, false, "manifests[" + std::to_string(i) + "]"});
  }
  return parts;
}

Result<std::optional<std::int64_t>> size_of(store::Tx& tx, const Repository& repository, const Part& part) {
  if (!part.is_manifest) {
    auto held = SOUK_TRY(find_held_blob(tx, repository, part.digest));
    return held ? std::optional(held->size) : std::nullopt;
  }
  return tx.scalar<std::int64_t>("SELECT size FROM manifests WHERE namespace_id = $1 AND model = $2 AND digest = $3",
                                 repository.namespace_id, repository.model, part.digest);
}

Error missing_part(const Repository& repository, const Part& part) {
  return not_found(std::string(part.is_manifest ? "manifest " : "blob ") + part.digest.string() + ", named by " +
                   part.path + " of the manifest, is not in " + repository.string())
      .at(part.path)
      .advise("push it first");
}

Status check_parts(store::Tx& tx, const Repository& repository, const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    std::optional<std::int64_t> size = SOUK_TRY(size_of(tx, repository, part));
    if (!size && part.may_be_elsewhere) continue;
    if (!size) return missing_part(repository, part);
    if (*size != part.size) {
      return invalid_argument(part.path + ".size is " + std::to_string(part.size) + ", but " + part.digest.string() +
                              " has " + std::to_string(*size) + " bytes")
          .at(part.path + ".size");
    }
  }
  return {};
}

Error missing_manifest(const Repository& repository, const Digest& digest) {
  return not_found("manifest " + digest.string() + " is not in " + repository.string());
}

struct ManifestRow {
  Digest digest;
  std::string media_type;
  store::Blob bytes;
};
BOOST_DESCRIBE_STRUCT(ManifestRow, (), (digest, media_type, bytes))

struct ReferrerRow {
  std::string media_type;
  Digest digest;
  std::int64_t size = 0;
  std::optional<std::string> artifact_type;
  std::optional<std::string> annotations;
};
BOOST_DESCRIBE_STRUCT(ReferrerRow, (), (media_type, digest, size, artifact_type, annotations))

struct NameRow {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(NameRow, (), (name))

struct HolderRow {
  std::string holder_kind;
  std::int64_t holder_id = 0;
};
BOOST_DESCRIBE_STRUCT(HolderRow, (), (holder_kind, holder_id))

// As a list of referrers shows it.
std::optional<std::string> shown_artifact_type(const Manifest& manifest) {
  if (manifest.artifactType && !manifest.artifactType->empty()) return manifest.artifactType;
  if (manifest.config) return manifest.config->mediaType;
  return std::nullopt;
}

}  // namespace

Result<Manifest> Artifacts::check_manifest(const Repository& repository, std::string_view media_type,
                                           std::string_view bytes) {
  Manifest manifest = SOUK_TRY(parse_manifest(media_type, bytes));
  std::vector<Part> parts = parts_of(manifest);
  SOUK_TRY(store_.read([&](store::Tx& tx) { return check_parts(tx, repository, parts); }));
  return manifest;
}

Status Artifacts::put_manifest(store::Tx& tx, const Repository& repository, std::string_view media_type,
                               std::string_view bytes, const Manifest& manifest) {
  Digest digest = sha256(bytes);
  std::optional<std::string> annotations, subject;
  if (manifest.annotations) annotations = json::write(*manifest.annotations);
  if (manifest.subject) subject = manifest.subject->digest.string();
  std::int64_t added = SOUK_TRY(tx.exec(
      "INSERT INTO manifests (namespace_id, model, digest, media_type, artifact_type, subject, annotations, size, "
      "bytes, create_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
      "ON CONFLICT (namespace_id, model, digest) DO NOTHING",
      repository.namespace_id, repository.model, digest, SOUK_TRY(manifest_type(media_type, manifest)),
      shown_artifact_type(manifest), subject, annotations, static_cast<std::int64_t>(bytes.size()),
      store::Blob{std::string(bytes)}, now()));
  if (added == 0) return {};
  // What was there when the manifest was checked may have been collected since.
  std::vector<Part> parts = parts_of(manifest);
  SOUK_TRY(check_parts(tx, repository, parts));
  std::set<Digest> seen;
  for (const Part& part : parts) {
    if (!seen.insert(part.digest).second) continue;
    SOUK_TRY(tx.defer(
        "INSERT INTO manifest_parts (namespace_id, model, manifest, digest, kind) VALUES ($1, $2, $3, $4, $5)",
        repository.namespace_id, repository.model, digest, part.digest, part.is_manifest ? "MANIFEST" : "BLOB"));
  }
  return {};
}

Status Artifacts::set_tag(store::Tx& tx, const Repository& repository, std::string_view tag, const Digest& digest) {
  auto there = SOUK_TRY(
      tx.scalar<std::int64_t>("SELECT size FROM manifests WHERE namespace_id = $1 AND model = $2 AND digest = $3",
                              repository.namespace_id, repository.model, digest));
  if (!there) return missing_manifest(repository, digest);
  return tx.defer(
      "INSERT INTO tags (namespace_id, model, name, digest, update_time) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (namespace_id, model, name) DO UPDATE SET digest = $4, update_time = $5",
      repository.namespace_id, repository.model, tag, digest, now());
}

Status Artifacts::remove_tag(store::Tx& tx, const Repository& repository, std::string_view tag) {
  return tx.defer("DELETE FROM tags WHERE namespace_id = $1 AND model = $2 AND name = $3", repository.namespace_id,
                  repository.model, tag);
}

Result<std::optional<Digest>> Artifacts::find_tag(store::Tx& tx, const Repository& repository, std::string_view tag) {
  return tx.scalar<Digest>("SELECT digest FROM tags WHERE namespace_id = $1 AND model = $2 AND name = $3",
                           repository.namespace_id, repository.model, tag);
}

Status Artifacts::remove_manifest(store::Tx& tx, const Repository& repository, const Digest& digest) {
  auto there = SOUK_TRY(
      tx.scalar<std::int64_t>("SELECT size FROM manifests WHERE namespace_id = $1 AND model = $2 AND digest = $3",
                              repository.namespace_id, repository.model, digest));
  if (!there) return missing_manifest(repository, digest);
  auto holder =
      SOUK_TRY(tx.first<HolderRow>("SELECT holder_kind, holder_id FROM artifact_references WHERE digest = $1 ORDER BY "
                                   "holder_kind, holder_id LIMIT 1",
                                   digest));
  if (holder) {
    return failed_precondition("manifest " + digest.string() + " of " + repository.string() + " is held by " +
                               holder->holder_kind + " " + std::to_string(holder->holder_id));
  }
  auto index = SOUK_TRY(tx.scalar<std::string>(
      "SELECT manifest FROM manifest_parts WHERE namespace_id = $1 AND model = $2 AND digest = $3 "
      "AND kind = 'MANIFEST' ORDER BY manifest LIMIT 1",
      repository.namespace_id, repository.model, digest));
  if (index) {
    return failed_precondition("manifest " + digest.string() + " of " + repository.string() +
                               " is named by the index " + *index)
        .advise("delete the index first");
  }
  // What it named is unused from now on, not since it was pushed.
  SOUK_TRY(
      tx.defer("UPDATE repository_blobs SET link_time = $4 WHERE namespace_id = $1 AND model = $2 AND digest IN "
               "(SELECT p.digest FROM manifest_parts p WHERE p.namespace_id = $1 AND p.model = $2 AND p.manifest = $3)",
               repository.namespace_id, repository.model, digest, now()));
  for (const char* sql : {"DELETE FROM tags WHERE namespace_id = $1 AND model = $2 AND digest = $3",
                          "DELETE FROM manifest_parts WHERE namespace_id = $1 AND model = $2 AND manifest = $3",
                          "DELETE FROM manifests WHERE namespace_id = $1 AND model = $2 AND digest = $3"}) {
    SOUK_TRY(tx.defer(sql, repository.namespace_id, repository.model, digest));
  }
  return {};
}

Result<StoredManifest> Artifacts::get_manifest(const Repository& repository, const Digest& digest) {
  auto row = SOUK_TRY(store_.read([&](store::Tx& tx) {
    return tx.first<ManifestRow>(
        "SELECT digest, media_type, bytes FROM manifests WHERE namespace_id = $1 AND model = $2 AND digest = $3",
        repository.namespace_id, repository.model, digest);
  }));
  if (!row) return missing_manifest(repository, digest);
  return StoredManifest{row->digest, std::move(row->media_type), std::move(row->bytes.bytes)};
}

Result<std::vector<std::string>> Artifacts::list_tags(const Repository& repository, std::string_view last,
                                                      std::int64_t count) {
  auto rows = SOUK_TRY(store_.read([&](store::Tx& tx) {
    return tx.all<NameRow>(
        "SELECT name FROM tags WHERE namespace_id = $1 AND model = $2 AND name > $3 ORDER BY name LIMIT $4",
        repository.namespace_id, repository.model, last, count);
  }));
  std::vector<std::string> names;
  for (NameRow& row : rows) names.push_back(std::move(row.name));
  return names;
}

Result<std::vector<Descriptor>> Artifacts::referrers(const Repository& repository, const Digest& subject,
                                                     std::string_view artifact_type, std::string_view last,
                                                     std::int64_t count) {
  auto rows = SOUK_TRY(store_.read([&](store::Tx& tx) {
    return tx.all<ReferrerRow>(
        "SELECT media_type, digest, size, artifact_type, annotations FROM manifests WHERE namespace_id = $1 "
        "AND model = $2 AND subject = $3 AND digest > $4 AND ($5 = '' OR artifact_type = $5) ORDER BY digest LIMIT $6",
        repository.namespace_id, repository.model, subject, last, artifact_type, count);
  }));
  std::vector<Descriptor> out;
  for (ReferrerRow& row : rows) {
    Descriptor descriptor{std::move(row.media_type), row.digest, row.size, std::move(row.artifact_type), {}};
    if (row.annotations) {
      descriptor.annotations = SOUK_TRY(json::read<std::map<std::string, std::string>>(*row.annotations));
    }
    out.push_back(std::move(descriptor));
  }
  return out;
}

Status Artifacts::remove_repository(store::Tx& tx, const Repository& repository) {
  auto uploads = SOUK_TRY(tx.all<NameRow>("SELECT id FROM uploads WHERE namespace_id = $1 AND model = $2",
                                          repository.namespace_id, repository.model));
  SOUK_TRY(
      tx.defer("DELETE FROM upload_parts WHERE upload IN (SELECT id FROM part_uploads WHERE namespace_id = $1 AND "
               "model = $2)",
               repository.namespace_id, repository.model));
  for (const char* table : {"tags", "manifest_parts", "manifests", "repository_blobs", "uploads", "part_uploads"}) {
    SOUK_TRY(tx.defer("DELETE FROM " + std::string(table) + " WHERE namespace_id = $1 AND model = $2",
                      repository.namespace_id, repository.model));
  }
  tx.on_commit([sessions = sessions_, uploads = std::move(uploads)] {
    for (const NameRow& upload : uploads) sessions->forget(upload.name);
  });
  return {};
}

Status Artifacts::hold(store::Tx& tx, const Digest& digest, std::string_view holder_kind, std::int64_t holder_id) {
  return tx.defer(
      "INSERT INTO artifact_references (digest, holder_kind, holder_id) VALUES ($1, $2, $3) "
      "ON CONFLICT (digest, holder_kind, holder_id) DO NOTHING",
      digest, holder_kind, holder_id);
}

Status Artifacts::release(store::Tx& tx, const Digest& digest, std::string_view holder_kind, std::int64_t holder_id) {
  return tx.defer("DELETE FROM artifact_references WHERE digest = $1 AND holder_kind = $2 AND holder_id = $3", digest,
                  holder_kind, holder_id);
}

Result<std::vector<File>> Artifacts::files(const Repository& repository, const Digest& digest) {
  StoredManifest stored = SOUK_TRY(get_manifest(repository, digest));
  return files_of(SOUK_TRY(parse_manifest(stored.media_type, stored.bytes)));
}

}  // namespace souk::artifacts
