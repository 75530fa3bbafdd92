// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct TeamList {
  std::vector<access::Team> teams;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(TeamList, (), (teams, next_page_token))
struct ListTeams : ListFields {};
BOOST_DESCRIBE_STRUCT(ListTeams, (ListFields), ())

struct NewTeamBody {
  std::string name;
  std::optional<std::string> display_name, owner;
};
BOOST_DESCRIBE_STRUCT(NewTeamBody, (), (name, display_name, owner))
struct CreateTeam {
  NewTeamBody body;
};
BOOST_DESCRIBE_STRUCT(CreateTeam, (), (body))

struct OneTeam {
  std::string team;
};
BOOST_DESCRIBE_STRUCT(OneTeam, (), (team))
struct DeleteTeam {
  std::string team;
  std::optional<std::string> heir;
};
BOOST_DESCRIBE_STRUCT(DeleteTeam, (), (team, heir))
struct TeamPatchBody {
  json::Patch<std::string> display_name;
};
BOOST_DESCRIBE_STRUCT(TeamPatchBody, (), (display_name))
struct PatchTeam {
  std::string team;
  TeamPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchTeam, (), (team, body))

struct MemberList {
  std::vector<access::Member> members;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(MemberList, (), (members, next_page_token))
struct ListMembers : ListFields {
  std::string team;
};
BOOST_DESCRIBE_STRUCT(ListMembers, (ListFields), (team))
struct MemberBody {
  access::Role role = access::Role::NONE;
};
BOOST_DESCRIBE_STRUCT(MemberBody, (), (role))
struct PutMember {
  std::string team, member;
  MemberBody body;
};
BOOST_DESCRIBE_STRUCT(PutMember, (), (team, member, body))
struct OneMember {
  std::string team, member;
};
BOOST_DESCRIBE_STRUCT(OneMember, (), (team, member))

void add_members(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListMembers, MemberList>(
      "GET", "/api/v1/teams/{team}/members", kReader, kUsual, {"list_team_members", "Members of a team"},
      [&rooms](const access::Call& call, const ListMembers& request) -> Result<MemberList> {
        auto page = SOUK_TRY(rooms.people.list_members(call, request.team, SOUK_TRY(list_query(request))));
        return MemberList{std::move(page.items), page_token_of(page.next_page_token)};
      }));
  door.add(plain<PutMember, access::Member>("PUT", "/api/v1/teams/{team}/members/{member}", kAdmin, kUsual,
                                            {"set_team_member", "Add a member to a team, or change its role"},
                                            [&rooms](const access::Call& call, const PutMember& request) {
                                              return rooms.people.set_member(call, request.team, request.member,
                                                                             request.body.role);
                                            }));
  door.add(
      plain<OneMember, NoContent>("DELETE", "/api/v1/teams/{team}/members/{member}", kReader, kUsual,
                                  {"remove_team_member", "Take a member out of a team; oneself anybody"},
                                  [&rooms](const access::Call& call, const OneMember& request) -> Result<NoContent> {
                                    SOUK_TRY(rooms.people.remove_member(call, request.team, request.member));
                                    return NoContent{};
                                  }));
}

}  // namespace

void add_teams(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListTeams, TeamList>(
      "GET", "/api/v1/teams", kReader, kUsual, {"list_teams", "The caller's teams; an admin's: all"},
      [&rooms](const access::Call& call, const ListTeams& request) -> Result<TeamList> {
        auto page = SOUK_TRY(rooms.people.list_teams(call, SOUK_TRY(list_query(request))));
        return TeamList{std::move(page.items), page_token_of(page.next_page_token)};
      }));
  door.add(plain<CreateTeam, access::Team>(
      "POST", "/api/v1/teams", kAdmin, kUsual, {"create_team", "Make a team, with a namespace of its name", 201},
      [&rooms](const access::Call& call, const CreateTeam& request) {
        const NewTeamBody& body = request.body;
        return rooms.people.create_team(call, {body.name, body.display_name.value_or(""), body.owner.value_or("")});
      }));
  door.add(plain<OneTeam, access::Team>("GET", "/api/v1/teams/{team}", kReader, kUsual, {"get_team", "One team"},
                                        [&rooms](const access::Call& call, const OneTeam& request) {
                                          return rooms.people.get_team(call, request.team);
                                        }));
  door.add(plain<PatchTeam, access::Team>(
      "PATCH", "/api/v1/teams/{team}", kAdmin, kUsual, {"update_team", "Change a team (JSON merge patch)"},
      [&rooms](const access::Call& call, const PatchTeam& request) {
        return rooms.people.update_team(call, request.team, request.body.display_name);
      }));
  door.add(plain<DeleteTeam, NoContent>(
      "DELETE", "/api/v1/teams/{team}", Permission::role(access::Role::OWNER), kUsual,
      {"delete_team", "Delete a team; its namespaces go to `heir`, without it to the caller"},
      [&rooms](const access::Call& call, const DeleteTeam& request) -> Result<NoContent> {
        SOUK_TRY(rooms.people.delete_team(call, request.team, request.heir.value_or("")));
        return NoContent{};
      }));
  add_members(door, rooms);
}

}  // namespace souk::api::native
