// SPDX-License-Identifier: Apache-2.0
#include "access/people/rows.h"

#include <algorithm>
#include <array>

namespace souk::access {

namespace {

// Names that logs and grants use for something else.
constexpr std::array<std::string_view, 4> kOwnWords{"anonymous", "everyone", "system", "unauthenticated"};

constexpr std::size_t kMaxFullName = 201;  // "namespace/name"

constexpr std::string_view kOneGrant =
    "namespace_id = $1 AND COALESCE(kind, '') = $2 AND object_id = $3 AND COALESCE(principal_id, 0) = $4";

// The kind of a grant's row: a namespace as a whole has none.
std::optional<ObjectKind> grant_kind(const ResourceRef& on) {
  return on.kind == ObjectKind::NAMESPACE ? std::nullopt : std::optional(on.kind);
}
std::string_view noun(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::USER:
      return "user ";
    case PrincipalKind::TEAM:
      return "team ";
    default:
      return "service account ";
  }
}

}  // namespace

Result<std::optional<PrincipalRow>> find_principal(store::Tx& tx, std::string_view name) {
  // What cannot be a name is none, and may be what a column refuses.
  if (name.size() > kMaxFullName || !json::is_utf8(name) || name.find('\0') != std::string_view::npos) {
    return std::optional<PrincipalRow>();
  }
  static const std::string sql = "SELECT " + store::columns<PrincipalRow>() + " FROM principals WHERE name = $1";
  return tx.first<PrincipalRow>(sql, name);
}

Result<PrincipalRow> get_principal(store::Tx& tx, PrincipalKind kind, std::string_view name) {
  auto found = SOUK_TRY(find_principal(tx, name));
  if (found && found->kind == kind) return std::move(*found);
  return not_found(std::string(noun(kind)) + as_shown(name) + " does not exist");
}

Status check_principal_name(std::string_view name) {
  if (Status slug = check_slug(name); !slug) return std::move(slug.error()).at("name");
  if (std::ranges::find(kOwnWords, name) == kOwnWords.end()) return {};
  return invalid_argument("the name '" + std::string(name) + "' is reserved").at("name");
}

Result<PrincipalId> insert_principal(store::Tx& tx, const PrincipalRow& wanted, std::string_view default_namespace) {
  const auto id = SOUK_TRY(tx.scalar<PrincipalId>(
      "INSERT INTO principals (name, kind, display_name, state, namespace_id, default_namespace, create_time) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id",
      wanted.name, wanted.kind, wanted.display_name, wanted.state, wanted.namespace_id, default_namespace,
      wanted.create_time));
  if (id) return *id;
  return already_exists("a user, team or service account with the name '" + wanted.name + "' exists already")
      .at("name");
}

Status delete_principal(store::Tx& tx, PrincipalId id) {
  for (const char* sql :
       {"DELETE FROM api_keys WHERE principal_id = $1", "DELETE FROM sessions WHERE principal_id = $1",
        "DELETE FROM password_links WHERE principal_id = $1", "DELETE FROM team_members WHERE member_id = $1",
        "DELETE FROM team_members WHERE team_id = $1", "DELETE FROM grants WHERE principal_id = $1",
        "DELETE FROM principals WHERE id = $1"}) {
    SOUK_TRY(tx.exec(sql, id));
  }
  return {};
}

ResourceRef everything() {
  return {ObjectKind::NAMESPACE, 0, NamespaceId(), "this server"};
}

bool is_everything(const ResourceRef& on) {
  return on.kind == ObjectKind::NAMESPACE && !on.namespace_id;
}

std::string grant_kind_text(const ResourceRef& on) {
  const auto kind = grant_kind(on);
  return kind ? std::string(json::enum_name(*kind)) : std::string();
}

std::int64_t grant_object(const ResourceRef& on) {
  return grant_kind(on) ? on.id : 0;
}

GranteeKind grantee_kind(std::optional<PrincipalKind> kind) {
  if (!kind) return GranteeKind::EVERYONE;
  if (*kind == PrincipalKind::TEAM) return GranteeKind::TEAM;
  return *kind == PrincipalKind::SERVICE_ACCOUNT ? GranteeKind::SERVICE_ACCOUNT : GranteeKind::USER;
}

Status allow(const Access& access, const Call& call, Role needed, const ResourceRef& on) {
  if (is_everything(on)) return access.require_everywhere(call, needed);
  struct Any {
    ResourceRef ref;
    ResourceRef resource() const { return ref; }
  };
  SOUK_TRY(access.authorize(call, needed, Any{on}));
  return {};
}

