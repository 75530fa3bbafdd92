// SPDX-License-Identifier: Apache-2.0
//
// Who asks, for what, and with which right. Roles are ordered: each includes those before it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "base/trace.h"

namespace souk::access {

// JSON and database form: "READER" and so on.
BOOST_DEFINE_ENUM_CLASS(Role, NONE, READER, EXECUTOR, WRITER, ADMIN, OWNER)
// What each role from READER on adds to the one before it. A key's scope names actions one by one.
BOOST_DEFINE_ENUM_CLASS(Action, READ, INFER, WRITE, MANAGE, OWN)
BOOST_DEFINE_ENUM_CLASS(PrincipalKind, USER, SERVICE_ACCOUNT, TEAM, ANONYMOUS, SYSTEM)
// What a grant or an Authorized may name.
BOOST_DEFINE_ENUM_CLASS(ObjectKind, NAMESPACE, MODEL, DEPLOYMENT)

constexpr Action action_of(Role role) {
  return static_cast<Action>(static_cast<int>(role) - 1);
}

struct Namespace {
  NamespaceId id;
  std::string uid;
  std::string slug;
  std::string name;
  std::string description;
  Time create_time;
  std::optional<PrincipalId> owner_id;  // a user or a team
};
BOOST_DESCRIBE_STRUCT(Namespace, (), (id, uid, slug, name, description, create_time, owner_id))

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

// The grants of one subject, for look-ups: binary searches over what is sorted once. Of several on one thing the
// highest counts.
class Grants {
 public:
  struct Entry {
    std::int64_t id = 0;            // of the namespace or object
    std::int32_t namespace_id = 0;  // that the object is in
    Role role = Role::NONE;
  };
  Grants() = default;
  explicit Grants(const std::vector<Grant>& grants);

  Role on(const ResourceRef& resource) const;
  Role in(NamespaceId id) const;
  Role everywhere() const { return everywhere_; }
  const std::vector<Entry>& namespaces() const { return namespaces_; }
  const std::vector<Entry>& objects(ObjectKind kind) const { return objects_[static_cast<std::size_t>(kind)]; }

 private:
  static constexpr std::size_t kKinds = boost::mp11::mp_size<boost::describe::describe_enumerators<ObjectKind>>::value;
  Role everywhere_ = Role::NONE;
  std::vector<Entry> namespaces_;
  std::array<std::vector<Entry>, kKinds> objects_;
};

// Some actions on everything (namespace_id 0), on a namespace with all that is in it, or on one object.
struct ScopeEntry {
  std::uint32_t actions = 0;  // a bit an Action
  NamespaceId namespace_id;
  std::optional<ObjectKind> kind;
  std::int64_t object_id = 0;

  bool covers(const ResourceRef& resource) const;
  bool allows(Action action) const { return (actions >> static_cast<unsigned>(action) & 1u) != 0; }
};
// All actions up to the one that `role` adds.
std::uint32_t actions_up_to(Role role);

// What a key may do at most; its principal's grants bound it further.
struct Scope {
  std::vector<ScopeEntry> entries;  // none: everything
  std::optional<Time> expire_time;  // of the key; what it makes ends no later

  bool unbounded() const { return entries.empty(); }
  bool covers(const ResourceRef& resource) const;
  bool allows(Action action, const ResourceRef& resource) const;
  bool allows_in(Action action, NamespaceId id) const;  // on the namespace as a whole
  bool allows_everywhere(Action action) const;
  bool allows_somewhere(Action action) const;
  Role role() const;  // the highest whose actions it allows somewhere
};

// Somebody known. Immutable once made; shared between calls.
struct Principal {
  PrincipalId id;  // 0: anonymous, system
  std::string name;
  PrincipalKind kind = PrincipalKind::ANONYMOUS;
  std::string default_namespace = "default";
  std::vector<std::shared_ptr<const Grants>> grants;  // own, of its teams, of everyone
  Scope scope;
  std::string credential;                          // for the audit: "key 12", "session 7"
  std::shared_ptr<const class Standing> standing;  // what it was made of (memory/standing.h)

  // Grants and scope together. role_* is the highest role whose actions are all allowed: fit for comparing. `may` also
  // knows a scope that allows, say, INFER without READ.
  bool may(Role needed, const ResourceRef& resource) const;
  Role role_on(const ResourceRef& resource) const;
  Role role_in(NamespaceId namespace_id) const;  // on the namespace as a whole
  Role role_everywhere() const;
  // The grants alone.
  Role granted_on(const ResourceRef& resource) const;
  Role granted_in(NamespaceId id) const;
  Role granted_everywhere() const;

  void grant(const Grant& grant);  // while it is being made
};
using PrincipalPtr = std::shared_ptr<const Principal>;

// What every room function is told of the request behind it. Lives as long as the request.
struct Call {
  PrincipalPtr principal;
  Deadline deadline = kNoDeadline;
  std::stop_token stop;
  std::string trace_id;  // 32 hex digits (W3C trace context)
  TracePtr trace;        // null: the request is not sampled
  std::string idempotency_key;
  std::string namespace_;  // where names without one are looked up: X-Souk-Namespace, else the principal's default
  std::string address;     // where from, without the port; empty: souk itself
};

}  // namespace souk::access
