// SPDX-License-Identifier: Apache-2.0
//
// All namespaces in memory, loaded on first need and again after `drop`. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "access/model.h"
#include "base/result.h"
#include "store/store.h"

namespace souk::access {

class Directory {
 public:
  struct Snapshot {
    std::map<std::string, Namespace, std::less<>> by_slug;
    std::unordered_map<NamespaceId, const Namespace*> by_id;
  };
  using SnapshotPtr = std::shared_ptr<const Snapshot>;

  explicit Directory(store::Store& store) : store_(store) {}

  Result<SnapshotPtr> all();
  // What another node made a moment ago is found too.
  Result<std::optional<Namespace>> find(std::string_view slug);
  Result<std::optional<Namespace>> find(NamespaceId id);
  void drop();

 private:
  Result<SnapshotPtr> load();

  store::Store& store_;
  std::shared_mutex mutex_;
  SnapshotPtr snapshot_;          // null: to be loaded
  std::uint64_t generation_ = 0;  // grows with each drop: a load that began before one is not kept
};

}  // namespace souk::access
