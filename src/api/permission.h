// SPDX-License-Identifier: Apache-2.0
//
// What a route demands of its caller before anything is read. It has no default: a route without one does
// not compile. Which object is asked for, only the room function finds out, and checks there again.
#pragma once

#include "access/model.h"

namespace souk::api {

class Permission {
 public:
  static constexpr Permission anyone() { return Permission(false, access::Role::NONE); }
  // Somebody with valid credentials (in dev: everybody on loopback).
  static constexpr Permission known() { return Permission(true, access::Role::NONE); }
  // Somebody whose key may use this role at all.
  static constexpr Permission role(access::Role needed) { return Permission(true, needed); }

  constexpr bool needs_credentials() const { return needs_credentials_; }
  constexpr access::Role needed() const { return needed_; }

 private:
  constexpr Permission(bool needs_credentials, access::Role needed)
      : needs_credentials_(needs_credentials), needed_(needed) {}
  bool needs_credentials_;
  access::Role needed_;
};

inline constexpr Permission kAnyone = Permission::anyone();
inline constexpr Permission kKnown = Permission::known();
inline constexpr Permission kReader = Permission::role(access::Role::READER);
inline constexpr Permission kExecutor = Permission::role(access::Role::EXECUTOR);
inline constexpr Permission kWriter = Permission::role(access::Role::WRITER);
inline constexpr Permission kAdmin = Permission::role(access::Role::ADMIN);

}  // namespace souk::api
