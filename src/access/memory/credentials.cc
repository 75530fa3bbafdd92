// SPDX-License-Identifier: Apache-2.0
#include "access/memory/credentials.h"

#include <algorithm>
#include <mutex>

#include "access/scopes.h"

namespace souk::access {

namespace {

constexpr std::string_view kPrefix = "souk_";
constexpr std::size_t kRandom = 40;
// More than that many in memory at a time are forgotten, and read again when they come.
constexpr std::size_t kMostKnown = 200'000;

struct KeyRow {
  std::int64_t id = 0;
  std::string prefix;
  PrincipalId principal_id;
  json::Raw scopes;
  std::string default_namespace;
  std::optional<Time> expire_time;
  std::optional<Time> revoke_time;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (id, prefix, principal_id, scopes, default_namespace, expire_time, revoke_time))

struct SessionRow {
  std::int64_t id = 0;
  PrincipalId principal_id;
  Time last_use_time;
  Time expire_time;
};
BOOST_DESCRIBE_STRUCT(SessionRow, (), (id, principal_id, last_use_time, expire_time))

Result<CredentialPtr> read_key(store::Tx& tx, const Digest& hash) {
  auto row = SOUK_TRY(tx.first<KeyRow>(
      "SELECT id, prefix, principal_id, scopes, default_namespace, expire_time, revoke_time FROM api_keys "
      "WHERE hash = $1",
      hash));
  if (!row) return CredentialPtr();
  auto out = std::make_shared<Credential>();
  out->id = row->id;
  out->hash = hash;
  out->prefix = std::move(row->prefix);
  out->principal_id = row->principal_id;
  out->scope = {SOUK_TRY(parse_scopes(row->scopes)), row->expire_time};
  out->default_namespace = std::move(row->default_namespace);
  out->expire_time = row->expire_time;
  out->revoke_time = row->revoke_time;
  return out;
}

Result<CredentialPtr> read_session(store::Tx& tx, const Digest& hash) {
  auto row = SOUK_TRY(
      tx.first<SessionRow>("SELECT id, principal_id, last_use_time, expire_time FROM sessions WHERE hash = $1", hash));
  if (!row) return CredentialPtr();
  auto out = std::make_shared<Credential>();
  out->kind = CredentialKind::session;
  out->id = row->id;
  out->hash = hash;
  out->principal_id = row->principal_id;
  out->scope.expire_time = row->expire_time;
  out->expire_time = row->expire_time;
  out->last_use = to_millis(row->last_use_time);
  return out;
}

}  // namespace

bool Standing::holds(const Roster& roster, Time at) const {
  const auto credential = credential_.lock();
  if (!credential || credential->dropped.load(std::memory_order_acquire)) return false;
  if (credential->expire_time && *credential->expire_time <= at) return false;
  return roster.current(from_);
}

CredentialPtr Credentials::recall(CredentialKind kind, const Digest& hash) const {
  std::shared_lock lock(mutex_);
  const auto place = known_.find(hash);
  return place != known_.end() && place->second->kind == kind ? place->second : nullptr;
}

Result<CredentialPtr> Credentials::find(CredentialKind kind, const Digest& hash) {
  if (CredentialPtr known = recall(kind, hash)) return known;
  return load(kind, hash);
}

Result<CredentialPtr> Credentials::load(CredentialKind kind, const Digest& hash) {
  std::uint64_t before = 0;
  {
    std::shared_lock lock(mutex_);
    before = generation_;
  }
  auto fresh = SOUK_TRY(store_.read(
      [&](store::Tx& tx) { return kind == CredentialKind::key ? read_key(tx, hash) : read_session(tx, hash); }));
  if (!fresh || fresh->revoke_time) return fresh;
  std::unique_lock lock(mutex_);
  if (generation_ != before) return fresh;
  if (known_.size() >= kMostKnown) known_.clear();
  return known_.insert_or_assign(hash, std::move(fresh)).first->second;
}

Result<PrincipalPtr> Credentials::assemble(const CredentialPtr& credential, Rights rights, std::uint64_t generation) {
  const Subject& subject = *rights.subject;
  if (subject.state == PrincipalState::DISABLED) {
    return unauthenticated("the account " + subject.name + " is disabled")
        .advise("ask an administrator of this server");
  }
  auto principal = std::make_shared<Principal>();
  principal->id = subject.id;
  principal->name = subject.name;
  principal->kind = subject.kind;
  principal->default_namespace =
      credential->default_namespace.empty() ? subject.default_namespace : credential->default_namespace;
  principal->grants = std::move(rights.grants);
  principal->scope = credential->scope;
  principal->credential =
      (credential->kind == CredentialKind::key ? "key " : "session ") + std::to_string(credential->id);
  principal->standing = std::make_shared<const Standing>(credential, std::move(rights.from));
  std::lock_guard lock(credential->mutex_);
  credential->principal_ = principal;
  credential->generation_ = generation;
  return PrincipalPtr(std::move(principal));
}

Result<PrincipalPtr> Credentials::recall_principal(const CredentialPtr& credential) {
  const std::uint64_t generation = roster_.generation();
  {
    std::lock_guard lock(credential->mutex_);
    if (credential->generation_ == generation) return credential->principal_;
    // Something was dropped since; mostly it was of others.
    if (credential->principal_ && roster_.current(credential->principal_->standing->from())) {
      credential->generation_ = generation;
      return credential->principal_;
    }
  }
  Rights rights = roster_.recall_rights(credential->principal_id);
  if (!rights.subject) return PrincipalPtr();
  return assemble(credential, std::move(rights), generation);
}

Result<PrincipalPtr> Credentials::principal_of(const CredentialPtr& credential) {
  if (PrincipalPtr known = SOUK_TRY(recall_principal(credential))) return known;
  const std::uint64_t generation = roster_.generation();
  Rights rights = SOUK_TRY(roster_.rights_of(credential->principal_id));
  if (!rights.subject) return PrincipalPtr();
  return assemble(credential, std::move(rights), generation);
}

void Credentials::note_use(Credential& credential, Time at) {
  const std::int64_t minute = to_millis(at) / 60'000;
  if (credential.kind == CredentialKind::session) credential.last_use.store(to_millis(at), std::memory_order_relaxed);
  if (credential.used_minute.load(std::memory_order_relaxed) == minute) return;
  if (credential.used_minute.exchange(minute, std::memory_order_relaxed) == minute) return;
  std::lock_guard lock(uses_mutex_);
  uses_[{credential.kind, credential.id}] = from_millis(minute * 60'000);
}

Uses Credentials::take_uses() {
  std::lock_guard lock(uses_mutex_);
  return std::exchange(uses_, {});
}

void Credentials::give_back(const Uses& uses) {
  std::lock_guard lock(uses_mutex_);
  uses_.insert(uses.begin(), uses.end());
}

template <class Matches>
void Credentials::drop_if(Matches&& matches) {
  std::unique_lock lock(mutex_);
  ++generation_;
  std::erase_if(known_, [&](const auto& entry) {
    if (!matches(*entry.second)) return false;
    entry.second->dropped.store(true, std::memory_order_release);
    return true;
  });
}

void Credentials::drop(CredentialKind kind, std::int64_t id) {
  drop_if([&](const Credential& one) { return one.kind == kind && one.id == id; });
}

void Credentials::drop_of(PrincipalId principal) {
  drop_if([&](const Credential& one) { return one.principal_id == principal; });
}

void Credentials::drop_all() {
  drop_if([](const Credential&) { return true; });
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
