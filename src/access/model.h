// SPDX-License-Identifier: Apache-2.0
//
// Who asks, for what, and with which right. Roles are ordered: each includes those before it.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"

namespace souk::access {

// JSON and database form: "READER" and so on.
BOOST_DEFINE_ENUM_CLASS(Role, NONE, READER, EXECUTOR, WRITER, ADMIN, OWNER)
BOOST_DEFINE_ENUM_CLASS(PrincipalKind, USER, SERVICE_ACCOUNT, ANONYMOUS, SYSTEM)
// What a grant or an Authorized may name.
BOOST_DEFINE_ENUM_CLASS(ObjectKind, NAMESPACE, MODEL, DEPLOYMENT)

struct Namespace {
  NamespaceId id;
  std::string uid;
  std::string slug;
  std::string name;
  std::string description;
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(Namespace, (), (id, uid, slug, name, description, create_time))

// An object as access knows it. `id` is of the kind's own sequence.
struct ResourceRef {
  ObjectKind kind;
  std::int64_t id = 0;
  NamespaceId namespace_id;
  std::string label;  // "model default/digits", for messages
};

// A role on a whole namespace, on one object of it, or (namespace_id 0) everywhere.
struct Grant {
  NamespaceId namespace_id;
  std::optional<ObjectKind> kind;
  std::int64_t object_id = 0;
  Role role = Role::NONE;
};

// What a key may do at most; its principal's grants bound it further.
struct Scope {
  Role role = Role::OWNER;
  std::vector<NamespaceId> namespaces;  // empty: all
  std::optional<Time> expire_time;      // of the key; what it makes ends no later
};

// Somebody known. Immutable once made; shared between calls.
struct Principal {
  PrincipalId id;  // 0: anonymous, system
  std::string name;
  PrincipalKind kind = PrincipalKind::ANONYMOUS;
  std::string default_namespace = "default";
  std::vector<Grant> grants;  // own and everyone's
  Scope scope;

  Role role_on(const ResourceRef& resource) const;
  Role role_in(NamespaceId namespace_id) const;  // on the namespace as a whole
  Role role_everywhere() const;
};
using PrincipalPtr = std::shared_ptr<const Principal>;

// What every room function is told of the request behind it. Lives as long as the request.
struct Call {
  PrincipalPtr principal;
  Deadline deadline = kNoDeadline;
  std::stop_token stop;
  std::string trace_id;  // 32 hex digits (W3C trace context)
  std::string idempotency_key;
  std::string namespace_;  // where names without one are looked up: X-Souk-Namespace, else the principal's default
};

struct ApiKey {
  ApiKeyId id;
  std::string name;
  std::string prefix;  // the key's first characters, to tell it by
  PrincipalId principal_id;
  Role role = Role::OWNER;
  std::vector<std::string> namespaces;  // slugs; empty: all
  Time create_time;
  std::optional<Time> expire_time;
  std::optional<Time> last_use_time;  // to the minute
  std::optional<Time> revoke_time;
};
BOOST_DESCRIBE_STRUCT(ApiKey, (),
                      (id, name, prefix, principal_id, role, namespaces, create_time, expire_time, last_use_time,
                       revoke_time))

}  // namespace souk::access