Role own_role(const Call& call, const ResourceRef& on) {
  return is_everything(on) ? call.principal->role_everywhere() : call.principal->role_on(on);
}

Status not_above(Role wanted, Role own) {
  if (wanted <= own) return {};
  return permission_denied("nobody gives or takes away a role above his own: " + std::string(json::enum_name(wanted)) +
                           " is above " + std::string(json::enum_name(own)))
      .at("role");
}

Status may_name_others(const Call& call) {
  if (call.principal && call.principal->scope.allows_everywhere(Action::READ)) return {};
  return permission_denied("this key is bound to some objects, and may not look up users and teams");
}

Result<Role> granted_role(store::Tx& tx, PrincipalId subject, const ResourceRef& on) {
  static const std::string sql = "SELECT role FROM grants WHERE " + std::string(kOneGrant);
  const auto role = SOUK_TRY(tx.scalar<Role>(sql, on.namespace_id, grant_kind_text(on), grant_object(on), subject));
  return role.value_or(Role::NONE);
}

Result<bool> put_grant(store::Tx& tx, const Call& call, PrincipalId subject, const ResourceRef& on, Role role) {
  const Role before = SOUK_TRY(granted_role(tx, subject, on));
  if (before == role) return false;
  if (role == Role::NONE) {
    static const std::string sql = "DELETE FROM grants WHERE " + std::string(kOneGrant);
    SOUK_TRY(tx.exec(sql, on.namespace_id, grant_kind_text(on), grant_object(on), subject));
    return true;
  }
  if (before != Role::NONE) {
    static const std::string sql =
        "UPDATE grants SET role = $5, actor = $6, create_time = $7 WHERE " + std::string(kOneGrant);
    SOUK_TRY(tx.exec(sql, on.namespace_id, grant_kind_text(on), grant_object(on), subject, role, call.principal->name,
                     now()));
    return true;
  }
  const auto principal = subject ? std::optional(subject) : std::nullopt;
  const std::size_t space = on.label.find(' ');
  const std::string name = grant_kind(on) ? on.label.substr(space == std::string::npos ? 0 : space + 1) : "";
  SOUK_TRY(
      tx.exec("INSERT INTO grants (principal_id, namespace_id, kind, object_id, role, create_time, actor, object_name) "
              "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
              principal, on.namespace_id, grant_kind(on), grant_object(on), role, now(), call.principal->name, name));
  return true;
}

Status keep_an_owner(store::Tx& tx) {
  const auto left = SOUK_TRY(tx.scalar<std::int64_t>(
      "SELECT 1 FROM grants g JOIN principals p ON p.id = g.principal_id WHERE g.namespace_id = 0 AND "
      "COALESCE(g.kind, '') = '' AND g.role = 'OWNER' AND p.kind = 'USER' AND p.state = 'ACTIVE' LIMIT 1"));
  if (left) return {};
  return failed_precondition("this would leave the server without an active user who is its OWNER")
      .advise("make another user OWNER of the server first");
}

Result<PrincipalRow> self_of(store::Tx& tx, const Call& call) {
  return get_principal(tx, PrincipalKind::USER, call.principal->id ? std::string_view(call.principal->name) : kAdmin);
}

Result<PrincipalRow> heir_of(store::Tx& tx, const Call& call, std::string_view heir, PrincipalId leaving) {
  std::optional<PrincipalRow> found;
  if (!heir.empty()) {
    found = SOUK_TRY(find_principal(tx, heir));
  } else if (call.principal->kind == PrincipalKind::USER) {
    found = SOUK_TRY(self_of(tx, call));
  } else {
    found = SOUK_TRY(find_principal(tx, kAdmin));
  }
  if (!found || found->kind == PrincipalKind::SERVICE_ACCOUNT) {
    return not_found("the heir " + as_shown(heir) + " is no user or team of this server").at("heir");
  }
  if (found->id == leaving || found->state != PrincipalState::ACTIVE) {
    return failed_precondition("what is left cannot go to " + found->name)
        .at("heir")
        .advise("name another user or team as heir");
  }
  return std::move(*found);
}

Status hand_over(store::Tx& tx, PrincipalId from, const PrincipalRow& to) {
  SOUK_TRY(tx.exec("UPDATE namespaces SET owner_id = $1 WHERE owner_id = $2", to.id, from));
  return {};
}

}  // namespace souk::access
