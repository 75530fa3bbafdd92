// SPDX-License-Identifier: Apache-2.0
#include "access/memory/roster.h"

#include <mutex>

namespace souk::access {

namespace {

struct SubjectRow {
  std::string name;
  PrincipalKind kind = PrincipalKind::USER;
  PrincipalState state = PrincipalState::ACTIVE;
  std::string default_namespace;
};
BOOST_DESCRIBE_STRUCT(SubjectRow, (), (name, kind, state, default_namespace))

struct GrantRow {
  NamespaceId namespace_id;
  std::optional<ObjectKind> kind;
  std::int64_t object_id = 0;
  Role role = Role::NONE;
};
BOOST_DESCRIBE_STRUCT(GrantRow, (), (namespace_id, kind, object_id, role))

struct MembershipRow {
  PrincipalId team_id;
  Role role = Role::NONE;
};
BOOST_DESCRIBE_STRUCT(MembershipRow, (), (team_id, role))

struct NamespaceRow {
  NamespaceId id;
};
BOOST_DESCRIBE_STRUCT(NamespaceRow, (), (id))

Result<std::vector<Grant>> grants_of(store::Tx& tx, PrincipalId id) {
  auto rows = id ? SOUK_TRY(tx.all<GrantRow>(
                       "SELECT namespace_id, kind, object_id, role FROM grants WHERE principal_id = $1", id))
                 : SOUK_TRY(tx.all<GrantRow>(
                       "SELECT namespace_id, kind, object_id, role FROM grants WHERE principal_id IS NULL"));
  std::vector<Grant> grants;
  grants.reserve(rows.size());
  for (const GrantRow& row : rows) grants.push_back({row.namespace_id, row.kind, row.object_id, row.role});
  return grants;
}

Result<SubjectPtr> read_subject(store::Tx& tx, PrincipalId id) {
  auto subject = std::make_shared<Subject>();
  subject->id = id;
  if (!id) {
    subject->name = "everyone";
    subject->grants = std::make_shared<const Grants>(SOUK_TRY(grants_of(tx, id)));
    return SubjectPtr(std::move(subject));
  }
  auto row =
      SOUK_TRY(tx.first<SubjectRow>("SELECT name, kind, state, default_namespace FROM principals WHERE id = $1", id));
  if (!row) return SubjectPtr();
  subject->name = std::move(row->name);
  subject->kind = row->kind;
  subject->state = row->state;
  subject->default_namespace = std::move(row->default_namespace);
  std::vector<Grant> grants = SOUK_TRY(grants_of(tx, id));
  for (const NamespaceRow& one : SOUK_TRY(tx.all<NamespaceRow>("SELECT id FROM namespaces WHERE owner_id = $1", id))) {
    subject->owned.push_back(one.id);
    if (row->kind != PrincipalKind::TEAM) grants.push_back({.namespace_id = one.id, .role = Role::OWNER});
  }
  subject->grants = std::make_shared<const Grants>(grants);
  if (row->kind == PrincipalKind::TEAM) return SubjectPtr(std::move(subject));
  for (const MembershipRow& one :
       SOUK_TRY(tx.all<MembershipRow>("SELECT team_id, role FROM team_members WHERE member_id = $1", id))) {
    subject->teams.push_back({one.team_id, one.role});
  }
  return SubjectPtr(std::move(subject));
}

// `find`: Result<SubjectPtr>(PrincipalId), null when there is none.
template <class Find>
Result<Rights> gather(PrincipalId id, Find&& find) {
  Rights rights;
  const SubjectPtr self = SOUK_TRY(find(id));
  const SubjectPtr everyone = SOUK_TRY(find(PrincipalId()));
  if (!self || !everyone) return rights;
  rights.from = {self, everyone};
  rights.grants = {self->grants};
  std::vector<Grant> by_membership;
  for (const Membership& membership : self->teams) {
    SubjectPtr team = SOUK_TRY(find(membership.team));
    if (!team) return Rights();
    rights.grants.push_back(team->grants);
    for (const NamespaceId one : team->owned) by_membership.push_back({.namespace_id = one, .role = membership.role});
    rights.from.push_back(std::move(team));
  }
  if (!by_membership.empty()) rights.grants.push_back(std::make_shared<const Grants>(by_membership));
  rights.grants.push_back(everyone->grants);
  rights.subject = self;
  return rights;
}

}  // namespace

SubjectPtr Roster::recall(PrincipalId id) const {
  std::shared_lock lock(mutex_);
  const auto place = subjects_.find(id);
  return place == subjects_.end() ? nullptr : place->second;
}

Result<SubjectPtr> Roster::load(PrincipalId id) {
  const std::uint64_t before = generation();
  auto subject = SOUK_TRY(store_.read([&](store::Tx& tx) { return read_subject(tx, id); }));
  if (!subject) return subject;
  std::unique_lock lock(mutex_);
  if (generation() != before) return subject;
  return subjects_.emplace(id, std::move(subject)).first->second;
}

Result<SubjectPtr> Roster::find(PrincipalId id) {
  if (SubjectPtr known = recall(id)) return known;
  return load(id);
}

Result<Rights> Roster::rights_of(PrincipalId id) {
  Rights rights = SOUK_TRY(gather(id, [this](PrincipalId one) { return find(one); }));
  if (rights.subject || !SOUK_TRY(find(id))) return rights;
  // A team that went between two reads: as the member's row says now.
  drop(id);
  return gather(id, [this](PrincipalId one) { return find(one); });
}

Rights Roster::recall_rights(PrincipalId id) const {
  auto rights = gather(id, [this](PrincipalId one) -> Result<SubjectPtr> { return recall(one); });
  return rights ? std::move(*rights) : Rights();
}

bool Roster::current(const std::vector<SubjectPtr>& subjects) const {
  std::shared_lock lock(mutex_);
  for (const SubjectPtr& one : subjects) {
    const auto place = subjects_.find(one->id);
    if (place == subjects_.end() || place->second != one) return false;
  }
  return true;
}

void Roster::drop(PrincipalId id) {
  std::unique_lock lock(mutex_);
  subjects_.erase(id);
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

void Roster::drop_all() {
  std::unique_lock lock(mutex_);
  subjects_.clear();
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace souk::access
