// SPDX-License-Identifier: Apache-2.0
//
// The SQL of what operators see and do. Inside the room only.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "store/lists/listing.h"
#include "store/store.h"
#include "work/model.h"

namespace souk::work {

// Of the queues that have items.
Result<std::vector<QueueStatus>> queue_statuses(store::Tx& tx);
Result<store::Page<Item>> list_items(store::Tx& tx, std::string_view queue, const store::ListQuery& query,
                                     std::string_view token_key);
// Dead to waiting, as if new.
Status revive_item(store::Tx& tx, const Item& item, Time now);
// Calls f for the dead item, or for all of the queue that are dead now (`id` 0), in transactions of `batch` each.
// Errors: not_found, failed_precondition (not dead)
Result<std::int64_t> each_dead(store::Store& store, std::string_view queue, ItemId id, std::int64_t batch,
                               const std::function<Status(store::Tx&, const Item&)>& f);

}  // namespace souk::work
