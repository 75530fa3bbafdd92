// SPDX-License-Identifier: Apache-2.0
//
// What Access is made of. Inside the room only.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "access/access.h"
#include "access/audit/refusals.h"
#include "access/memory/credentials.h"
#include "access/memory/directory.h"
#include "access/memory/roster.h"

namespace souk::access {

// What a change makes old in memory, here and on other nodes: written into its event.
struct Touched {
  std::vector<std::int64_t> subjects;  // whose grants, teams or state changed; 0: everyone
  std::vector<std::int64_t> keys, sessions;
  std::vector<std::int64_t> holders;  // all of whose keys and sessions ended
  bool namespaces = false;
};
BOOST_DESCRIBE_STRUCT(Touched, (), (subjects, keys, sessions, holders, namespaces))

// The caller as a subject; none for those without a row.
inline std::vector<std::int64_t> subjects_of(const Call& call) {
  return call.principal->id ? std::vector{call.principal->id.value} : std::vector<std::int64_t>();
}

// An event of access itself.
struct Change {
  std::string type;  // "grant.created"
  std::string kind;  // "grant"
  std::int64_t id = 0;
  std::string name;
  const Namespace* ns = nullptr;  // null: only administrators of the server hear of it
  std::string detail = "{}";      // JSON, for the audit
  Touched touched = {};
};

struct Access::State {
  State(store::Store& store, events::Log& events, Logger& log, Metrics& metrics, bool dev, AccessSettings settings);

  // Begins to hear what other nodes change. `each_minute` runs on a thread of its own.
  Status watch(std::function<void()> each_minute);
  void stop();
  // Appends the event, and forgets what it touched once `tx` is committed.
  Status append(store::Tx& tx, const Call& call, const Change& change);
  void forget(const Touched& touched);
  void forget_all();

  Result<PrincipalPtr> accept(const CredentialPtr& credential, bool may_load);

  store::Store& store;
  events::Log& events;
  Logger& log;
  Metrics& metrics;
  const bool dev;
  const AccessSettings settings;
  Directory directory;
  Roster roster;
  Credentials credentials;
  PrincipalPtr system;
  PrincipalPtr anonymous;
  Counter& accepted;
  Counter& refused;
  Refusals refusals;
  std::mutex signing_keys_mutex;
  std::map<std::string, std::string, std::less<>> signing_keys;

 private:
  void hear(const events::Event& event);

  events::Subscription subscription_;
  std::mutex minute_mutex_;
  std::condition_variable_any minute_;
  std::jthread minutes_;
};

// The principal that owns what the anonymous caller of dev mode makes, and the first key.
inline constexpr std::string_view kAdmin = "admin";

struct KeyToMake {
  PrincipalId principal;
  std::string name;
  std::vector<NamedScope> scopes;
  std::string default_namespace;
  std::optional<Time> expire_time;
};
Result<CreatedKey> insert_key(store::Tx& tx, const KeyToMake& wanted, std::string secret = new_key());

}  // namespace souk::access
