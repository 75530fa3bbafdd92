// SPDX-License-Identifier: Apache-2.0
//
// Collection. Marking and pushing meet at one row: a push pins the blob's row before it relies on the bytes, and a
// row that is marked cannot be pinned; so either the mark sees the pin, or the push waits for the bytes to go and
// brings them anew. A push that takes longer than its pin finds another generation of the row, or none, when it
// links, and is told to push again. Removing is two transactions: mark, remove the bytes, remove the row.
#include "artifacts/artifacts.h"

namespace souk::artifacts {

namespace {

constexpr std::int64_t kBatch = 200;
// Another collector may still be removing what it marked so long ago; none is so slow as the double of it.
constexpr Duration kAbandoned{600'000};

struct DigestRow {
  Digest digest;
};
BOOST_DESCRIBE_STRUCT(DigestRow, (), (digest))

Status expire_sessions(store::Store& store, Time before) {
  return store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(tx.defer("DELETE FROM uploads WHERE update_time <= $1", before));
    SOUK_TRY(tx.defer("DELETE FROM upload_parts WHERE upload IN (SELECT id FROM part_uploads WHERE update_time <= $1)",
                      before));
    return tx.defer("DELETE FROM part_uploads WHERE update_time <= $1", before);
  });
}

// Links that no manifest of their repository needs and nobody holds.
Result<std::int64_t> drop_links(store::Store& store, Time before) {
  return store.write([&](store::Tx& tx) {
    return tx.exec(
        "DELETE FROM repository_blobs WHERE (namespace_id, model, digest) IN ("
        "SELECT r.namespace_id, r.model, r.digest FROM repository_blobs r WHERE r.link_time <= $1 "
        "AND NOT EXISTS (SELECT 1 FROM manifest_parts p WHERE p.namespace_id = r.namespace_id AND p.model = r.model "
        "AND p.digest = r.digest) "
        "AND NOT EXISTS (SELECT 1 FROM artifact_references a WHERE a.digest = r.digest) LIMIT $2)",
        before, kBatch);
  });
}

Result<std::vector<DigestRow>> mark(store::Store& store, Time before, Time at) {
  return store.write([&](store::Tx& tx) {
    return tx.all<DigestRow>(
        "UPDATE blobs SET delete_time = $3 WHERE digest IN (SELECT b.digest FROM blobs b "
        "WHERE (b.delete_time = 0 OR b.delete_time <= $2) AND b.use_time <= $1 "
        "AND NOT EXISTS (SELECT 1 FROM repository_blobs r WHERE r.digest = b.digest) "
        "AND NOT EXISTS (SELECT 1 FROM artifact_references a WHERE a.digest = b.digest) LIMIT $4) RETURNING digest",
        before, at - kAbandoned, at, kBatch);
  });
}

}  // namespace

Result<std::size_t> Artifacts::collect(Duration grace) {
  Time before = now() - grace;
  SOUK_TRY(expire_sessions(store_, before));
  SOUK_TRY(blobs_.expire_uploads(before));
  while (SOUK_TRY(drop_links(store_, before)) == kBatch) {
  }
  std::size_t removed = 0;
  while (true) {
    Time marked_at = now();
    std::vector<DigestRow> marked = SOUK_TRY(mark(store_, before, marked_at));
    for (const DigestRow& row : marked) {
      if (now() - marked_at > kAbandoned / 2) return removed;  // others may take these over
      SOUK_TRY(blobs_.remove(row.digest));
    }
    SOUK_TRY(store_.write([&](store::Tx& tx) -> Status {
      for (const DigestRow& row : marked) {
        SOUK_TRY(tx.defer("DELETE FROM blobs WHERE digest = $1 AND delete_time = $2", row.digest, marked_at));
      }
      return {};
    }));
    removed += marked.size();
    collected_.add(marked.size());
    if (marked.size() < static_cast<std::size_t>(kBatch)) break;
  }
  if (removed > 0) log_.info("artifacts", "dropped blobs that nothing uses", {{"blobs", removed}});
  return removed;
}

}  // namespace souk::artifacts
