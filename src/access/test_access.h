// SPDX-License-Identifier: Apache-2.0
//
// For tests only: a migrated database of either kind with its event log and Access over it, and callers.
#pragma once

#include <memory>
#include <string>

#include "access/access.h"
#include "events/log.h"
#include "store/test_database.h"

namespace souk::access {

class TestAccess {
 public:
  explicit TestAccess(store::Dialect dialect, bool dev = true, AccessSettings settings = {}) : database(dialect) {
    store = database.open_migrated();
    events = std::make_unique<events::Log>(*store, database.log, database.metrics);
    access = std::make_unique<Access>(*store, *events, database.log, database.metrics, dev, std::move(settings));
    first_key = store::TestDatabase::must(access->bootstrap()).value_or("");
  }

  // A request of this principal.
  static Call call_of(PrincipalPtr principal) {
    Call call;
    call.namespace_ = principal->default_namespace;
    call.principal = std::move(principal);
    call.trace_id = "0af7651916cd43dd8448eb211c80319c";
    return call;
  }
  Call system() const { return call_of(access->system()); }
  // Somebody with one role in one namespace, or (0) everywhere.
  static Call somebody(Role role, NamespaceId ns, std::string name = "somebody") {
    auto principal = std::make_shared<Principal>();
    principal->id = PrincipalId(77);
    principal->name = std::move(name);
    principal->kind = PrincipalKind::USER;
    principal->grant({.namespace_id = ns, .role = role});
    return call_of(std::move(principal));
  }
  // The caller that a key names.
  Result<Call> with_key(const std::string& key) const {
    return call_of(SOUK_TRY(access->authenticate("Bearer " + key)));
  }
  NamespaceId make_namespace(const std::string& slug) {
    return store::TestDatabase::must(access->create_namespace(system(), slug, slug, "")).id;
  }

  store::TestDatabase database;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<events::Log> events;
  std::unique_ptr<Access> access;
  std::string first_key;
};

}  // namespace souk::access
