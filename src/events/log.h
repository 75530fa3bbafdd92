// SPDX-License-Identifier: Apache-2.0
//
// What happened, in order: an event is written in the transaction of the change it tells of, so that it is there
// exactly when the change is. Readers go on from a cursor and miss nothing that commits later: on PostgreSQL the
// order of numbers is not the order of commits, so rows carry their transaction's number and only those below
// every running transaction are read.
//
// A cursor is opaque text, good for as long as the log keeps what follows it. Subscribers share one reading
// thread and its queries. Thread-safe. The Store outlives the Log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

namespace souk::events {

struct Event {
  std::string cursor;
  std::string type;  // "model.updated"
  Time time;
  std::string namespace_;
  std::string kind;  // "model"
  std::int64_t id = 0;
  std::string name;
  std::string actor;
  std::string trace_id;
  json::Raw data;
  NamespaceId namespace_id;  // for those who decide what is visible; told to nobody
};
BOOST_DESCRIBE_STRUCT(Event, (), (cursor, type, time, namespace_, kind, id, name, actor, trace_id, data))

struct NewEvent {
  std::string type;
  NamespaceId namespace_id;
  std::string namespace_;
  std::string kind;
  std::int64_t id = 0;
  std::string name;
  std::string actor;
  std::string trace_id;
  json::Raw data;
  std::int64_t actor_id = 0;  // these three for who listens to appends; they are not in the log
  std::string credential;
  std::string address;
};

struct Filter {
  std::vector<std::string> types;             // "model.updated", or "model.*"; empty: all
  std::function<bool(const Event&)> visible;  // empty: all; must not block

  bool admits(const Event& event) const;
};

struct Page {
  std::vector<Event> events;
  std::string cursor;  // where to go on, past those that the filter left out too
  bool more = false;   // there is more to read at once
};

using EventPtr = std::shared_ptr<const Event>;

// Ends with this object: afterwards the callback is not running and will not run. A callback may end its own.
class Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::shared_ptr<void> hold) : hold_(std::move(hold)) {}
  void reset() { hold_.reset(); }
  explicit operator bool() const { return hold_ != nullptr; }

 private:
  std::shared_ptr<void> hold_;
};

class Hub;
class Notifier;

class Log {
 public:
  Log(store::Store& store, Logger& log, Metrics& metrics);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Part of the transaction; travels with its next statement.
  Status append(store::Tx& tx, const NewEvent& event);

  // f becomes part of every append from now on, in the same transaction. To be called once, before any append.
  void on_append(std::function<Status(store::Tx&, const NewEvent&)> f) { on_append_ = std::move(f); }

  // Up to `limit` (at most 1,000) events after a cursor, "" being the beginning. Blocks: disk.
  // Errors: invalid_argument (no cursor of this log)
  Result<Page> read(std::string_view after, const Filter& filter, std::size_t limit);

  // The newest `limit` (at most 1,000) events of one object, oldest first. Blocks: disk
  Result<std::vector<Event>> of_object(std::string_view kind, std::int64_t id, std::size_t limit);

  // The cursor of now: whatever commits later comes after it. Blocks: disk
  Result<std::string> head();

  // Calls f for each event after the cursor, in order, each once, on the reading thread: f must not block.
  // Without a cursor it begins now: what commits after this returns is told. Errors: as read
  Result<Subscription> subscribe(Filter filter, std::function<void(const EventPtr&)> f, std::string_view after = "");

  // How long ago the log was last read for subscribers: while this grows, this node does not hear what others
  // change. 0 on SQLite. Does not block.
  Duration silence() const;

  // Deletes what happened before; how many that were. Blocks: disk
  Result<std::int64_t> prune(Time before);

 private:
  store::Store& store_;
  Counter& appended_;
  std::function<Status(store::Tx&, const NewEvent&)> on_append_;
  std::shared_ptr<Hub> hub_;
  std::unique_ptr<Notifier> notifier_;
};

}  // namespace souk::events
