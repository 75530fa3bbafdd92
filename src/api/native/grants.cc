// SPDX-License-Identifier: Apache-2.0
//
// Grants on the server, a namespace, a model, a deployment: the same four routes on each.
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

// The objects that grants are on, by their paths.
struct OnServer {};
BOOST_DESCRIBE_STRUCT(OnServer, (), ())
struct OnNamespace {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(OnNamespace, (), (ns))
struct OnModel {
  std::string ns, model;
};
BOOST_DESCRIBE_STRUCT(OnModel, (), (ns, model))
struct OnDeployment {
  std::string ns, deployment;
};
BOOST_DESCRIBE_STRUCT(OnDeployment, (), (ns, deployment))

Result<access::ResourceRef> object(const Rooms&, const access::Call&, const OnServer&) {
  return access::everything();
}
Result<access::ResourceRef> object(const Rooms& rooms, const access::Call& call, const OnNamespace& of) {
  return SOUK_TRY(rooms.access.get_namespace(call, access::Role::READER, of.ns))->resource();
}
Result<access::ResourceRef> object(const Rooms& rooms, const access::Call& call, const OnModel& of) {
  auto resource = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, of.ns, of.model))->resource();
  resource.label = "model " + of.ns + "/" + of.model;
  return resource;
}
Result<access::ResourceRef> object(const Rooms& rooms, const access::Call& call, const OnDeployment& of) {
  auto resource = SOUK_TRY(rooms.serving.get(call, access::Role::READER, of.ns, of.deployment))->resource();
  resource.label = "deployment " + of.ns + "/" + of.deployment;
  return resource;
}

struct GrantList {
  std::vector<access::GrantView> grants;
};
BOOST_DESCRIBE_STRUCT(GrantList, (), (grants))

struct NewGrant {
  std::string to;
  access::Role role = access::Role::NONE;
};
BOOST_DESCRIBE_STRUCT(NewGrant, (), (to, role))
template <class Place>
struct CreateGrant : Place {
  NewGrant body;
};
template <class Place>
struct OneGrant : Place {
  std::int64_t id = 0;
};

struct AccessorList {
  std::vector<access::Accessor> principals;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(AccessorList, (), (principals, next_page_token))
template <class Place>
struct WhoCan : Place {
  std::optional<std::string> principal, page_token;
  std::optional<std::int64_t> page_size;
};

#define SOUK_GRANT_REQUESTS(Place)                      \
  using Create##Place = CreateGrant<Place>;             \
  BOOST_DESCRIBE_STRUCT(Create##Place, (Place), (body)) \
  using One##Place = OneGrant<Place>;                   \
  BOOST_DESCRIBE_STRUCT(One##Place, (Place), (id))      \
  using Who##Place = WhoCan<Place>;                     \
  BOOST_DESCRIBE_STRUCT(Who##Place, (Place), (principal, page_token, page_size))
SOUK_GRANT_REQUESTS(OnServer)
SOUK_GRANT_REQUESTS(OnNamespace)
SOUK_GRANT_REQUESTS(OnModel)
SOUK_GRANT_REQUESTS(OnDeployment)
#undef SOUK_GRANT_REQUESTS

template <class Place>
void add_grants_on(RouteTable::Door& door, const Rooms& rooms, const std::string& path, const std::string& noun) {
  door.add(plain<Place, GrantList>("GET", path + "/grants", kAdmin, kUsual,
                                   {"list_" + noun + "_grants", "Who was granted what on the " + noun},
                                   [&rooms](const access::Call& call, const Place& of) -> Result<GrantList> {
                                     const auto on = SOUK_TRY(object(rooms, call, of));
                                     return GrantList{SOUK_TRY(rooms.people.list_grants(call, on))};
                                   }));
  door.add(plain<CreateGrant<Place>, access::GrantView>(
      "POST", path + "/grants", kAdmin, kUsual,
      {"grant_on_" + noun, "Grant a role on the " + noun + " to a user, a team, a service account or everyone", 201},
      [&rooms](const access::Call& call, const CreateGrant<Place>& request) -> Result<access::GrantView> {
        const auto on = SOUK_TRY(object(rooms, call, request));
        return rooms.people.grant(call, on, request.body.to, request.body.role);
      }));
  door.add(plain<OneGrant<Place>, NoContent>(
      "DELETE", path + "/grants/{id}", kAdmin, kUsual, {"revoke_" + noun + "_grant", "Take a grant back"},
      [&rooms](const access::Call& call, const OneGrant<Place>& request) -> Result<NoContent> {
        const auto on = SOUK_TRY(object(rooms, call, request));
        SOUK_TRY(rooms.people.revoke_grant(call, on, GrantId(request.id)));
        return NoContent{};
      }));
  door.add(plain<WhoCan<Place>, AccessorList>(
      "GET", path + "/access", kReader, kUsual,
      {"who_can_access_" + noun, "Who may do what with the " + noun + ", and why"},
      [&rooms](const access::Call& call, const WhoCan<Place>& request) -> Result<AccessorList> {
        const auto on = SOUK_TRY(object(rooms, call, request));
        ListFields fields;
        fields.page_size = request.page_size;
        fields.page_token = request.page_token;
        auto page =
            SOUK_TRY(rooms.people.who_can(call, on, request.principal.value_or(""), SOUK_TRY(list_query(fields))));
        return AccessorList{std::move(page.items), page_token_of(page.next_page_token)};
      }));
}

}  // namespace

void add_grants(RouteTable::Door& door, const Rooms& rooms) {
  const std::string ns = "/api/v1/namespaces/{ns}";
  add_grants_on<OnServer>(door, rooms, "/api/v1", "server");
  add_grants_on<OnNamespace>(door, rooms, ns, "namespace");
  add_grants_on<OnModel>(door, rooms, ns + "/models/{model}", "model");
  add_grants_on<OnDeployment>(door, rooms, ns + "/deployments/{deployment}", "deployment");
}

}  // namespace souk::api::native
