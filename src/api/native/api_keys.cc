// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"
#include "base/settings_forms.h"

namespace souk::api::native {
namespace {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct KeyList {
  std::vector<access::ApiKey> api_keys;
};
BOOST_DESCRIBE_STRUCT(KeyList, (), (api_keys))

struct NewKeyBody {
  std::string name;
  std::optional<access::Role> role;
  std::vector<std::string> namespaces;
  std::optional<std::string> expires_in;
};
BOOST_DESCRIBE_STRUCT(NewKeyBody, (), (name, role, namespaces, expires_in))
struct CreateKey {
  NewKeyBody body;
};
BOOST_DESCRIBE_STRUCT(CreateKey, (), (body))

struct MadeKey : access::ApiKey {
  std::string key;  // shown once
};
BOOST_DESCRIBE_STRUCT(MadeKey, (access::ApiKey), (key))

struct OneKey {
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(OneKey, (), (id))

}  // namespace

void add_api_keys(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<Nothing, KeyList>("GET", "/api/v1/api_keys", kKnown, kUsual,
                                   {"list_api_keys", "The caller's API keys; an admin's: all"},
                                   [&rooms](const access::Call& call, const Nothing&) -> Result<KeyList> {
                                     return KeyList{SOUK_TRY(rooms.access.list_keys(call))};
                                   }));
  door.add(plain<CreateKey, MadeKey>(
      "POST", "/api/v1/api_keys", kKnown, kUsual, {"create_api_key", "Make an API key; the key is shown once", 201},
      [&rooms](const access::Call& call, const CreateKey& request) -> Result<MadeKey> {
        const NewKeyBody& body = request.body;
        access::NewKey wanted{body.name, body.role.value_or(call.principal->scope.role), body.namespaces, std::nullopt};
        if (body.expires_in) {
          wanted.expires_in = settings::parse_duration(*body.expires_in);
          if (!wanted.expires_in || wanted.expires_in->count() <= 0) {
            return invalid_argument("expires_in is '" + body.expires_in->substr(0, 40) +
                                    "'; a duration such as 12h or 30d is expected")
                .at("expires_in");
          }
        }
        access::CreatedKey made = SOUK_TRY(rooms.access.create_key(call, std::move(wanted)));
        return MadeKey{std::move(made.key), std::move(made.secret)};
      }));
  door.add(plain<OneKey, NoContent>("DELETE", "/api/v1/api_keys/{id}", kKnown, kUsual,
                                    {"revoke_api_key", "Revoke an API key, at once"},
                                    [&rooms](const access::Call& call, const OneKey& request) -> Result<NoContent> {
                                      SOUK_TRY(rooms.access.revoke_key(call, ApiKeyId(request.id)));
                                      return NoContent{};
                                    }));
}

}  // namespace souk::api::native
