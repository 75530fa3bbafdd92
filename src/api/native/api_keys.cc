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
  std::optional<access::Role> role;  // all actions up to it, on `namespaces`; or else `scopes`
  std::vector<std::string> namespaces;
  std::vector<access::KeyScope> scopes;
  std::optional<std::string> expires_in, default_namespace, service_account;
};
BOOST_DESCRIBE_STRUCT(NewKeyBody, (), (name, role, namespaces, scopes, expires_in, default_namespace, service_account))
struct CreateKey {
  NewKeyBody body;
};
BOOST_DESCRIBE_STRUCT(CreateKey, (), (body))

struct RotateBody {
  std::optional<std::string> overlap;
};
BOOST_DESCRIBE_STRUCT(RotateBody, (), (overlap))
struct RotateKey {
  std::int64_t id = 0;
  RotateBody body;
};
BOOST_DESCRIBE_STRUCT(RotateKey, (), (id, body))

struct MadeKey : access::ApiKey {
  std::string key;  // shown once
};
BOOST_DESCRIBE_STRUCT(MadeKey, (access::ApiKey), (key))

struct OneKey {
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(OneKey, (), (id))

Result<Duration> duration_of(const std::string& text, const char* field) {
  const auto duration = settings::parse_duration(text);
  if (duration && duration->count() >= 0) return *duration;
  return invalid_argument(std::string(field) + " is '" + text.substr(0, 40) +
                          "'; a duration such as 12h or 30d is expected")
      .at(field);
}

std::pair<std::string, std::string> halves(const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return {"", name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

// The object that a scope names, as the caller sees it.
Result<access::NamedScope> resolve(const Rooms& rooms, const access::Call& call, const access::KeyScope& wanted) {
  if (wanted.actions.empty()) return invalid_argument("a scope names at least one action").at("scopes");
  access::NamedScope out{{.actions = access::bits_of(wanted.actions)}, ""};
  const auto named = [&](const access::ResourceRef& resource) {
    out.entry.namespace_id = resource.namespace_id;
    out.entry.kind = resource.kind;
    out.entry.object_id = resource.id;
  };
  const int places = wanted.namespace_.has_value() + wanted.model.has_value() + wanted.deployment.has_value();
  if (places > 1)
    return invalid_argument("a scope is on a namespace, a model or a deployment, not on several").at("scopes");
  if (wanted.namespace_) {
    const auto ns = SOUK_TRY(rooms.access.get_namespace(call, access::Role::READER, *wanted.namespace_));
    out.entry.namespace_id = ns->id;
    out.name = ns->slug;
  } else if (wanted.model) {
    const auto [ns, slug] = halves(*wanted.model);
    const auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, ns, slug));
    named(model->resource());
    out.name = SOUK_TRY(rooms.access.namespace_slug(model->namespace_id)) + "/" + model->slug;
  } else if (wanted.deployment) {
    const auto [ns, slug] = halves(*wanted.deployment);
    const auto deployment = SOUK_TRY(rooms.serving.get(call, access::Role::READER, ns, slug));
    named(deployment->resource());
    out.name = deployment->namespace_ + "/" + deployment->slug;
  }
  return out;
}

Result<access::NewKey> wish_of(const Rooms& rooms, const access::Call& call, const NewKeyBody& body) {
  access::NewKey wanted;
  wanted.name = body.name;
  wanted.namespaces = body.namespaces;
  wanted.default_namespace = body.default_namespace.value_or("");
  wanted.service_account = body.service_account.value_or("");
  if (body.role) wanted.role = *body.role;
  if (!body.scopes.empty() && (body.role || !body.namespaces.empty())) {
    return invalid_argument("give scopes, or a role with namespaces, not both").at("scopes");
  }
  for (const access::KeyScope& one : body.scopes) wanted.scopes.push_back(SOUK_TRY(resolve(rooms, call, one)));
  if (body.expires_in) wanted.expires_in = SOUK_TRY(duration_of(*body.expires_in, "expires_in"));
  return wanted;
}

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
        access::CreatedKey made = SOUK_TRY(rooms.access.create_key(call, SOUK_TRY(wish_of(rooms, call, request.body))));
        return MadeKey{std::move(made.key), std::move(made.secret)};
      }));
  door.add(plain<RotateKey, MadeKey>(
      "POST", "/api/v1/api_keys/{id}:rotate", kKnown, kUsual,
      {"rotate_api_key", "Replace a key's secret; the old one works on for `overlap`, without it an hour", 201},
      [&rooms](const access::Call& call, const RotateKey& request) -> Result<MadeKey> {
        const Duration overlap = SOUK_TRY(duration_of(request.body.overlap.value_or("1h"), "overlap"));
        access::CreatedKey made = SOUK_TRY(rooms.access.rotate_key(call, ApiKeyId(request.id), overlap));
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
