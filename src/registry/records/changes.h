// SPDX-License-Identifier: Apache-2.0
//
// A record's changes inside a transaction that does more. Inside the room only.
#pragma once

#include "registry/records/kinds.h"

namespace souk::registry {

// Who changes what where. Holds the namespace's slug for events, which is looked up before the transaction.
struct Writer {
  Registry::State& state;
  const access::Call& call;
  Place place;
};
// Errors: not_found
Result<Writer> writer_in(Registry::State& state, const access::Call& call, NamespaceId ns);

// The checked record's row, index and event; fills in the id. Errors: not_found (a parent), already_exists
template <class T>
Status insert_record(const Writer& by, store::Tx& tx, T& record, bool unique);
// What is left as it was writes nothing. Errors: invalid_argument, already_exists
template <class T>
Result<T> change_record(const Writer& by, store::Tx& tx, const T& before, T after);
template <class T>
Status append_deleted(const Writer& by, store::Tx& tx, const T& record);

}  // namespace souk::registry
