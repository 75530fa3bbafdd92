// SPDX-License-Identifier: Apache-2.0
//
// A repository under another name. Rows that others refer to are copied, what refers to them is moved, then the first
// go: no constraint is broken in between.
#include "artifacts/artifacts.h"
#include "artifacts/sessions.h"

namespace souk::artifacts {
namespace {

constexpr const char* kMoved[] = {"manifest_parts", "tags", "repository_blobs", "part_uploads"};

struct UploadRow {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(UploadRow, (), (id))

}  // namespace

Status Artifacts::rename_repository(store::Tx& tx, const Repository& from, std::string_view to) {
  const auto taken = SOUK_TRY(tx.scalar<std::int64_t>(
      "SELECT 1 WHERE EXISTS (SELECT 1 FROM manifests WHERE namespace_id = $1 AND model = $2) OR EXISTS (SELECT 1 FROM "
      "repository_blobs WHERE namespace_id = $1 AND model = $2)",
      from.namespace_id, to));
  if (taken) {
    return already_exists("repository " + from.namespace_ + "/" + std::string(to) + " has content of its own already");
  }
  SOUK_TRY(tx.defer(
      "INSERT INTO manifests (namespace_id, model, digest, media_type, artifact_type, subject, annotations, size, "
      "bytes, "
      "create_time) SELECT namespace_id, $3, digest, media_type, artifact_type, subject, annotations, size, bytes, "
      "create_time FROM manifests WHERE namespace_id = $1 AND model = $2",
      from.namespace_id, from.model, to));
  for (const char* table : kMoved) {
    SOUK_TRY(tx.defer("UPDATE " + std::string(table) + " SET model = $3 WHERE namespace_id = $1 AND model = $2",
                      from.namespace_id, from.model, to));
  }
  SOUK_TRY(tx.defer("DELETE FROM manifests WHERE namespace_id = $1 AND model = $2", from.namespace_id, from.model));
  // An upload under way names its repository in its address: it begins again.
  auto uploads = SOUK_TRY(tx.all<UploadRow>("DELETE FROM uploads WHERE namespace_id = $1 AND model = $2 RETURNING id",
                                            from.namespace_id, from.model));
  tx.on_commit([sessions = sessions_, uploads = std::move(uploads)] {
    for (const UploadRow& upload : uploads) sessions->forget(upload.id);
  });
  return {};
}

}  // namespace souk::artifacts
