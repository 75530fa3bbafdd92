// SPDX-License-Identifier: Apache-2.0
#include "access/memory/directory.h"

#include <mutex>

namespace souk::access {

Result<Directory::SnapshotPtr> Directory::all() {
  {
    std::shared_lock lock(mutex_);
    if (snapshot_) return snapshot_;
  }
  return load();
}

Result<Directory::SnapshotPtr> Directory::load() {
  std::uint64_t before = 0;
  {
    std::shared_lock lock(mutex_);
    before = generation_;
  }
  auto rows = SOUK_TRY(store_.read([](store::Tx& tx) {
    static const std::string sql = "SELECT " + store::columns<Namespace>() + " FROM namespaces";
    return tx.all<Namespace>(sql);
  }));
  auto fresh = std::make_shared<Snapshot>();
  for (Namespace& row : rows) {
    std::string slug = row.slug;
    const Namespace& kept = fresh->by_slug.emplace(std::move(slug), std::move(row)).first->second;
    fresh->by_id.emplace(kept.id, &kept);
  }
  std::unique_lock lock(mutex_);
  if (generation_ == before) snapshot_ = fresh;
  return SnapshotPtr(std::move(fresh));
}

Result<std::optional<Namespace>> Directory::find(std::string_view slug) {
  for (bool again : {false, true}) {
    const SnapshotPtr known = SOUK_TRY(again ? load() : all());
    const auto place = known->by_slug.find(slug);
    if (place != known->by_slug.end()) return std::optional<Namespace>(place->second);
    // On SQLite this process alone writes, and what it wrote it dropped.
    if (store_.dialect() == store::Dialect::sqlite) break;
  }
  return std::optional<Namespace>();
}

Result<std::optional<Namespace>> Directory::find(NamespaceId id) {
  for (bool again : {false, true}) {
    const SnapshotPtr known = SOUK_TRY(again ? load() : all());
    const auto place = known->by_id.find(id);
    if (place != known->by_id.end()) return std::optional<Namespace>(*place->second);
    if (store_.dialect() == store::Dialect::sqlite) break;
  }
  return std::optional<Namespace>();
}

void Directory::drop() {
  std::unique_lock lock(mutex_);
  snapshot_.reset();
  ++generation_;
}

}  // namespace souk::access
