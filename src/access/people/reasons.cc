// SPDX-License-Identifier: Apache-2.0
//
// "Who can see this, and why": every way in which somebody comes by a role on an object, by name.
#include <algorithm>
#include <map>

#include "access/people/rows.h"

namespace souk::access {

namespace {

struct GrantLine {
  GrantId id;
  std::optional<PrincipalId> principal_id;
  std::optional<std::string> name;
  std::optional<PrincipalKind> kind;
  std::optional<PrincipalState> state;
  Role role = Role::NONE;
  NamespaceId namespace_id;
  std::string object_kind;
  std::string actor;
};
BOOST_DESCRIBE_STRUCT(GrantLine, (), (id, principal_id, name, kind, state, role, namespace_id, object_kind, actor))

struct MemberLine {
  std::string name;
  PrincipalKind kind = PrincipalKind::USER;
  PrincipalState state = PrincipalState::ACTIVE;
  Role role = Role::NONE;
};
BOOST_DESCRIBE_STRUCT(MemberLine, (), (name, kind, state, role))

struct OwnerLine {
  PrincipalId id;
  std::string name;
  PrincipalKind kind = PrincipalKind::USER;
  PrincipalState state = PrincipalState::ACTIVE;
};
BOOST_DESCRIBE_STRUCT(OwnerLine, (), (id, name, kind, state))

// Collects reasons by name; who is disabled has none.
class Collector {
 public:
  explicit Collector(const std::string& only) : only_(only) {}

  void add(const std::string& name, GranteeKind kind, Reason reason) {
    if (!only_.empty() && name != only_ && kind != GranteeKind::EVERYONE) return;
    Accessor& one = found_[name];
    one.name = name;
    one.kind = kind;
    one.role = std::max(one.role, reason.role);
    one.because.push_back(std::move(reason));
  }
  std::map<std::string, Accessor> take() { return std::move(found_); }

 private:
  const std::string& only_;
  std::map<std::string, Accessor> found_;
};

Result<std::vector<MemberLine>> members_of(store::Tx& tx, PrincipalId team) {
  return tx.all<MemberLine>(
      "SELECT p.name, p.kind, p.state, m.role FROM team_members m JOIN principals p ON p.id = m.member_id "
      "WHERE m.team_id = $1",
      team);
}

std::string place_of(const GrantLine& line, const ResourceRef& on, const std::string& ns) {
  if (!line.namespace_id) return "everywhere";
  return line.object_kind.empty() ? "namespace " + ns : on.label;
}

Status add_grants(store::Tx& tx, const ResourceRef& on, const std::string& ns, Collector& out) {
  auto lines = SOUK_TRY(tx.all<GrantLine>(
      "SELECT g.id, g.principal_id, p.name, p.kind, p.state, g.role, g.namespace_id, COALESCE(g.kind, ''), g.actor "
      "FROM grants g LEFT JOIN principals p ON p.id = g.principal_id WHERE "
      "(g.namespace_id = 0 AND COALESCE(g.kind, '') = '' AND g.object_id = 0) OR "
      "(g.namespace_id = $1 AND COALESCE(g.kind, '') = '' AND g.object_id = 0) OR "
      "(g.namespace_id = $1 AND COALESCE(g.kind, '') = $2 AND g.object_id = $3)",
      on.namespace_id, grant_kind_text(on), grant_object(on)));
  for (const GrantLine& line : lines) {
    Reason reason{line.role, place_of(line, on, ns), "a grant", line.id, line.actor};
    if (!line.principal_id) {
      out.add("everyone", GranteeKind::EVERYONE, std::move(reason));
    } else if (line.kind == PrincipalKind::TEAM) {
      reason.through = "the team " + *line.name;
      for (const MemberLine& member : SOUK_TRY(members_of(tx, *line.principal_id))) {
        if (member.state == PrincipalState::ACTIVE) out.add(member.name, grantee_kind(member.kind), reason);
      }
    } else if (line.state == PrincipalState::ACTIVE) {
      out.add(*line.name, grantee_kind(line.kind), std::move(reason));
    }
  }
  return {};
}

Status add_owner_of(store::Tx& tx, const ResourceRef& on, const std::string& ns, Collector& out) {
  const auto owner = SOUK_TRY(tx.first<OwnerLine>(
      "SELECT p.id, p.name, p.kind, p.state FROM namespaces n JOIN principals p ON p.id = n.owner_id WHERE n.id = $1",
      on.namespace_id));
  if (!owner) return {};
  Reason reason{Role::OWNER, "namespace " + ns, "its owner", {}, {}};
  if (owner->kind != PrincipalKind::TEAM) {
    if (owner->state == PrincipalState::ACTIVE) out.add(owner->name, grantee_kind(owner->kind), std::move(reason));
    return {};
  }
  reason.through = "its owner, the team " + owner->name;
  for (const MemberLine& member : SOUK_TRY(members_of(tx, owner->id))) {
    reason.role = member.role;
    if (member.state == PrincipalState::ACTIVE) out.add(member.name, grantee_kind(member.kind), reason);
  }
  return {};
}

}  // namespace

Result<store::Page<Accessor>> People::who_can(const Call& call, const ResourceRef& on, const std::string& only,
                                              const store::ListQuery& query) const {
  const bool self = !only.empty() && call.principal->id && only == call.principal->name;
  SOUK_TRY(allow(access_, call, self ? Role::READER : Role::ADMIN, on));
  if (!query.filter.empty() || !query.order_by.empty()) {
    return invalid_argument("this list has no filter and no other order than by name").at("filter");
  }
  static const store::ListSchema by_name{
      .filter = {.columns = {{"name", "name", store::ColumnType::text, true}}}, .id = "id", .default_order = "name"};
  const std::string key = SOUK_TRY(access_.page_token_key());
  const std::string scope = "access " + on.label + "\n" + only;
  const store::Listing listing = SOUK_TRY(compile_listing(query, by_name, state_.store.dialect(), key, scope, 1));
  // The position in a token of this list is the last name.
  std::string after;
  if (!listing.parameters.empty()) {
    if (const auto* text = std::get_if<std::string>(&listing.parameters.front())) after = *text;
  }
  const std::string ns = on.namespace_id ? SOUK_TRY(access_.namespace_slug(on.namespace_id)) : "";
  auto found = SOUK_TRY(state_.store.read([&](store::Tx& tx) -> Result<std::map<std::string, Accessor>> {
    Collector out(only);
    SOUK_TRY(add_grants(tx, on, ns, out));
    if (on.namespace_id) SOUK_TRY(add_owner_of(tx, on, ns, out));
    return out.take();
  }));
  store::Page<Accessor> page;
  for (auto place = after.empty() ? found.begin() : found.upper_bound(after); place != found.end(); ++place) {
    if (page.items.size() == static_cast<std::size_t>(listing.page_size)) {
      page.next_page_token = store::page_token(listing, key, page.items.back().name, 0);
      break;
    }
    page.items.push_back(std::move(place->second));
  }
  return page;
}

}  // namespace souk::access
