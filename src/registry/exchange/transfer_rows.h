// SPDX-License-Identifier: Apache-2.0
//
// The rows of exports and imports, and of the entries that an import has stored. Inside the room only.
#pragma once

#include <optional>
#include <vector>

#include "registry/exchange/exchange.h"

namespace souk::registry {

// What becomes of a part. UNKNOWN: not decided, or no part.
BOOST_DEFINE_ENUM_CLASS(Use, UNKNOWN, NEW, SAME, SKIPPED)

struct Entry {
  std::string path;
  std::int64_t place = 0;
  Digest digest;
  std::int64_t size = 0;
  Use use = Use::UNKNOWN;
};
BOOST_DESCRIBE_STRUCT(Entry, (), (path, place, digest, size, use))

Result<Transfer> insert_transfer(store::Tx& tx, const Transfer& transfer);
Status set_transfer_item(store::Tx& tx, TransferId id, work::ItemId item);
Result<std::optional<Transfer>> find_transfer(store::Tx& tx, TransferId id);
Result<std::vector<Transfer>> list_transfers(store::Tx& tx, NamespaceId ns, TransferKind kind);
// Everything that changes on the way.
Status update_transfer(store::Tx& tx, const Transfer& transfer);
// Exports with an archive that are over since before a time.
Result<std::vector<Transfer>> old_exports(store::Tx& tx, Time before);

Status insert_entry(store::Tx& tx, TransferId id, const Entry& entry);
Result<std::optional<Entry>> find_entry(store::Tx& tx, TransferId id, const std::string& path);
// Those whose place is after `after`, in order.
Result<std::vector<Entry>> entries_after(store::Tx& tx, TransferId id, std::int64_t after, std::int64_t limit);
Status set_use(store::Tx& tx, TransferId id, const std::string& unit, Use use);
Status delete_entries(store::Tx& tx, TransferId id);

}  // namespace souk::registry
