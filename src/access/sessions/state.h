// SPDX-License-Identifier: Apache-2.0
//
// What Sessions is made of. Inside the room only.
#pragma once

#include <optional>
#include <string>

#include "access/people/rows.h"
#include "access/sessions/passwords.h"
#include "access/sessions/sessions.h"
#include "access/sessions/tries.h"
#include "access/state.h"

namespace souk::access {

inline constexpr std::size_t kToken = 43;  // characters of a session's

struct Sessions::State {
  explicit State(Access& access);

  Result<SignedIn> sign_in(const Call& call, const SignIn& wanted, const Browser& browser);
  Result<SignedIn> set_up(const Call& call, const SetUp& wanted, const Browser& browser);
  Result<Replaced> change_password(const Call& call, const std::string& before, const std::string& after);

  // The session of a browser, and what to keep in it. `touched` takes what the sign-in ends.
  Result<SignedIn> begin(store::Tx& tx, const Call& call, const PrincipalRow& who, const Browser& browser,
                         Touched& touched);
  // Another token for the session that the call came by; the old one works on for `overlap`.
  Result<Replaced> replace(store::Tx& tx, const Call& call, Duration overlap);
  // A device token made here for this user. Errors: the database's
  Result<bool> knows_device(PrincipalId user, const std::string& device);
  Result<std::string> device_of(PrincipalId user, const Browser& browser);

  Access& access;
  Access::State& base;
  Passwords passwords;
  Tries tries;
  Counter& succeeded;
  Counter& failed;
  Counter& slowed;
  Pool workers;  // last: ends before what it uses
};

// Ends all sessions of the user but the one that the caller came by.
Result<Touched> end_others(store::Tx& tx, PrincipalId user, const Principal& self);
// The call of who is just signing in.
Call call_of(const Call& call, const PrincipalRow& who);
// An address, or of IPv6 the /64 that one subscriber has.
std::string network_of(const std::string& address);

}  // namespace souk::access
