// SPDX-License-Identifier: Apache-2.0
//
// API keys and web sessions in memory, by the SHA-256 of what their holder shows: loaded on first use, dropped one by
// one when they change. What is unknown or revoked is never kept. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "access/memory/roster.h"
#include "access/model.h"
#include "base/digest.h"
#include "base/result.h"
#include "store/store.h"

namespace souk::access {

enum class CredentialKind { key, session };

struct Credential {
  CredentialKind kind = CredentialKind::key;
  std::int64_t id = 0;
  Digest hash;
  std::string prefix;  // of a key
  PrincipalId principal_id;
  Scope scope;
  std::string default_namespace;  // of a key; empty: its principal's
  std::optional<Time> expire_time;
  std::optional<Time> revoke_time;
  std::atomic<std::int64_t> used_minute{0};  // since the epoch
  std::atomic<std::int64_t> last_use{0};     // of a session, ms since the epoch: as read or later
  std::atomic<bool> dropped{false};

 private:
  friend class Credentials;
  std::mutex mutex_;
  std::uint64_t generation_ = 0;  // of the roster when principal_ was made
  PrincipalPtr principal_;
};
using CredentialPtr = std::shared_ptr<Credential>;

// What a principal was made of; see Access::holds.
class Standing {
 public:
  Standing(std::weak_ptr<const Credential> credential, std::vector<SubjectPtr> from)
      : credential_(std::move(credential)), from_(std::move(from)) {}
  bool holds(const Roster& roster, Time at) const;
  const std::vector<SubjectPtr>& from() const { return from_; }

 private:
  std::weak_ptr<const Credential> credential_;
  std::vector<SubjectPtr> from_;
};

// Minutes in which credentials were used.
using Uses = std::map<std::pair<CredentialKind, std::int64_t>, Time>;

class Credentials {
 public:
  Credentials(store::Store& store, Roster& roster) : store_(store), roster_(roster) {}

  // Null: unknown. Errors: the database's
  Result<CredentialPtr> find(CredentialKind kind, const Digest& hash);
  // The same, past what is in memory.
  Result<CredentialPtr> load(CredentialKind kind, const Digest& hash);
  // Null: not in memory.
  CredentialPtr recall(CredentialKind kind, const Digest& hash) const;
  // Null: its principal is gone. Errors: the database's, unauthenticated (disabled)
  Result<PrincipalPtr> principal_of(const CredentialPtr& credential);
  // Null: the database must be asked.
  Result<PrincipalPtr> recall_principal(const CredentialPtr& credential);

  void note_use(Credential& credential, Time at);
  Uses take_uses();
  void give_back(const Uses& uses);

  void drop(CredentialKind kind, std::int64_t id);
  void drop_of(PrincipalId principal);
  void drop_all();

 private:
  template <class Matches>
  void drop_if(Matches&& matches);
  Result<PrincipalPtr> assemble(const CredentialPtr& credential, Rights rights, std::uint64_t generation);

  store::Store& store_;
  Roster& roster_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<Digest, CredentialPtr> known_;
  std::uint64_t generation_ = 0;
  std::mutex uses_mutex_;
  Uses uses_;
};

// "souk_" and 40 characters of [0-9A-Za-z].
bool looks_like_key(std::string_view text);
std::string new_key();

}  // namespace souk::access
