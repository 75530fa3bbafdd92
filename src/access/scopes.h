// SPDX-License-Identifier: Apache-2.0
//
// API keys and their scopes, which are kept as a JSON list in the database, with the names that they were made with for
// showing. Slugs are permanent, so the names stay true.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/model.h"
#include "base/result.h"

namespace souk::access {

// As callers write and see it. At most one of namespace_, model and deployment; none: everything.
struct KeyScope {
  std::vector<Action> actions;
  std::optional<std::string> namespace_;  // its slug
  std::optional<std::string> model;       // "namespace/slug"
  std::optional<std::string> deployment;  // "namespace/slug"
};
BOOST_DESCRIBE_STRUCT(KeyScope, (), (actions, namespace_, model, deployment))

struct ApiKey {
  ApiKeyId id;
  std::string name;
  std::string prefix;  // the key's first characters, to tell it by
  PrincipalId principal_id;
  std::string principal;                // its name
  Role role = Role::OWNER;              // the highest that its scopes allow somewhere
  std::vector<std::string> namespaces;  // slugs that it is bound to as a whole
  std::vector<KeyScope> scopes;         // none: everything
  std::string default_namespace;
  Time create_time;
  std::optional<Time> expire_time;
  std::optional<Time> last_use_time;  // to the minute
  std::optional<Time> revoke_time;
  std::optional<ApiKeyId> replaced_by;  // after a rotation
};
BOOST_DESCRIBE_STRUCT(ApiKey, (),
                      (id, name, prefix, principal_id, principal, role, namespaces, scopes, default_namespace,
                       create_time, expire_time, last_use_time, revoke_time, replaced_by))

struct NamedScope {
  ScopeEntry entry;
  std::string name;  // of the namespace or object; empty: everything
};

json::Raw write_scopes(const std::vector<NamedScope>& scopes);
Result<std::vector<NamedScope>> parse_named_scopes(const json::Raw& kept);
Result<std::vector<ScopeEntry>> parse_scopes(const json::Raw& kept);
KeyScope shown(const NamedScope& scope);
std::uint32_t bits_of(const std::vector<Action>& actions);

}  // namespace souk::access
