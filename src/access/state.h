// SPDX-License-Identifier: Apache-2.0
//
// What Access is made of. Inside the room only.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "access/access.h"
#include "access/directory.h"
#include "access/key_ring.h"

namespace souk::access {

struct Access::State {
  State(store::Store& store, events::Log& events, Logger& log, Metrics& metrics, bool dev);

  // Begins to hear what other nodes change. `each_minute` runs on a thread of its own.
  Status watch(std::function<void()> each_minute);
  void stop();
  // Appends an event of access itself.
  Status append(store::Tx& tx, const Call& call, std::string_view type, std::string_view kind, std::int64_t id,
                std::string_view name, const Namespace* ns);
  // Calls `drop` once `tx` is committed.
  void drop_after(store::Tx& tx);
  void drop();

  store::Store& store;
  events::Log& events;
  Logger& log;
  const bool dev;
  Directory directory;
  KeyRing keys;
  PrincipalPtr system;
  PrincipalPtr anonymous;
  Counter& accepted;
  Counter& refused;
  std::mutex token_key_mutex;
  std::string token_key;

 private:
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
  Role role = Role::OWNER;
  std::vector<NamespaceId> namespaces;
  std::optional<Time> expire_time;
};
Result<CreatedKey> insert_key(store::Tx& tx, const KeyToMake& wanted);

}  // namespace souk::access
