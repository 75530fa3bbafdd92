// SPDX-License-Identifier: Apache-2.0
#include "access/people/rows.h"

namespace souk::access {

namespace {

constexpr std::string_view kEveryone = "everyone";

struct GrantRow {
  GrantId id;
  std::optional<PrincipalId> principal_id;
  std::optional<std::string> name;
  std::optional<PrincipalKind> kind;
  Role role = Role::NONE;
  std::string actor;
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(GrantRow, (), (id, principal_id, name, kind, role, actor, create_time))

const std::string& select_grants() {
  static const std::string sql =
      "SELECT g.id, g.principal_id, p.name, p.kind, g.role, g.actor, g.create_time FROM grants g "
      "LEFT JOIN principals p ON p.id = g.principal_id "
      "WHERE g.namespace_id = $1 AND COALESCE(g.kind, '') = $2 AND g.object_id = $3";
  return sql;
}

GrantView shape(GrantRow row, const ResourceRef& on) {
  GrantView out;
  out.id = row.id;
  out.to = std::move(row.name).value_or(std::string(kEveryone));
  out.kind = grantee_kind(row.kind);
  out.role = row.role;
  out.on = is_everything(on) ? "everywhere" : on.label;
  out.actor = std::move(row.actor);
  out.create_time = row.create_time;
  return out;
}

Result<GrantRow> get_grant(store::Tx& tx, const ResourceRef& on, GrantId id) {
  static const std::string sql = select_grants() + " AND g.id = $4";
  auto row = SOUK_TRY(tx.first<GrantRow>(sql, on.namespace_id, grant_kind_text(on), grant_object(on), id));
  if (row) return std::move(*row);
  return not_found("grant " + std::to_string(id.value) + " on " + on.label + " does not exist");
}

// Whom it is for: a row's id, or 0 for everyone. Errors: not_found, permission_denied, invalid_argument
Result<PrincipalId> grantee(store::Tx& tx, const Call& call, std::string_view to, Role role) {
  if (to == kEveryone) {
    if (role <= Role::WRITER) return PrincipalId();
    return invalid_argument("everyone may be READER, EXECUTOR or WRITER, not " + std::string(json::enum_name(role)))
        .at("role");
  }
  SOUK_TRY(may_name_others(call));
  const auto row = SOUK_TRY(find_principal(tx, to));
  const auto missing = [&] { return not_found("no user, service account or team is called " + as_shown(to)).at("to"); };
  if (!row) return missing();
  if (row->kind != PrincipalKind::TEAM || call.principal->role_everywhere() >= Role::ADMIN) return row->id;
  // One shares with teams that one is in; of others one does not hear.
  const auto member = SOUK_TRY(tx.scalar<std::int64_t>(
      "SELECT 1 FROM team_members WHERE team_id = $1 AND member_id = $2", row->id, call.principal->id));
  if (!member) return missing();
  return row->id;
}

std::string detail_of(std::string_view to, Role role, const ResourceRef& on) {
  return json::write(std::map<std::string, std::string>{
      {"to", std::string(to)}, {"role", std::string(json::enum_name(role))}, {"on", on.label}});
}

}  // namespace

Result<std::vector<GrantView>> People::list_grants(const Call& call, const ResourceRef& on) const {
  SOUK_TRY(allow(access_, call, Role::ADMIN, on));
  static const std::string sql = select_grants() + " ORDER BY g.id";
  auto rows = SOUK_TRY(state_.store.read(
      [&](store::Tx& tx) { return tx.all<GrantRow>(sql, on.namespace_id, grant_kind_text(on), grant_object(on)); }));
  std::vector<GrantView> out;
  for (GrantRow& row : rows) out.push_back(shape(std::move(row), on));
  return out;
}

Result<GrantView> People::grant(const Call& call, const ResourceRef& on, std::string_view to, Role role) {
  SOUK_TRY(allow(access_, call, Role::ADMIN, on));
  if (role == Role::NONE) return invalid_argument("a grant needs a role").at("role");
  const Role own = own_role(call, on);
  SOUK_TRY(not_above(role, own));
  return state_.store.write([&](store::Tx& tx) -> Result<GrantView> {
    const PrincipalId subject = SOUK_TRY(grantee(tx, call, to, role));
    SOUK_TRY(not_above(SOUK_TRY(granted_role(tx, subject, on)), own));
    const bool changed = SOUK_TRY(put_grant(tx, call, subject, on, role));
    static const std::string sql = select_grants() + " AND COALESCE(g.principal_id, 0) = $4";
    auto row = SOUK_TRY(tx.first<GrantRow>(sql, on.namespace_id, grant_kind_text(on), grant_object(on), subject));
    if (!row) return internal("the grant was not kept");
    if (!changed) return shape(std::move(*row), on);
    SOUK_TRY(keep_an_owner(tx));
    SOUK_TRY(state_.append(tx, call,
                           {.type = "grant.created",
                            .kind = "grant",
                            .id = row->id.value,
                            .name = std::string(to),
                            .detail = detail_of(to, role, on),
                            .touched = {.subjects = {subject.value}}}));
    return shape(std::move(*row), on);
  });
}

Status People::revoke_grant(const Call& call, const ResourceRef& on, GrantId id) {
  SOUK_TRY(allow(access_, call, Role::ADMIN, on));
  const Role own = own_role(call, on);
  return state_.store.write([&](store::Tx& tx) -> Status {
    const GrantRow row = SOUK_TRY(get_grant(tx, on, id));
    SOUK_TRY(not_above(row.role, own));
    SOUK_TRY(tx.exec("DELETE FROM grants WHERE id = $1", id));
    SOUK_TRY(keep_an_owner(tx));
    const std::string to = row.name.value_or(std::string(kEveryone));
    return state_.append(tx, call,
                         {.type = "grant.deleted",
                          .kind = "grant",
                          .id = id.value,
                          .name = to,
                          .detail = detail_of(to, row.role, on),
                          .touched = {.subjects = {row.principal_id.value_or(PrincipalId()).value}}});
  });
}

}  // namespace souk::access
