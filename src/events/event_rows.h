// SPDX-License-Identifier: Apache-2.0
//
// The SQL of the log.
#pragma once

#include <string>
#include <vector>

#include "events/cursor.h"
#include "events/log.h"
#include "store/store.h"

namespace souk::events {

struct PlacedEvent {
  Position position;
  Event event;
};

inline constexpr std::size_t kLargestPage = 1000;

Status insert_event(store::Tx& tx, const NewEvent& event);
// In order; none that an older transaction may still come before.
Result<std::vector<PlacedEvent>> events_after(store::Tx& tx, Position position, std::size_t limit);
// The newest of one object, newest first; commits under way are not waited for.
Result<std::vector<PlacedEvent>> events_of(store::Tx& tx, std::string_view kind, std::int64_t id, std::size_t limit);
Result<Position> last_position(store::Tx& tx);
// The last before a time; the beginning when there is none.
Result<Position> place_before(store::Tx& tx, Time time);
// Errors: invalid_argument (the log has never been there)
Status check_known(store::Tx& tx, Position position);
// Of the oldest `limit` events, those before a time.
Result<std::int64_t> delete_oldest(store::Tx& tx, Time before, std::size_t limit);

}  // namespace souk::events
