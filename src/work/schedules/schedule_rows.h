// SPDX-License-Identifier: Apache-2.0
//
// The SQL of schedules. Inside the room only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/store.h"
#include "work/schedules/schedule.h"

namespace souk::work {

// Errors: invalid_argument
Status write_schedule(store::Tx& tx, const NewSchedule& schedule, Time wall);
Result<bool> delete_schedule(store::Tx& tx, std::string_view name);
Result<std::vector<Schedule>> all_schedules(store::Tx& tx);

// Enqueues what is due at `wall`, each in a transaction of its own that other nodes lose; calls `wake` with its queue.
// When the next one is due; Time::max(): never.
Result<Time> fire_due_schedules(store::Store& store, Time wall, Time clock,
                                const std::function<void(const std::string&)>& wake);

}  // namespace souk::work
