// SPDX-License-Identifier: Apache-2.0
//
// Users, teams, service accounts, and who was granted what. Each change is one transaction that appends its event and
// drops what it made old, here and on other nodes. Thread-safe; lives no longer than the Access it was made of.
//
// Who may: the server's users and grants on everything take ADMIN everywhere; a team's members take ADMIN in the team;
// a namespace's service accounts and grants take ADMIN on it; an object's grants take ADMIN on the object. Nobody gives
// or takes away a role above his own. There is always an active user who is OWNER everywhere.
#pragma once

#include <string>
#include <string_view>

#include "access/access.h"
#include "access/people/model.h"
#include "store/lists/listing.h"

namespace souk::access {

struct NewUser {
  std::string name;  // a slug: also that of its namespace
  std::string display_name;
  Role role = Role::NONE;  // on the whole server
};
BOOST_DESCRIBE_STRUCT(NewUser, (), (name, display_name, role))
struct UserPatch {
  json::Patch<std::string> display_name;
  json::Patch<PrincipalState> state;
  json::Patch<Role> role;
};
struct NewTeam {
  std::string name;
  std::string display_name;
  std::string owner;  // its first member, a user; empty: the caller
};
BOOST_DESCRIBE_STRUCT(NewTeam, (), (name, display_name, owner))
struct NewServiceAccount {
  std::string name;  // within its namespace
  std::string display_name;
  Role role = Role::NONE;  // on its namespace
};
BOOST_DESCRIBE_STRUCT(NewServiceAccount, (), (name, display_name, role))

class People {
 public:
  explicit People(Access& access);

  // --- users: errors not_found, permission_denied, already_exists, invalid_argument, failed_precondition
  Result<store::Page<User>> list_users(const Call& call, const store::ListQuery& query) const;
  Result<User> get_user(const Call& call, std::string_view name) const;
  Result<User> create_user(const Call& call, NewUser wanted);
  Result<User> update_user(const Call& call, std::string_view name, const UserPatch& patch);
  // Its namespaces go to `heir` (a user or team; empty: the caller), its keys, sessions and grants end.
  Status delete_user(const Call& call, std::string_view name, std::string_view heir);

  // --- teams: those the caller is in; an administrator sees all
  Result<store::Page<Team>> list_teams(const Call& call, const store::ListQuery& query) const;
  Result<Team> get_team(const Call& call, std::string_view name) const;
  Result<Team> create_team(const Call& call, NewTeam wanted);
  Result<Team> update_team(const Call& call, std::string_view name, const json::Patch<std::string>& display_name);
  Status delete_team(const Call& call, std::string_view name, std::string_view heir);
  Result<store::Page<Member>> list_members(const Call& call, std::string_view team,
                                           const store::ListQuery& query) const;
  // Adds the member or changes its role.
  Result<Member> set_member(const Call& call, std::string_view team, std::string_view member, Role role);
  Status remove_member(const Call& call, std::string_view team, std::string_view member);

  // --- service accounts of a namespace; `name` within it
  Result<std::vector<ServiceAccount>> list_service_accounts(const Call& call, std::string_view ns) const;
  Result<ServiceAccount> create_service_account(const Call& call, std::string_view ns, NewServiceAccount wanted);
  Result<ServiceAccount> update_service_account(const Call& call, std::string_view ns, std::string_view name,
                                                const json::Patch<std::string>& display_name,
                                                const json::Patch<PrincipalState>& state);
  Status delete_service_account(const Call& call, std::string_view ns, std::string_view name);

  // --- grants on one object; a resource of id 0 and namespace 0 is everything
  Result<std::vector<GrantView>> list_grants(const Call& call, const ResourceRef& on) const;
  // Grants, or changes what was granted. `to`: a user, service account or team, or "everyone".
  Result<GrantView> grant(const Call& call, const ResourceRef& on, std::string_view to, Role role);
  Status revoke_grant(const Call& call, const ResourceRef& on, GrantId id);
  // Who may do what with the object, and why; by name. Whoever may see the object may ask about itself (`only`).
  Result<store::Page<Accessor>> who_can(const Call& call, const ResourceRef& on, const std::string& only,
                                        const store::ListQuery& query) const;

 private:
  Access& access_;
  Access::State& state_;
};

// All of the server, as what a grant is on.
ResourceRef everything();

}  // namespace souk::access
