// SPDX-License-Identifier: Apache-2.0
#include "artifacts/blob_rows.h"

#include <cstring>
#include <thread>

namespace souk::artifacts {

namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kPause{10};

struct PinRow {
  std::int64_t generation = 0;
  Time use_time;
  Time delete_time;
};
BOOST_DESCRIBE_STRUCT(PinRow, (), (generation, use_time, delete_time))

}  // namespace

Error being_removed(const Digest& digest) {
  return unavailable("blob " + digest.string() + " is being removed just now")
      .advise("push it again")
      .retry_in(std::chrono::seconds(1));
}

Result<std::int64_t> pin(store::Store& store, const Digest& digest, std::uint64_t size) {
  auto known = SOUK_TRY(store.read([&](store::Tx& tx) {
    return tx.first<PinRow>("SELECT generation, use_time, delete_time FROM blobs WHERE digest = $1", digest);
  }));
  if (known && known->delete_time == Time{} && now() - known->use_time < kFresh) return known->generation;
  for (auto until = std::chrono::steady_clock::now() + kPatience;; std::this_thread::sleep_for(kPause)) {
    auto pinned = SOUK_TRY(
        store.write([&](store::Tx& tx) { return pin_row(tx, digest, static_cast<std::int64_t>(size), now()); }));
    if (pinned) return *pinned;
    if (std::chrono::steady_clock::now() > until) return being_removed(digest);
  }
}

Result<std::optional<std::int64_t>> pin_row(store::Tx& tx, const Digest& digest, std::int64_t size, Time at) {
  std::int64_t generation = 0;
  std::string random = random_bytes(sizeof generation);
  std::memcpy(&generation, random.data(), sizeof generation);
  return tx.scalar<std::int64_t>(
      "INSERT INTO blobs (digest, generation, size, use_time, delete_time) VALUES ($1, $2, $3, $4, 0) "
      "ON CONFLICT (digest) DO UPDATE SET use_time = $4 WHERE blobs.delete_time = 0 RETURNING generation",
      digest, generation, size, at);
}

Result<bool> link_row(store::Tx& tx, const Repository& repository, const Digest& digest, std::int64_t generation,
                      std::int64_t size, Time at) {
  std::int64_t there = SOUK_TRY(
      tx.exec("UPDATE blobs SET size = $3, use_time = $4 WHERE digest = $1 AND generation = $2 AND delete_time = 0",
              digest, generation, size, at));
  if (there == 0) return false;
  SOUK_TRY(
      tx.defer("INSERT INTO repository_blobs (namespace_id, model, digest, link_time) VALUES ($1, $2, $3, $4) "
               "ON CONFLICT (namespace_id, model, digest) DO UPDATE SET link_time = $4",
               repository.namespace_id, repository.model, digest, at));
  return true;
}

Result<std::optional<HeldBlob>> find_held_blob(store::Tx& tx, const Repository& repository, const Digest& digest) {
  return tx.first<HeldBlob>(
      "SELECT b.size, b.generation, r.link_time, CAST(CASE WHEN EXISTS (SELECT 1 FROM manifest_parts p WHERE "
      "p.namespace_id = "
      "r.namespace_id AND p.model = r.model AND p.digest = r.digest) THEN 1 ELSE 0 END AS BIGINT) "
      "FROM repository_blobs r JOIN blobs b ON b.digest = r.digest "
      "WHERE r.namespace_id = $1 AND r.model = $2 AND r.digest = $3",
      repository.namespace_id, repository.model, digest);
}

Error missing_blob(const Repository& repository, const Digest& digest) {
  return not_found("blob " + digest.string() + " is not in " + repository.string());
}

}  // namespace souk::artifacts
