// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct AccountList {
  std::vector<access::ServiceAccount> service_accounts;
};
BOOST_DESCRIBE_STRUCT(AccountList, (), (service_accounts))
struct OfNamespace {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(OfNamespace, (), (ns))

struct NewAccountBody {
  std::string name;
  std::optional<std::string> display_name;
  std::optional<access::Role> role;  // on the namespace
};
BOOST_DESCRIBE_STRUCT(NewAccountBody, (), (name, display_name, role))
struct CreateAccount {
  std::string ns;
  NewAccountBody body;
};
BOOST_DESCRIBE_STRUCT(CreateAccount, (), (ns, body))

struct AccountPatchBody {
  json::Patch<std::string> display_name;
  json::Patch<access::PrincipalState> state;
};
BOOST_DESCRIBE_STRUCT(AccountPatchBody, (), (display_name, state))
struct PatchAccount {
  std::string ns, account;
  AccountPatchBody body;
};
BOOST_DESCRIBE_STRUCT(PatchAccount, (), (ns, account, body))
struct OneAccount {
  std::string ns, account;
};
BOOST_DESCRIBE_STRUCT(OneAccount, (), (ns, account))

}  // namespace

void add_service_accounts(RouteTable::Door& door, const Rooms& rooms) {
  const std::string all = "/api/v1/namespaces/{ns}/service_accounts", one = all + "/{account}";
  door.add(plain<OfNamespace, AccountList>(
      "GET", all, kAdmin, kUsual, {"list_service_accounts", "Service accounts of a namespace"},
      [&rooms](const access::Call& call, const OfNamespace& request) -> Result<AccountList> {
        return AccountList{SOUK_TRY(rooms.people.list_service_accounts(call, request.ns))};
      }));
  door.add(plain<CreateAccount, access::ServiceAccount>(
      "POST", all, kAdmin, kUsual,
      {"create_service_account", "Make a service account; it acts by keys, see create_api_key", 201},
      [&rooms](const access::Call& call, const CreateAccount& request) {
        const NewAccountBody& body = request.body;
        return rooms.people.create_service_account(
            call, request.ns, {body.name, body.display_name.value_or(""), body.role.value_or(access::Role::NONE)});
      }));
  door.add(plain<PatchAccount, access::ServiceAccount>(
      "PATCH", one, kAdmin, kUsual, {"update_service_account", "Change a service account (JSON merge patch)"},
      [&rooms](const access::Call& call, const PatchAccount& request) {
        return rooms.people.update_service_account(call, request.ns, request.account, request.body.display_name,
                                                   request.body.state);
      }));
  door.add(plain<OneAccount, NoContent>(
      "DELETE", one, kAdmin, kUsual, {"delete_service_account", "Delete a service account with its keys"},
      [&rooms](const access::Call& call, const OneAccount& request) -> Result<NoContent> {
        SOUK_TRY(rooms.people.delete_service_account(call, request.ns, request.account));
        return NoContent{};
      }));
}

}  // namespace souk::api::native
