// SPDX-License-Identifier: Apache-2.0
//
// Signing in with a password: web sessions, and the one-time links that set a password. A session is a token in a
// cookie; the database holds its SHA-256. It ends when it was not used for `access.session_idle`, after
// `access.session_lifetime`, when it is revoked, and when its user is disabled, deleted or takes another password.
// Its token is another after each sign-in, each change of the password, and each hour.
//
// Failed tries are counted by account and by address. A browser in which the account signed in before carries a device
// token and has tries of its own: whoever guesses from elsewhere cannot keep the owner out. A name that nobody has
// fails in the same words and the same time as a wrong password. Thread-safe; no longer than the Access it was made of.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.h"
#include "access/people/model.h"

namespace souk::access {

// What a browser sends along.
struct Browser {
  std::string session;  // the cookie that it has so far: ended by a sign-in, never taken over
  std::string device;   // its device token
  std::string user_agent;
};
struct SignIn {
  std::string name;
  std::string password;
};
struct SetUp {
  std::string token;  // of the link
  std::string password;
  std::string name;  // of the first administrator; for other links ignored
};

struct SignedIn {
  std::string token;
  std::string device;
  std::string name;
  Time expire_time;
};

struct Session {
  SessionId id;
  Time create_time;
  Time last_use_time;  // to the minute
  Time expire_time;
  std::string address;
  std::string user_agent;
  bool current = false;
};
BOOST_DESCRIBE_STRUCT(Session, (), (id, create_time, last_use_time, expire_time, address, user_agent, current))

struct PasswordLink {
  std::string token;
  Time expire_time;
};

class Sessions {
 public:
  explicit Sessions(Access& access);
  ~Sessions();
  // Answers what is under way and refuses what comes: before what `done` answers to goes.
  void close();

  using Done = std::function<void(Result<SignedIn>)>;
  // `done` is called once, on a thread of this class. Errors: unauthenticated, resource_exhausted (with when to try
  // again), unavailable
  void sign_in(const Call& call, SignIn wanted, Browser browser, Done done);
  // Sets the password that the link is for, and signs in. Errors: unauthenticated (the link), invalid_argument
  void set_up(const Call& call, SetUp wanted, Browser browser, Done done);
  using Replaced = std::optional<SignedIn>;  // nothing: the token stays, or the call came by a key
  // Of the caller; its other sessions end. Errors: permission_denied (the old one is wrong), invalid_argument
  void change_password(const Call& call, std::string old_password, std::string new_password,
                       std::function<void(Result<Replaced>)> done);
  // Another token for the session that the call came by, once its own is old; that works on for a minute, for what is
  // on its way.
  Result<Replaced> rotate(const Call& call);

  // Whose link it is; empty: of the first administrator, who is yet to be named. Errors: unauthenticated
  Result<std::string> link_owner(std::string_view token) const;
  // A link that sets the user's password once. Takes ADMIN everywhere. Errors: not_found, permission_denied
  Result<PasswordLink> make_link(const Call& call, std::string_view user);
  // While nobody can sign in yet, or where the settings ask for it: the link of the first administrator.
  Result<std::optional<PasswordLink>> setup_link();

  // Of the caller, or of another `user`, which takes ADMIN everywhere; so do the two that follow. Errors: not_found
  Result<std::vector<Session>> list(const Call& call, std::string_view user = "") const;
  Status revoke(const Call& call, SessionId id);
  // All but the one that the call came by.
  Status revoke_others(const Call& call, std::string_view user = "");
  // The session that the call came by.
  Status sign_out(const Call& call);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What a page shows with each request that changes something: only who reads answers of this server knows it.
std::string csrf_token(std::string_view session);

}  // namespace souk::access
