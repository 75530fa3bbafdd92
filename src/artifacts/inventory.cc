// SPDX-License-Identifier: Apache-2.0
#include "artifacts/inventory.h"

namespace souk::artifacts {

namespace {

constexpr std::int64_t kPage = 16;  // manifests, each of up to some MiB

constexpr std::string_view kKept =
    "FROM blobs b WHERE b.delete_time = 0 AND (EXISTS (SELECT 1 FROM repository_blobs r WHERE r.digest = b.digest) "
    "OR EXISTS (SELECT 1 FROM artifact_references a WHERE a.digest = b.digest))";

struct Use {
  std::string namespace_;
  std::string model;
  Digest manifest;
  std::optional<std::string> tag;
};
BOOST_DESCRIBE_STRUCT(Use, (), (namespace_, model, manifest, tag))

struct Holder {
  std::string holder_kind;
  std::int64_t holder_id = 0;
};
BOOST_DESCRIBE_STRUCT(Holder, (), (holder_kind, holder_id))

struct ManifestRow {
  NamespaceId namespace_id;
  std::string namespace_;
  std::string model;
  Digest digest;
  store::Blob bytes;
};
BOOST_DESCRIBE_STRUCT(ManifestRow, (), (namespace_id, namespace_, model, digest, bytes))

}  // namespace

Result<std::vector<KeptBlob>> kept_blobs(store::Tx& tx) {
  static const std::string sql = "SELECT b.digest, b.size " + std::string(kKept) + " ORDER BY b.digest";
  return tx.all<KeptBlob>(sql);
}

Result<bool> is_kept(store::Tx& tx, const Digest& digest) {
  static const std::string sql = "SELECT b.size " + std::string(kKept) + " AND b.digest = $1";
  return SOUK_TRY(tx.scalar<std::int64_t>(sql, digest)).has_value();
}

Result<std::vector<std::string>> uses_of(store::Tx& tx, const Digest& digest) {
  const auto uses = SOUK_TRY(tx.all<Use>(
      "SELECT n.slug, m.model, m.digest, t.name FROM manifests m JOIN namespaces n ON n.id = m.namespace_id "
      "LEFT JOIN tags t ON t.namespace_id = m.namespace_id AND t.model = m.model AND t.digest = m.digest "
      "WHERE m.digest = $1 OR EXISTS (SELECT 1 FROM manifest_parts p WHERE p.namespace_id = m.namespace_id "
      "AND p.model = m.model AND p.manifest = m.digest AND p.digest = $1) ORDER BY n.slug, m.model, t.name",
      digest));
  std::vector<std::string> out;
  for (const Use& use : uses) {
    out.push_back(use.namespace_ + "/" + use.model + (use.tag ? ":" + *use.tag : "@" + use.manifest.string()));
  }
  for (const Holder& holder : SOUK_TRY(tx.all<Holder>(
           "SELECT holder_kind, holder_id FROM artifact_references WHERE digest = $1 ORDER BY holder_kind, holder_id",
           digest))) {
    out.push_back(holder.holder_kind + " " + std::to_string(holder.holder_id));
  }
  return out;
}

Result<std::vector<RepositorySize>> largest_repositories(store::Tx& tx, std::int64_t count) {
  auto rows = SOUK_TRY(tx.all<RepositorySize>(
      "SELECT n.slug, r.model, CAST(SUM(b.size) AS BIGINT), 0, COUNT(*) FROM repository_blobs r "
      "JOIN blobs b ON b.digest = r.digest AND b.delete_time = 0 JOIN namespaces n ON n.id = r.namespace_id "
      "GROUP BY n.slug, r.model ORDER BY 3 DESC, n.slug, r.model LIMIT $1",
      count));
  for (RepositorySize& row : rows) {
    row.own_bytes = SOUK_TRY(tx.scalar<std::int64_t>(
                                 "SELECT CAST(COALESCE(SUM(b.size), 0) AS BIGINT) FROM repository_blobs r "
                                 "JOIN blobs b ON b.digest = r.digest AND b.delete_time = 0 "
                                 "JOIN namespaces n ON n.id = r.namespace_id WHERE n.slug = $1 AND r.model = $2 "
                                 "AND (SELECT COUNT(*) FROM repository_blobs o WHERE o.digest = r.digest) = 1",
                                 row.namespace_, row.model))
                        .value_or(0);
  }
  return rows;
}

Status each_manifest(store::Tx& tx, const std::function<Status(const KeptManifest&)>& f) {
  NamespaceId ns;
  std::string model, digest;
  for (;;) {
    auto rows = SOUK_TRY(tx.all<ManifestRow>(
        "SELECT m.namespace_id, COALESCE(n.slug, ''), m.model, m.digest, m.bytes FROM manifests m "
        "LEFT JOIN namespaces n ON n.id = m.namespace_id WHERE (m.namespace_id, m.model, m.digest) > ($1, $2, $3) "
        "ORDER BY m.namespace_id, m.model, m.digest LIMIT $4",
        ns, model, digest, kPage));
    if (rows.empty()) return {};
    for (ManifestRow& row : rows) {
      SOUK_TRY(f({row.namespace_ + "/" + row.model, row.digest, std::move(row.bytes)}));
    }
    ns = rows.back().namespace_id;
    model = std::move(rows.back().model);
    digest = rows.back().digest.string();
  }
}

}  // namespace souk::artifacts
