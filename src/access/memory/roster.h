// SPDX-License-Identifier: Apache-2.0
//
// Users, service accounts and teams with their grants in memory: each loaded on first need and dropped alone when
// something of it changes. Id 0 is everyone. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "access/model.h"
#include "base/result.h"
#include "store/store.h"

namespace souk::access {

BOOST_DEFINE_ENUM_CLASS(PrincipalState, ACTIVE, DISABLED)

struct Membership {
  PrincipalId team;
  Role role = Role::NONE;  // on the team's namespaces
};

// Immutable once loaded.
struct Subject {
  PrincipalId id;
  std::string name;
  PrincipalKind kind = PrincipalKind::USER;
  PrincipalState state = PrincipalState::ACTIVE;
  std::string default_namespace;
  std::shared_ptr<const Grants> grants;  // of a user: also OWNER of its own namespaces
  std::vector<Membership> teams;
  std::vector<NamespaceId> owned;
};
using SubjectPtr = std::shared_ptr<const Subject>;

// A principal's rights, and the subjects that they come from.
struct Rights {
  SubjectPtr subject;
  std::vector<SubjectPtr> from;
  std::vector<std::shared_ptr<const Grants>> grants;
};

class Roster {
 public:
  explicit Roster(store::Store& store) : store_(store) {}

  // Null: there is none. Errors: the database's
  Result<SubjectPtr> find(PrincipalId id);
  // What one may do, its teams and everyone's grants included. A null subject: there is none.
  Result<Rights> rights_of(PrincipalId id);
  // The same without asking the database: a null subject when it must be asked.
  Rights recall_rights(PrincipalId id) const;
  // Whether all of them are still what is known.
  bool current(const std::vector<SubjectPtr>& subjects) const;

  void drop(PrincipalId id);
  void drop_all();
  // Grows with each drop.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  SubjectPtr recall(PrincipalId id) const;
  Result<SubjectPtr> load(PrincipalId id);

  store::Store& store_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<PrincipalId, SubjectPtr> subjects_;
  std::atomic<std::uint64_t> generation_{1};
};

}  // namespace souk::access
