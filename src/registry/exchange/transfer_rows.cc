// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/transfer_rows.h"

namespace souk::registry {

namespace {

const std::string kSelect = "SELECT " + store::columns<Transfer>() + " FROM exchanges ";
const std::string kSelectEntry = "SELECT " + store::columns<Entry>() + " FROM exchange_entries ";

}  // namespace

Result<Transfer> insert_transfer(store::Tx& tx, const Transfer& t) {
  auto row = SOUK_TRY(tx.first<Transfer>(
      "INSERT INTO exchanges (namespace_id, kind, conflict, source, actor, item_id, state, phase, archive, "
      "total_bytes, "
      "done_bytes, entries, applied, created, unchanged, skipped, error_code, error, create_time, update_time) "
      "VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, 0, 0, 0, 0, 0, 0, '', '', $10, $10) RETURNING " +
          store::columns<Transfer>(),
      t.namespace_id, t.kind, t.conflict, t.source, t.actor, t.state, t.phase, t.archive, t.total_bytes,
      t.create_time));
  if (!row) return internal("a transfer that was made is not there");
  return std::move(*row);
}

Status set_transfer_item(store::Tx& tx, TransferId id, work::ItemId item) {
  return tx.defer("UPDATE exchanges SET item_id = $2 WHERE id = $1", id, item);
}

Result<std::optional<Transfer>> find_transfer(store::Tx& tx, TransferId id) {
  return tx.first<Transfer>(kSelect + "WHERE id = $1", id);
}

Result<std::vector<Transfer>> list_transfers(store::Tx& tx, NamespaceId ns, TransferKind kind) {
  return tx.all<Transfer>(kSelect + "WHERE namespace_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 100", ns, kind);
}

Status update_transfer(store::Tx& tx, const Transfer& t) {
  return tx.defer(
      "UPDATE exchanges SET source = $2, state = $3, phase = $4, archive = $5, total_bytes = $6, done_bytes = $7, "
      "entries = $8, applied = $9, created = $10, unchanged = $11, skipped = $12, error_code = $13, error = $14, "
      "update_time = $15 WHERE id = $1",
      t.id, t.source, t.state, t.phase, t.archive, t.total_bytes, t.done_bytes, t.entries, t.applied, t.created,
      t.unchanged, t.skipped, t.error_code, t.error, now());
}

Result<std::vector<Transfer>> old_exports(store::Tx& tx, Time before) {
  return tx.all<Transfer>(kSelect +
                              "WHERE kind = 'EXPORT' AND archive IS NOT NULL AND state = 'SUCCEEDED' AND "
                              "update_time < $1 ORDER BY id LIMIT 100",
                          before);
}

Status insert_entry(store::Tx& tx, TransferId id, const Entry& entry) {
  return tx.defer(
      "INSERT INTO exchange_entries (exchange_id, path, place, digest, size, use) VALUES ($1, $2, $3, $4, $5, $6) "
      "ON CONFLICT (exchange_id, path) DO NOTHING",
      id, entry.path, entry.place, entry.digest, entry.size, entry.use);
}

Result<std::optional<Entry>> find_entry(store::Tx& tx, TransferId id, const std::string& path) {
  return tx.first<Entry>(kSelectEntry + "WHERE exchange_id = $1 AND path = $2", id, path);
}

Result<std::vector<Entry>> entries_after(store::Tx& tx, TransferId id, std::int64_t after, std::int64_t limit) {
  return tx.all<Entry>(kSelectEntry + "WHERE exchange_id = $1 AND place > $2 ORDER BY place LIMIT $3", id, after,
                       limit);
}

Status set_use(store::Tx& tx, TransferId id, const std::string& unit, Use use) {
  // '0' is the character after '/': the range holds the unit's parts.
  return tx.defer("UPDATE exchange_entries SET use = $4 WHERE exchange_id = $1 AND path > $2 AND path < $3", id,
                  unit + "/", unit + "0", use);
}

Status delete_entries(store::Tx& tx, TransferId id) {
  return tx.defer("DELETE FROM exchange_entries WHERE exchange_id = $1", id);
}

}  // namespace souk::registry
