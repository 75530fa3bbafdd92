// SPDX-License-Identifier: Apache-2.0
#include "access/key_ring.h"

#include <algorithm>
#include <mutex>

namespace souk::access {

namespace {

constexpr std::string_view kPrefix = "souk_";
constexpr std::size_t kRandom = 40;

struct KeyRow {
  ApiKeyId id;
  std::string prefix;
  Role role = Role::NONE;
  json::Raw namespace_ids;
  std::optional<Time> expire_time;
  std::optional<Time> revoke_time;
  PrincipalId principal_id;
  std::string principal_name;
  PrincipalKind kind = PrincipalKind::USER;
  std::string default_namespace;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (),
                      (id, prefix, role, namespace_ids, expire_time, revoke_time, principal_id, principal_name, kind,
                       default_namespace))

struct GrantRow {
  NamespaceId namespace_id;
  std::optional<ObjectKind> kind;
  std::int64_t object_id = 0;
  Role role = Role::NONE;
};
BOOST_DESCRIBE_STRUCT(GrantRow, (), (namespace_id, kind, object_id, role))

Result<std::shared_ptr<KnownKey>> read_key(store::Tx& tx, const Digest& hash) {
  auto row = SOUK_TRY(tx.first<KeyRow>(
      "SELECT k.id, k.prefix, k.role, k.namespace_ids, k.expire_time, k.revoke_time, p.id, p.name, p.kind, "
      "p.default_namespace FROM api_keys k JOIN principals p ON p.id = k.principal_id WHERE k.hash = $1",
      hash));
  if (!row) return std::shared_ptr<KnownKey>();
  const auto grants = SOUK_TRY(tx.all<GrantRow>(
      "SELECT namespace_id, kind, object_id, role FROM grants WHERE principal_id = $1 OR principal_id IS NULL",
      row->principal_id));
  auto principal = std::make_shared<Principal>();
  principal->id = row->principal_id;
  principal->name = std::move(row->principal_name);
  principal->kind = row->kind;
  principal->default_namespace = std::move(row->default_namespace);
  for (const GrantRow& grant : grants) {
    principal->grants.push_back({grant.namespace_id, grant.kind, grant.object_id, grant.role});
  }
  principal->scope = {row->role, SOUK_TRY(json::read<std::vector<NamespaceId>>(row->namespace_ids.text)),
                      row->expire_time};
  auto known = std::make_shared<KnownKey>();
  known->id = row->id;
  known->hash = hash;
  known->prefix = std::move(row->prefix);
  known->principal = std::move(principal);
  known->expire_time = row->expire_time;
  known->revoke_time = row->revoke_time;
  return known;
}

}  // namespace

Result<std::shared_ptr<KnownKey>> KeyRing::find(const Digest& hash) {
  {
    std::shared_lock lock(mutex_);
    const auto place = keys_.find(hash);
    if (place != keys_.end()) return place->second;
  }
  return load(hash);
}

Result<std::shared_ptr<KnownKey>> KeyRing::load(const Digest& hash) {
  std::uint64_t before = 0;
  {
    std::shared_lock lock(mutex_);
    before = generation_;
  }
  auto known = SOUK_TRY(store_.read([&](store::Tx& tx) { return read_key(tx, hash); }));
  if (!known || known->revoke_time) return known;
  std::unique_lock lock(mutex_);
  if (generation_ != before) return known;
  return keys_.emplace(hash, std::move(known)).first->second;
}

void KeyRing::note_use(KnownKey& key, Time at) {
  const std::int64_t minute = to_millis(at) / 60'000;
  if (key.used_minute.exchange(minute, std::memory_order_relaxed) == minute) return;
  std::lock_guard lock(uses_mutex_);
  uses_[key.id] = from_millis(minute * 60'000);
}

std::map<ApiKeyId, Time> KeyRing::take_uses() {
  std::lock_guard lock(uses_mutex_);
  return std::exchange(uses_, {});
}

void KeyRing::give_back_uses(const std::map<ApiKeyId, Time>& uses) {
  std::lock_guard lock(uses_mutex_);
  uses_.insert(uses.begin(), uses.end());
}

void KeyRing::drop() {
  std::unique_lock lock(mutex_);
  keys_.clear();
  ++generation_;
}

bool looks_like_key(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + kRandom) return false;
  return std::ranges::all_of(text.substr(kPrefix.size()), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

std::string new_key() {
  return std::string(kPrefix) + random_token(kRandom);
}

}  // namespace souk::access
