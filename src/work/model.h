// SPDX-License-Identifier: Apache-2.0
//
// What is to be done, as the rest of souk sees it. An item waits in a named queue, is taken by a node for one attempt
// at a time, and is gone once it is done.
//
//   WAITING → RUNNING → done (the row goes; kept as DONE where a key guards against doing it again)
//   DELAYED → WAITING     not before a time: put off by who asked, or by back-off after an attempt that failed
//   RUNNING → DEAD        failed for good or too often, or not done by its deadline: waits for an operator
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

namespace souk::work {

using ItemId = Id<struct WorkItemKind>;

BOOST_DEFINE_ENUM_CLASS(ItemState, WAITING, DELAYED, RUNNING, DEAD, DONE)

struct NewItem {
  std::string queue;
  json::Raw payload{"{}"};           // at most 64 KiB: what is larger lies in rows or bytes that it names
  NamespaceId namespace_id;          // whose work it is; 0: souk's own
  std::string key;                   // a second item of the same queue, namespace and key is the first one; empty: none
  std::int64_t priority = 0;         // -100 … 100: higher first among the items of one namespace
  Duration delay{0};                 // not before
  std::optional<Duration> deadline;  // from now: what is not done by then is dead
};

struct Item {
  ItemId id;
  std::string queue;
  NamespaceId namespace_id;
  ItemState state = ItemState::WAITING;
  std::int64_t priority = 0;
  std::optional<std::string> key;
  json::Raw payload;
  json::Raw checkpoint;       // what an attempt saved for the next; null: nothing
  std::int64_t attempts = 0;  // begun
  std::string error;          // of the last attempt that failed
  NodeId node_id;             // of the present attempt
  std::int64_t token = 0;     // grows with each attempt: what a late one is refused by
  bool cancel = false;        // asked for while it runs
  Time create_time;
  Time update_time;  // of its state
  std::optional<Time> deadline;
  std::optional<Time> alarm_time;  // when something is due without anybody's doing
};
BOOST_DESCRIBE_STRUCT(Item, (),
                      (id, queue, namespace_id, state, priority, key, payload, checkpoint, attempts, error, node_id,
                       token, cancel, create_time, update_time, deadline, alarm_time))

struct Enqueued {
  ItemId id;
  bool created = true;  // false: the item that the key names was there
};

// An error of a kind that may pass, and is tried again.
bool may_pass(Code code);

class Attempt;

// A kind of work, added by the room that does it, on every node alike.
struct Queue {
  std::string name;  // "operations": also in metrics, the API and the CLI
  // One attempt, on a thread of the queue; may block. An error of a kind that may pass (unavailable, aborted,
  // deadline_exceeded, resource_exhausted, internal, unknown) is tried again, any other is final.
  std::function<Status(Attempt&)> run;
  // In the transaction in which an item dies (failed for good, deadline) or is cancelled (Code::cancelled).
  std::function<Status(store::Tx&, const Item&, const Error&)> gave_up = {};
  // In the transaction in which an operator puts a dead item back.
  std::function<Status(store::Tx&, const Item&)> revived = {};
  std::int64_t concurrency = 4;    // attempts at a time, on each node
  std::int64_t per_namespace = 0;  // of one namespace at a time, on each node; 0: no bound of its own
  std::int64_t max_attempts = 5;
  Duration first_retry{1'000};  // doubles with each attempt, less a random part of up to a half
  Duration longest_retry{300'000};
  Duration timeout{0};  // of one attempt; 0: none
};

struct QueueStatus {
  std::string name;
  std::int64_t waiting = 0;
  std::int64_t delayed = 0;
  std::int64_t running = 0;
  std::int64_t dead = 0;
  std::optional<Time> oldest_waiting;  // since when the one that waits longest does
  std::int64_t concurrency = 0;        // of each node; 0: this node does not know the queue
};
BOOST_DESCRIBE_STRUCT(QueueStatus, (), (name, waiting, delayed, running, dead, oldest_waiting, concurrency))

}  // namespace souk::work
