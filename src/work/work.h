// SPDX-License-Identifier: Apache-2.0
//
// Durable work. An item is enqueued in the transaction of what asked for it, taken by one node at a time, and either
// done, tried again with back-off, cancelled, or left to an operator as dead. Nothing of it is only in memory: the
// items of a node that dies are given to others (nodes.h), and what the dead one still writes is refused.
//
// - Enqueueing wakes the dispatcher of this node at the commit; other nodes are told when this one is full.
// - Namespaces take turns; within one, by priority, then in order. A claim reads as many rows as it takes.
// - Times are those of the database's clock (clock.h): no node's clock matters.
//
// Thread-safe. The Store and the Nodes outlive it; queues are added before start().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "store/lists/listing.h"
#include "store/store.h"
#include "work/attempt.h"
#include "work/model.h"
#include "work/nodes.h"
#include "work/schedules/schedule.h"
#include "work/settings.h"

namespace souk::work {

class Work {
 public:
  Work(WorkSettings settings, store::Store& store, Nodes& nodes, Logger& log, Metrics& metrics);
  ~Work();

  void add(Queue queue);
  void start();
  // Asks attempts to end and waits for them; what did not end well is left to be run again.
  void stop();

  // Part of the caller's transaction. Errors: invalid_argument (payload, key, priority)
  Result<Enqueued> enqueue(store::Tx& tx, const NewItem& item);
  // As enqueue, for an item without key whose id does not matter: travels with the next statement.
  Status send(store::Tx& tx, const NewItem& item);
  // An item that waits is gone with this transaction, after its queue's gave_up; one that runs is asked to end.
  // False: it is not there, or is dead or done.
  Result<bool> cancel(store::Tx& tx, ItemId id);

  // --- schedules (schedule.h): an item each time one is due, on one node, once ---------------------------
  // Makes it or changes it. Errors: invalid_argument (cron, time zone)
  Status put_schedule(store::Tx& tx, const NewSchedule& schedule);
  Result<bool> remove_schedule(store::Tx& tx, std::string_view name);
  Result<std::vector<Schedule>> schedules();

  // --- for operators ------------------------------------------------------------------------------------
  Result<std::vector<QueueStatus>> queues();
  // Of one queue; the filter knows id, state, priority, namespace_id, attempts, key, create_time, update_time.
  Result<store::Page<Item>> items(std::string_view queue, const store::ListQuery& query, std::string_view token_key);
  Result<Item> get(std::string_view queue, ItemId id);
  // What is to be written with each item that an operator moves, in its transaction.
  using Also = std::function<Status(store::Tx&, const Item&)>;
  // Dead items back to waiting, or gone for good; how many. `id` 0: all of the queue. Errors: not_found
  // failed_precondition (not dead)
  Result<std::int64_t> retry(std::string_view queue, ItemId id, const Also& also = {});
  Result<std::int64_t> drop(std::string_view queue, ItemId id, const Also& also = {});
  // Errors: not_found, failed_precondition (dead or done)
  Status cancel(std::string_view queue, ItemId id, const Also& also = {});

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace souk::work
