// SPDX-License-Identifier: Apache-2.0
//
// Users, teams, service accounts and grants as callers see them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/memory/roster.h"
#include "access/model.h"
#include "base/json.h"

namespace souk::access {

// What only an administrator of the server and the user itself see is absent for others.
struct User {
  PrincipalId id;
  std::string name;
  std::string display_name;
  std::optional<PrincipalState> state;
  std::optional<Role> role;  // on the whole server
  std::optional<bool> has_password;
  std::optional<Time> create_time;
  std::optional<Time> sign_in_time;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, name, display_name, state, role, has_password, create_time, sign_in_time))

struct Team {
  PrincipalId id;
  std::string name;
  std::string display_name;
  std::int64_t member_count = 0;
  std::optional<Role> role;  // the caller's as a member
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(Team, (), (id, name, display_name, member_count, role, create_time))

struct Member {
  PrincipalId id;
  std::string name;
  std::string display_name;
  PrincipalKind kind = PrincipalKind::USER;
  Role role = Role::NONE;
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(Member, (), (id, name, display_name, kind, role, create_time))

struct ServiceAccount {
  PrincipalId id;
  std::string name;  // "namespace/name"
  std::string display_name;
  PrincipalState state = PrincipalState::ACTIVE;
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(ServiceAccount, (), (id, name, display_name, state, create_time))

BOOST_DEFINE_ENUM_CLASS(GranteeKind, USER, SERVICE_ACCOUNT, TEAM, EVERYONE)

struct GrantView {
  GrantId id;
  std::string to;  // a name, or "everyone"
  GranteeKind kind = GranteeKind::USER;
  Role role = Role::NONE;
  std::string on;     // "everywhere", "namespace default", "model default/digits"
  std::string actor;  // who granted it
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(GrantView, (), (id, to, kind, role, on, actor, create_time))

// One way in which somebody comes by a role on an object.
struct Reason {
  Role role = Role::NONE;
  std::string on;       // "everywhere", "namespace default", "model default/digits"
  std::string through;  // "a grant", "the team blue", "everyone", "its owner"
  std::optional<GrantId> grant_id;
  std::optional<std::string> actor;  // who granted it
};
BOOST_DESCRIBE_STRUCT(Reason, (), (role, on, through, grant_id, actor))

struct Accessor {
  std::string name;  // "everyone" for what everyone may
  GranteeKind kind = GranteeKind::USER;
  Role role = Role::NONE;  // the highest
  std::vector<Reason> because;
};
BOOST_DESCRIBE_STRUCT(Accessor, (), (name, kind, role, because))

}  // namespace souk::access
