// SPDX-License-Identifier: Apache-2.0
//
// The SQL of items. Those that move an item out of RUNNING are fenced by (id, token) and say whether it was theirs.
// Inside the room only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/store.h"
#include "work/model.h"

namespace souk::work {

// Errors: invalid_argument
Status check_item(const NewItem& item);

Result<Enqueued> insert_item(store::Tx& tx, const NewItem& item, Time now);
Status send_item(store::Tx& tx, const NewItem& item, Time now);
Result<std::optional<Item>> find_item(store::Tx& tx, ItemId id);

// Namespaces after `last` that have an item waiting in the queue, in order; each costs a step into the index.
Result<std::vector<NamespaceId>> waiting_namespaces(store::Tx& tx, std::string_view queue, NamespaceId last,
                                                    std::int64_t limit);
// Of one namespace, by priority, then in order. None when the node is not among the living.
Result<std::vector<Item>> claim_items(store::Tx& tx, std::string_view queue, NamespaceId namespace_id, NodeId node,
                                      std::int64_t limit, Time now);

// --- ends of an attempt -------------------------------------------------------------------------------
// Affected rows, or sent with others where nobody asks.
Result<bool> complete_item(store::Tx& tx, const Item& item, Time now, Duration keep_done);
Status send_complete(store::Tx& tx, const Item& item, Time now, Duration keep_done);
// Not before `due`, with the error of this attempt.
Status send_delay(store::Tx& tx, const Item& item, Time now, Time due, std::string_view error);
// As if this attempt had not been.
Status send_release(store::Tx& tx, const Item& item, Time now);
Status send_again(store::Tx& tx, const Item& item, Time now, Time due);
Result<bool> bury_item(store::Tx& tx, const Item& item, Time now, Duration keep_dead, std::string_view error);
Result<bool> remove_item(store::Tx& tx, const Item& item);  // in the state that `item` says
Result<bool> save_checkpoint(store::Tx& tx, const Item& item, const json::Raw& checkpoint);
Result<bool> is_current(store::Tx& tx, const Item& item);

// --- what is due by itself ----------------------------------------------------------------------------
inline constexpr std::int64_t kSweep = 500;  // rows of each kind at a time
Result<std::optional<Time>> next_alarm(store::Tx& tx);
// Put-off items whose time has come, to WAITING; the queues they are in.
Result<std::vector<std::string>> wake_delayed(store::Tx& tx, Time now);
Result<std::int64_t> delete_old(store::Tx& tx, Time now);
// Not running and past their deadline.
Result<std::vector<Item>> overdue_items(store::Tx& tx, Time now);
// Of nodes that are no more.
Result<std::vector<Item>> orphans(store::Tx& tx);
Result<std::vector<Item>> running_on(store::Tx& tx, NodeId node);
// SQLite, at the start: times that were written by a clock ahead of this one, as if written now.
Status rebase_times(store::Tx& tx, Time now);
// An orphan that may be tried again.
Status send_rescue(store::Tx& tx, const Item& item, Time now);

}  // namespace souk::work
