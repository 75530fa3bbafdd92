// SPDX-License-Identifier: Apache-2.0
#include "access/model.h"

#include <algorithm>

namespace souk::access {

namespace {

bool before(const Grants::Entry& a, const Grants::Entry& b) {
  return a.id != b.id ? a.id < b.id : a.role > b.role;
}

// By id, the highest role of each.
void settle(std::vector<Grants::Entry>& entries) {
  std::ranges::sort(entries, before);
  const auto same = std::ranges::unique(entries, {}, &Grants::Entry::id);
  entries.erase(same.begin(), same.end());
  entries.shrink_to_fit();
}

Role find(const std::vector<Grants::Entry>& entries, std::int64_t id, NamespaceId in) {
  const auto place = std::ranges::lower_bound(entries, id, {}, &Grants::Entry::id);
  return place != entries.end() && place->id == id && place->namespace_id == in.value ? place->role : Role::NONE;
}

// The highest role whose actions are all allowed.
template <class Allows>
Role highest(Role most, Allows&& allows) {
  Role role = Role::NONE;
  while (role < most && allows(action_of(static_cast<Role>(static_cast<int>(role) + 1)))) {
    role = static_cast<Role>(static_cast<int>(role) + 1);
  }
  return role;
}

}  // namespace

Grants::Grants(const std::vector<Grant>& grants) {
  for (const Grant& grant : grants) {
    const Entry entry{grant.kind ? grant.object_id : grant.namespace_id.value,
                      static_cast<std::int32_t>(grant.namespace_id.value), grant.role};
    if (grant.kind) {
      objects_[static_cast<std::size_t>(*grant.kind)].push_back(entry);
    } else if (grant.namespace_id) {
      namespaces_.push_back(entry);
    } else {
      everywhere_ = std::max(everywhere_, grant.role);
    }
  }
  settle(namespaces_);
  for (auto& entries : objects_) settle(entries);
}

Role Grants::in(NamespaceId id) const {
  return std::max(everywhere_, find(namespaces_, id.value, id));
}

Role Grants::on(const ResourceRef& resource) const {
  const Role wide = in(resource.namespace_id);
  return resource.id == 0 ? wide : std::max(wide, find(objects(resource.kind), resource.id, resource.namespace_id));
}

bool ScopeEntry::covers(const ResourceRef& resource) const {
  if (namespace_id && namespace_id != resource.namespace_id) return false;
  return !kind || (*kind == resource.kind && object_id == resource.id);
}

std::uint32_t actions_up_to(Role role) {
  return (1u << static_cast<unsigned>(role)) - 1;
}

bool Scope::covers(const ResourceRef& resource) const {
  return unbounded() || std::ranges::any_of(entries, [&](const ScopeEntry& one) { return one.covers(resource); });
}

bool Scope::allows(Action action, const ResourceRef& resource) const {
  return unbounded() || std::ranges::any_of(
                            entries, [&](const ScopeEntry& one) { return one.allows(action) && one.covers(resource); });
}

bool Scope::allows_in(Action action, NamespaceId id) const {
  return unbounded() || std::ranges::any_of(entries, [&](const ScopeEntry& one) {
           return one.allows(action) && !one.kind && (!one.namespace_id || one.namespace_id == id);
         });
}

bool Scope::allows_everywhere(Action action) const {
  return unbounded() || std::ranges::any_of(entries, [&](const ScopeEntry& one) {
           return one.allows(action) && !one.kind && !one.namespace_id;
         });
}

bool Scope::allows_somewhere(Action action) const {
  return unbounded() || std::ranges::any_of(entries, [&](const ScopeEntry& one) { return one.allows(action); });
}

Role Scope::role() const {
  return highest(Role::OWNER, [&](Action action) { return allows_somewhere(action); });
}

Role Principal::granted_on(const ResourceRef& resource) const {
  Role best = Role::NONE;
  for (const auto& one : grants) best = std::max(best, one->on(resource));
  return best;
}

Role Principal::granted_in(NamespaceId id) const {
  Role best = Role::NONE;
  for (const auto& one : grants) best = std::max(best, one->in(id));
  return best;
}

Role Principal::granted_everywhere() const {
  Role best = Role::NONE;
  for (const auto& one : grants) best = std::max(best, one->everywhere());
  return best;
}

bool Principal::may(Role needed, const ResourceRef& resource) const {
  if (needed == Role::NONE) return true;
  return scope.allows(action_of(needed), resource) && granted_on(resource) >= needed;
}

Role Principal::role_on(const ResourceRef& resource) const {
  const Role granted = granted_on(resource);
  if (scope.unbounded()) return granted;
  return highest(granted, [&](Action action) { return scope.allows(action, resource); });
}

Role Principal::role_in(NamespaceId id) const {
  const Role granted = granted_in(id);
  if (scope.unbounded()) return granted;
  return highest(granted, [&](Action action) { return scope.allows_in(action, id); });
}

Role Principal::role_everywhere() const {
  const Role granted = granted_everywhere();
  if (scope.unbounded()) return granted;
  return highest(granted, [&](Action action) { return scope.allows_everywhere(action); });
}

void Principal::grant(const Grant& grant) {
  grants.push_back(std::make_shared<const Grants>(std::vector{grant}));
}

}  // namespace souk::access
