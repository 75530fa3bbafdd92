// SPDX-License-Identifier: Apache-2.0
#include "access/scopes.h"

#include <array>

namespace souk::access {

namespace {

struct Kept {
  std::uint32_t actions = 0;
  std::optional<NamespaceId> namespace_id;
  std::optional<ObjectKind> kind;
  std::optional<std::int64_t> object_id;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (actions, namespace_id, kind, object_id, name))

constexpr std::array kActions{Action::READ, Action::INFER, Action::WRITE, Action::MANAGE, Action::OWN};

}  // namespace

json::Raw write_scopes(const std::vector<NamedScope>& scopes) {
  std::vector<Kept> kept;
  for (const auto& [entry, name] : scopes) {
    Kept& one = kept.emplace_back();
    one.actions = entry.actions;
    if (entry.namespace_id) one.namespace_id = entry.namespace_id;
    one.kind = entry.kind;
    if (entry.kind) one.object_id = entry.object_id;
    if (!name.empty()) one.name = name;
  }
  return json::Raw{json::write(kept)};
}

Result<std::vector<NamedScope>> parse_named_scopes(const json::Raw& kept) {
  std::vector<NamedScope> scopes;
  for (Kept& one : SOUK_TRY(json::read<std::vector<Kept>>(kept.text))) {
    scopes.push_back({{one.actions, one.namespace_id.value_or(NamespaceId()), one.kind, one.object_id.value_or(0)},
                      std::move(one.name).value_or("")});
  }
  return scopes;
}

Result<std::vector<ScopeEntry>> parse_scopes(const json::Raw& kept) {
  std::vector<ScopeEntry> entries;
  for (const NamedScope& one : SOUK_TRY(parse_named_scopes(kept))) entries.push_back(one.entry);
  return entries;
}

KeyScope shown(const NamedScope& scope) {
  KeyScope out;
  for (const Action action : kActions) {
    if (scope.entry.allows(action)) out.actions.push_back(action);
  }
  if (!scope.entry.namespace_id) return out;
  auto& place = !scope.entry.kind                             ? out.namespace_
                : *scope.entry.kind == ObjectKind::DEPLOYMENT ? out.deployment
                                                              : out.model;
  place = scope.name;
  return out;
}

std::uint32_t bits_of(const std::vector<Action>& actions) {
  std::uint32_t bits = 0;
  for (const Action action : actions) bits |= 1u << static_cast<unsigned>(action);
  return bits;
}

}  // namespace souk::access
