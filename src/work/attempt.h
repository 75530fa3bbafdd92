// SPDX-License-Identifier: Apache-2.0
//
// One run of an item, lent to the queue's function while it lasts. Everything it writes about the item is fenced: it
// is refused with `aborted` once the item was given to another attempt, on whatever node.
//
// Once only: a function that changes the database calls complete(tx) in the transaction of that change. The two are
// then kept together or not at all, and a second attempt finds the item gone:
//
//   return store.write([&](Tx& tx) -> Status {
//     SOUK_TRY(attempt.complete(tx));
//     return tx.defer("UPDATE accounts SET …");
//   });
//
// One that calls it not has its item completed when it returns well: at least once.
#pragma once

#include <stop_token>

#include "work/model.h"

namespace souk::work {

struct Running;

class Attempt {
 public:
  explicit Attempt(Running& running) : running_(running) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  const Item& item() const;
  // Asked to end: cancelled, out of time, or the node stops or may have lost the item. Return soon, with any error.
  std::stop_token stop() const;
  Deadline deadline() const;  // of the attempt; kNoDeadline: none

  // Part of the transaction. Errors: aborted (the item is no longer this attempt's)
  Status complete(store::Tx& tx);
  Status check(store::Tx& tx);
  // What the next attempt finds in item().checkpoint; at most 64 KiB. Errors: aborted
  Status save(store::Tx& tx, const json::Raw& checkpoint);
  // After a good return: not done, but to be run again after `delay`. Does not count as a failure.
  void again(Duration delay);

 private:
  Running& running_;
};

}  // namespace souk::work
