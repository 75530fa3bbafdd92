// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct NamespaceList {
  std::vector<Namespace> namespaces;
};
BOOST_DESCRIBE_STRUCT(NamespaceList, (), (namespaces))

struct NewNamespace {
  std::optional<std::string> name, slug, description;
};
BOOST_DESCRIBE_STRUCT(NewNamespace, (), (name, slug, description))
struct CreateNamespace {
  NewNamespace body;
};
BOOST_DESCRIBE_STRUCT(CreateNamespace, (), (body))

struct OneNamespace {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(OneNamespace, (), (ns))

Namespace shape(const access::Call& call, const access::Namespace& from) {
  return {
      from.id, from.uid, from.slug, from.name, from.description, from.create_time, call.principal->role_in(from.id)};
}

}  // namespace

void add_namespaces(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<Nothing, NamespaceList>(
      "GET", "/api/v1/namespaces", kReader, kUsual, {"list_namespaces", "Namespaces that the caller sees"},
      [&rooms](const access::Call& call, const Nothing&) -> Result<NamespaceList> {
        NamespaceList list;
        for (const access::Namespace& one : SOUK_TRY(rooms.access.list_namespaces(call)))
          list.namespaces.push_back(shape(call, one));
        return list;
      }));
  door.add(plain<CreateNamespace, Namespace>(
      "POST", "/api/v1/namespaces", kAdmin, kUsual, {"create_namespace", "Make a namespace", 201},
      [&rooms](const access::Call& call, const CreateNamespace& request) -> Result<Namespace> {
        const NewNamespace& body = request.body;
        if (!body.name && !body.slug) return invalid_argument("a namespace needs a name or a slug").at("name");
        return shape(call,
                     SOUK_TRY(rooms.access.create_namespace(call, body.name.value_or(body.slug.value_or("")),
                                                            body.slug.value_or(""), body.description.value_or(""))));
      }));
  door.add(lookup<OneNamespace, Namespace>(
      "/api/v1/namespaces/{ns}", kReader, {"get_namespace", "One namespace"},
      [&rooms](const access::Call& call, const OneNamespace& request) -> Result<Namespace> {
        return shape(call, *SOUK_TRY(rooms.access.get_namespace(call, access::Role::READER, request.ns)));
      }));
}

}  // namespace souk::api::native
