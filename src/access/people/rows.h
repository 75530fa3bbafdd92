// SPDX-License-Identifier: Apache-2.0
//
// Rows of principals and grants, and the rules that several operations of People share. Inside the room only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/people/model.h"
#include "access/people/people.h"
#include "access/state.h"
#include "store/store.h"

namespace souk::access {

struct PrincipalRow {
  PrincipalId id;
  std::string name;
  PrincipalKind kind = PrincipalKind::USER;
  std::string display_name;
  PrincipalState state = PrincipalState::ACTIVE;
  std::optional<NamespaceId> namespace_id;
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(PrincipalRow, (), (id, name, kind, display_name, state, namespace_id, create_time))

Result<std::optional<PrincipalRow>> find_principal(store::Tx& tx, std::string_view name);
// Errors: not_found
Result<PrincipalRow> get_principal(store::Tx& tx, PrincipalKind kind, std::string_view name);
// A slug that is nobody's and no word of souk's own. Errors: invalid_argument, already_exists
Status check_principal_name(std::string_view name);
Result<PrincipalId> insert_principal(store::Tx& tx, const PrincipalRow& wanted, std::string_view default_namespace);
// With its keys, sessions, links, memberships and grants. Its namespaces must have another owner by then.
Status delete_principal(store::Tx& tx, PrincipalId id);

bool is_everything(const ResourceRef& on);
// How a grant's row names what it is on: a namespace as a whole has no kind ("") and no object (0).
std::string grant_kind_text(const ResourceRef& on);
std::int64_t grant_object(const ResourceRef& on);
GranteeKind grantee_kind(std::optional<PrincipalKind> kind);  // none: everyone
// Errors: permission_denied, not_found
Status allow(const Access& access, const Call& call, Role needed, const ResourceRef& on);
// The caller's own role there, its key's scope included.
Role own_role(const Call& call, const ResourceRef& on);
// Errors: permission_denied
Status not_above(Role wanted, Role own);
// A user or service account as every caller may name it: takes a key without bounds. Errors: permission_denied
Status may_name_others(const Call& call);

// Sets, changes or (NONE) removes the one grant of a subject (0: everyone) on a thing. True: something changed.
Result<bool> put_grant(store::Tx& tx, const Call& call, PrincipalId subject, const ResourceRef& on, Role role);
Result<Role> granted_role(store::Tx& tx, PrincipalId subject, const ResourceRef& on);
// There is an active user who is OWNER of the server. Errors: failed_precondition
Status keep_an_owner(store::Tx& tx);
// Whom what is left goes to. Errors: not_found, failed_precondition
Result<PrincipalRow> heir_of(store::Tx& tx, const Call& call, std::string_view heir, PrincipalId leaving);
Status hand_over(store::Tx& tx, PrincipalId from, const PrincipalRow& to);
// Inserts a user or team with a namespace of its name. Errors: already_exists
Result<Namespace> add_owner(Access& access, store::Tx& tx, PrincipalRow& wanted);
// The caller, or the admin that stands for callers without a row.
Result<PrincipalRow> self_of(store::Tx& tx, const Call& call);

}  // namespace souk::access
