// SPDX-License-Identifier: Apache-2.0
//
// API keys in memory, by the SHA-256 of the key: loaded on first use, all dropped when keys or grants change.
// What a revoked or unknown key finds is never kept. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "access/model.h"
#include "base/digest.h"
#include "base/result.h"
#include "store/store.h"

namespace souk::access {

struct KnownKey {
  ApiKeyId id;
  Digest hash;
  std::string prefix;
  PrincipalPtr principal;
  std::optional<Time> expire_time;
  std::optional<Time> revoke_time;
  std::atomic<std::int64_t> used_minute{0};  // since the epoch
};

class KeyRing {
 public:
  explicit KeyRing(store::Store& store) : store_(store) {}

  // Null: unknown. Errors: the database's
  Result<std::shared_ptr<KnownKey>> find(const Digest& hash);
  void note_use(KnownKey& key, Time at);
  // Minutes in which keys were used since the last call.
  std::map<ApiKeyId, Time> take_uses();
  void give_back_uses(const std::map<ApiKeyId, Time>& uses);
  void drop();

 private:
  Result<std::shared_ptr<KnownKey>> load(const Digest& hash);

  store::Store& store_;
  std::shared_mutex mutex_;
  std::unordered_map<Digest, std::shared_ptr<KnownKey>> keys_;
  std::uint64_t generation_ = 0;
  std::mutex uses_mutex_;
  std::map<ApiKeyId, Time> uses_;
};

// "souk_" and 40 characters of [0-9A-Za-z].
bool looks_like_key(std::string_view text);
std::string new_key();

}  // namespace souk::access
