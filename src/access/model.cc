// SPDX-License-Identifier: Apache-2.0
#include "access/model.h"

#include <algorithm>

namespace souk::access {

namespace {

bool within(const Scope& scope, NamespaceId id) {
  return scope.namespaces.empty() || std::ranges::find(scope.namespaces, id) != scope.namespaces.end();
}

bool applies(const Grant& grant, NamespaceId id) {
  return !grant.kind && (!grant.namespace_id || grant.namespace_id == id);
}

}  // namespace

Role Principal::role_on(const ResourceRef& resource) const {
  if (!within(scope, resource.namespace_id)) return Role::NONE;
  Role best = Role::NONE;
  for (const Grant& grant : grants) {
    const bool on_object =
        grant.kind == resource.kind && grant.object_id == resource.id && grant.namespace_id == resource.namespace_id;
    if (on_object || applies(grant, resource.namespace_id)) best = std::max(best, grant.role);
  }
  return std::min(best, scope.role);
}

Role Principal::role_in(NamespaceId namespace_id) const {
  if (!within(scope, namespace_id)) return Role::NONE;
  Role best = Role::NONE;
  for (const Grant& grant : grants) {
    if (applies(grant, namespace_id)) best = std::max(best, grant.role);
  }
  return std::min(best, scope.role);
}

Role Principal::role_everywhere() const {
  if (!scope.namespaces.empty()) return Role::NONE;
  Role best = Role::NONE;
  for (const Grant& grant : grants) {
    if (!grant.kind && !grant.namespace_id) best = std::max(best, grant.role);
  }
  return std::min(best, scope.role);
}

}  // namespace souk::access
