// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct UserList {
  std::vector<access::User> users;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(UserList, (), (users, next_page_token))

struct ListUsers : ListFields {};
BOOST_DESCRIBE_STRUCT(ListUsers, (ListFields), ())

struct NewUserBody {
  std::string name;
  std::optional<std::string> display_name;
  std::optional<access::Role> role;
};
BOOST_DESCRIBE_STRUCT(NewUserBody, (), (name, display_name, role))
struct CreateUser {
  NewUserBody body;
};
BOOST_DESCRIBE_STRUCT(CreateUser, (), (body))

struct OneUser {
  std::string user;
};
BOOST_DESCRIBE_STRUCT(OneUser, (), (user))
struct DeleteUser {
  std::string user;
  std::optional<std::string> heir;
};
BOOST_DESCRIBE_STRUCT(DeleteUser, (), (user, heir))

struct UserPatchBody {
  json::Patch<std::string> display_name;
  json::Patch<access::PrincipalState> state;
  json::Patch<access::Role> role;
};
BOOST_DESCRIBE_STRUCT(UserPatchBody, (), (display_name, state, role))
struct PatchUser {
  std::string user;
  UserPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchUser, (), (user, body))

}  // namespace

void add_users(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListUsers, UserList>(
      "GET", "/api/v1/users", kReader, kUsual, {"list_users", "Users; what is more than their names only to admins"},
      [&rooms](const access::Call& call, const ListUsers& request) -> Result<UserList> {
        auto page = SOUK_TRY(rooms.people.list_users(call, SOUK_TRY(list_query(request))));
        return UserList{std::move(page.items), page_token_of(page.next_page_token)};
      }));
  door.add(plain<CreateUser, access::User>(
      "POST", "/api/v1/users", kAdmin, kUsual, {"create_user", "Make a user, with a namespace of its name", 201},
      [&rooms](const access::Call& call, const CreateUser& request) {
        const NewUserBody& body = request.body;
        return rooms.people.create_user(
            call, {body.name, body.display_name.value_or(""), body.role.value_or(access::Role::NONE)});
      }));
  door.add(plain<OneUser, access::User>("GET", "/api/v1/users/{user}", kKnown, kUsual, {"get_user", "One user"},
                                        [&rooms](const access::Call& call, const OneUser& request) {
                                          return rooms.people.get_user(call, request.user);
                                        }));
  door.add(plain<PatchUser, access::User>(
      "PATCH", "/api/v1/users/{user}", kKnown, kUsual,
      {"update_user", "Change a user (JSON merge patch); its own display name anybody"},
      [&rooms](const access::Call& call, const PatchUser& request) {
        return rooms.people.update_user(call, request.user,
                                        {request.body.display_name, request.body.state, request.body.role});
      }));
  door.add(plain<DeleteUser, NoContent>(
      "DELETE", "/api/v1/users/{user}", kAdmin, kUsual,
      {"delete_user", "Delete a user; its namespaces go to `heir`, without it to the caller"},
      [&rooms](const access::Call& call, const DeleteUser& request) -> Result<NoContent> {
        SOUK_TRY(rooms.people.delete_user(call, request.user, request.heir.value_or("")));
        return NoContent{};
      }));
}

}  // namespace souk::api::native
