// SPDX-License-Identifier: Apache-2.0
#include "access/idempotency.h"
#include "access/people/rows.h"

namespace souk::access {

namespace {

using store::ColumnType;

constexpr std::size_t kMaxDisplayName = 250;

// $1: who asks, for the role.
constexpr std::string_view kColumns =
    "p.id, p.name, p.display_name, (SELECT COUNT(*) FROM team_members m WHERE m.team_id = p.id), "
    "(SELECT m.role FROM team_members m WHERE m.team_id = p.id AND m.member_id = $1), p.create_time";

const store::ListSchema& team_schema() {
  static const store::ListSchema schema{
      .filter = {.columns = {{"id", "p.id", ColumnType::integer, true},
                             {"name", "p.name", ColumnType::text, true},
                             {"display_name", "p.display_name", ColumnType::text},
                             {"create_time", "p.create_time", ColumnType::time, true}}},
      .id = "p.id",
      .default_order = "name"};
  return schema;
}

const store::ListSchema& member_schema() {
  static const store::ListSchema schema{.filter = {.columns = {{"id", "p.id", ColumnType::integer, true},
                                                               {"name", "p.name", ColumnType::text, true},
                                                               {"display_name", "p.display_name", ColumnType::text},
                                                               {"kind", "p.kind", ColumnType::text},
                                                               {"role", "m.role", ColumnType::text}}},
                                        .id = "p.id",
                                        .default_order = "name"};
  return schema;
}

// A team as the caller may use it.
struct Held {
  PrincipalRow team;
  Role role = Role::NONE;  // the caller's; of an administrator of the server the same on everything
};

Result<Role> role_in_team(store::Tx& tx, PrincipalId team, PrincipalId member) {
  const auto role =
      SOUK_TRY(tx.scalar<Role>("SELECT role FROM team_members WHERE team_id = $1 AND member_id = $2", team, member));
  return role.value_or(Role::NONE);
}

// A team is seen by its members and by administrators of the server. Errors: not_found, permission_denied
Result<Held> hold_team(store::Tx& tx, const Call& call, std::string_view name, Role needed) {
  PrincipalRow team = SOUK_TRY(get_principal(tx, PrincipalKind::TEAM, name));
  const Principal& who = *call.principal;
  const Role server = who.role_everywhere();
  Role role = server >= Role::ADMIN ? server : Role::NONE;
  if (who.id) role = std::max(role, SOUK_TRY(role_in_team(tx, team.id, who.id)));
  if (role == Role::NONE || !who.scope.allows_everywhere(Action::READ)) {
    return not_found("team " + as_shown(name) + " does not exist");
  }
  if (role < needed) {
    return permission_denied("team " + team.name + ": this needs the role " + std::string(json::enum_name(needed)) +
                             ", and you have " + std::string(json::enum_name(role)));
  }
  if (!who.scope.allows_everywhere(action_of(needed))) {
    return permission_denied("team " + team.name + ": this key's scope does not allow to " +
                             std::string(json::enum_name(action_of(needed))));
  }
  return Held{std::move(team), role};
}

Result<Team> read_team(store::Tx& tx, PrincipalId id, PrincipalId asking) {
  static const std::string sql = "SELECT " + std::string(kColumns) + " FROM principals p WHERE p.id = $2";
  auto team = SOUK_TRY(tx.first<Team>(sql, asking, id));
  if (!team) return not_found("team " + std::to_string(id.value) + " does not exist");
  return std::move(*team);
}

Result<std::vector<std::int64_t>> members_of(store::Tx& tx, PrincipalId team) {
  std::vector<std::int64_t> out;
  for (const auto& row :
       SOUK_TRY(tx.run("SELECT member_id FROM team_members WHERE team_id = $1", std::array{store::to_value(team)}))
           .rows) {
    out.push_back(SOUK_TRY(store::from_value<std::int64_t>(row.at(0))));
  }
  return out;
}

Status keep_a_team_owner(store::Tx& tx, const PrincipalRow& team) {
  const auto left = SOUK_TRY(
      tx.scalar<std::int64_t>("SELECT 1 FROM team_members WHERE team_id = $1 AND role = 'OWNER' LIMIT 1", team.id));
  if (left) return {};
  return failed_precondition("this would leave the team " + team.name + " without an OWNER")
      .advise("make another member its OWNER first, or delete the team");
}

std::string member_detail(const std::string& member, Role role) {
  return json::write(
      std::map<std::string, std::string>{{"member", member}, {"role", std::string(json::enum_name(role))}});
}

}  // namespace

Result<store::Page<Team>> People::list_teams(const Call& call, const store::ListQuery& query) const {
  SOUK_TRY(may_name_others(call));
  const std::string key = SOUK_TRY(access_.page_token_key());
  const store::Listing listing =
      SOUK_TRY(compile_listing(query, team_schema(), state_.store.dialect(), key, "teams", 2));
  std::vector<store::Value> parameters{call.principal->id.value};
  parameters.insert(parameters.end(), listing.parameters.begin(), listing.parameters.end());
  parameters.emplace_back(listing.fetch());
  const bool all = call.principal->role_everywhere() >= Role::ADMIN;
  const std::string sql = "SELECT " + std::string(kColumns) + ", " + listing.order_column +
                          " FROM principals p WHERE p.kind = 'TEAM' AND " +
                          (all ? "" : "p.id IN (SELECT team_id FROM team_members WHERE member_id = $1) AND ") +
                          listing.where + " ORDER BY " + listing.order + " LIMIT $" + std::to_string(parameters.size());
  auto rows = SOUK_TRY(state_.store.read([&](store::Tx& tx) { return tx.run(sql, parameters); }));
  return store::page_of<Team>(std::move(rows), listing, key);
}

Result<Team> People::get_team(const Call& call, std::string_view name) const {
  return state_.store.read([&](store::Tx& tx) -> Result<Team> {
    const Held held = SOUK_TRY(hold_team(tx, call, name, Role::READER));
    return read_team(tx, held.team.id, call.principal->id);
  });
}

Result<Team> People::create_team(const Call& call, NewTeam wanted) {
  SOUK_TRY(access_.require_everywhere(call, Role::ADMIN));
  SOUK_TRY(check_principal_name(wanted.name));
  SOUK_TRY(check_text(wanted.display_name, kMaxDisplayName, "display_name"));
  return state_.store.write([&](store::Tx& tx) -> Result<Team> {
    const PrincipalRow made = SOUK_TRY(once<PrincipalRow>(
        tx, call, [&] { return "create_team" + json::write(wanted); },
        [&]() -> Result<PrincipalRow> {
          const PrincipalRow owner = wanted.owner.empty()
                                         ? SOUK_TRY(self_of(tx, call))
                                         : SOUK_TRY(get_principal(tx, PrincipalKind::USER, wanted.owner));
          PrincipalRow row{.name = wanted.name, .kind = PrincipalKind::TEAM, .display_name = wanted.display_name};
          SOUK_TRY(add_owner(access_, tx, row));
          SOUK_TRY(tx.exec("INSERT INTO team_members (team_id, member_id, role, create_time) VALUES ($1, $2, $3, $4)",
                           row.id, owner.id, Role::OWNER, row.create_time));
          SOUK_TRY(state_.append(tx, call,
                                 {.type = "team.created",
                                  .kind = "team",
                                  .id = row.id.value,
                                  .name = row.name,
                                  .detail = json::write(wanted),
                                  .touched = {.subjects = {owner.id.value}, .namespaces = true}}));
          return row;
        }));
    return read_team(tx, made.id, call.principal->id);
  });
}

Result<Team> People::update_team(const Call& call, std::string_view name,
                                 const json::Patch<std::string>& display_name) {
  if (display_name.has_value()) SOUK_TRY(check_text(display_name.value, kMaxDisplayName, "display_name"));
  return state_.store.write([&](store::Tx& tx) -> Result<Team> {
    const PrincipalRow team = SOUK_TRY(hold_team(tx, call, name, Role::ADMIN)).team;
    if (display_name.given()) {
      SOUK_TRY(tx.exec("UPDATE principals SET display_name = $1 WHERE id = $2", display_name.value, team.id));
      SOUK_TRY(
          state_.append(tx, call, {.type = "team.updated", .kind = "team", .id = team.id.value, .name = team.name}));
    }
    return read_team(tx, team.id, call.principal->id);
  });
}

Status People::delete_team(const Call& call, std::string_view name, std::string_view heir) {
  return state_.store.write([&](store::Tx& tx) -> Status {
    const PrincipalRow team = SOUK_TRY(hold_team(tx, call, name, Role::OWNER)).team;
    const PrincipalRow to = SOUK_TRY(heir_of(tx, call, heir, team.id));
    Touched touched{.subjects = SOUK_TRY(members_of(tx, team.id)), .namespaces = true};
    touched.subjects.push_back(team.id.value);
    touched.subjects.push_back(to.id.value);
    SOUK_TRY(hand_over(tx, team.id, to));
    SOUK_TRY(delete_principal(tx, team.id));
    return state_.append(tx, call,
                         {.type = "team.deleted",
                          .kind = "team",
                          .id = team.id.value,
                          .name = team.name,
                          .detail = json::write(std::map<std::string, std::string>{{"heir", to.name}}),
                          .touched = touched});
  });
}

Result<store::Page<Member>> People::list_members(const Call& call, std::string_view team,
                                                 const store::ListQuery& query) const {
  const std::string key = SOUK_TRY(access_.page_token_key());
  return state_.store.read([&](store::Tx& tx) -> Result<store::Page<Member>> {
    const PrincipalId id = SOUK_TRY(hold_team(tx, call, team, Role::READER)).team.id;
    const store::Listing listing = SOUK_TRY(
        compile_listing(query, member_schema(), state_.store.dialect(), key, "members " + std::to_string(id.value), 2));
    std::vector<store::Value> parameters{id.value};
    parameters.insert(parameters.end(), listing.parameters.begin(), listing.parameters.end());
    parameters.emplace_back(listing.fetch());
    const std::string sql =
        "SELECT p.id, p.name, p.display_name, p.kind, m.role, m.create_time, " + listing.order_column +
        " FROM team_members m JOIN principals p ON p.id = m.member_id WHERE m.team_id = $1 AND " + listing.where +
        " ORDER BY " + listing.order + " LIMIT $" + std::to_string(parameters.size());
    return store::page_of<Member>(SOUK_TRY(tx.run(sql, parameters)), listing, key);
  });
}

Result<Member> People::set_member(const Call& call, std::string_view team, std::string_view member, Role role) {
  if (role == Role::NONE) return invalid_argument("a member needs a role").at("role");
  return state_.store.write([&](store::Tx& tx) -> Result<Member> {
    const Held held = SOUK_TRY(hold_team(tx, call, team, Role::ADMIN));
    SOUK_TRY(not_above(role, held.role));
    const auto who = SOUK_TRY(find_principal(tx, member));
    if (!who || who->kind == PrincipalKind::TEAM) {
      return not_found("user " + as_shown(member) + " does not exist")
          .advise("users and service accounts may be members");
    }
    const Role before = SOUK_TRY(role_in_team(tx, held.team.id, who->id));
    SOUK_TRY(not_above(before, held.role));
    const Time at = now();
    SOUK_TRY(
        tx.exec("INSERT INTO team_members (team_id, member_id, role, create_time) VALUES ($1, $2, $3, $4) "
                "ON CONFLICT (team_id, member_id) DO UPDATE SET role = excluded.role",
                held.team.id, who->id, role, at));
    SOUK_TRY(keep_a_team_owner(tx, held.team));
    if (before != role) {
      SOUK_TRY(state_.append(tx, call,
                             {.type = before == Role::NONE ? "team.member_added" : "team.member_changed",
                              .kind = "team",
                              .id = held.team.id.value,
                              .name = held.team.name,
                              .detail = member_detail(who->name, role),
                              .touched = {.subjects = {who->id.value}}}));
    }
    return Member{who->id, who->name, who->display_name, who->kind, role, at};
  });
}

Status People::remove_member(const Call& call, std::string_view team, std::string_view member) {
  return state_.store.write([&](store::Tx& tx) -> Status {
    // Everybody may leave.
    const bool self = call.principal->id && member == call.principal->name;
    const Held held = SOUK_TRY(hold_team(tx, call, team, self ? Role::READER : Role::ADMIN));
    const auto who = SOUK_TRY(find_principal(tx, member));
    const Role before = who ? SOUK_TRY(role_in_team(tx, held.team.id, who->id)) : Role::NONE;
    if (before == Role::NONE) {
      return not_found(as_shown(member) + " is no member of the team " + held.team.name);
    }
    if (!self) SOUK_TRY(not_above(before, held.role));
    SOUK_TRY(tx.exec("DELETE FROM team_members WHERE team_id = $1 AND member_id = $2", held.team.id, who->id));
    SOUK_TRY(keep_a_team_owner(tx, held.team));
    return state_.append(tx, call,
                         {.type = "team.member_removed",
                          .kind = "team",
                          .id = held.team.id.value,
                          .name = held.team.name,
                          .detail = member_detail(who->name, before),
                          .touched = {.subjects = {who->id.value}}});
  });
}

}  // namespace souk::access
