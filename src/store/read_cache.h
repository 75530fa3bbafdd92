// SPDX-License-Identifier: Apache-2.0
//
// Values read from the store, kept until something is committed: for what is asked for far more often than
// anything changes. Works where this process alone writes (Store::commits); elsewhere every get() reads.
// A get() that begins after a write has returned sees that write. Thread-safe. The Store outlives it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "store/store.h"

namespace souk::store {

template <class Key, class T, class Hash = std::hash<Key>>
class ReadCache {
 public:
  // Keeps at most `limit` values.
  ReadCache(Store& store, std::size_t limit) : store_(store), limit_(limit) {}

  // read: Tx& → Result<std::optional<T>>. Null when it finds nothing, which is not kept. Blocks: disk
  template <class F>
  Result<std::shared_ptr<const T>> get(const Key& key, F&& read) {
    const std::optional<std::uint64_t> commits = store_.commits();
    if (commits) {
      if (auto kept = find(key, *commits)) return kept;
    }
    std::optional<T> found = SOUK_TRY(store_.read(std::forward<F>(read)));
    if (!found) return std::shared_ptr<const T>();
    auto value = std::make_shared<const T>(*std::move(found));
    // What was read may be newer than `commits`, never older.
    if (commits) keep(key, value, *commits);
    return value;
  }

 private:
  std::shared_ptr<const T> find(const Key& key, std::uint64_t commits) const {
    const std::lock_guard lock(mutex_);
    if (commits_ != commits) return nullptr;
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : found->second;
  }

  void keep(const Key& key, std::shared_ptr<const T> value, std::uint64_t commits) {
    const std::lock_guard lock(mutex_);
    if (commits < commits_) return;
    if (commits > commits_ || values_.size() >= limit_) values_.clear();
    commits_ = commits;
    values_.insert_or_assign(key, std::move(value));
  }

  Store& store_;
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::uint64_t commits_ = 0;  // at which all of the values were read
  std::unordered_map<Key, std::shared_ptr<const T>, Hash> values_;
};

}  // namespace souk::store
