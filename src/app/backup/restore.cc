// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/backup/backup.h"
#include "artifacts/moves/moves.h"
#include "store/migrations.h"

namespace souk::app {

namespace {

// The migrations that the backup's database had, if this program knows all of them.
Result<std::vector<store::Migration>> migrations_of(const BackupManifest& manifest) {
  const std::vector<store::Migration>& known = store::migrations();
  std::vector<store::Migration> out;
  for (const BackupMigration& applied : manifest.migrations) {
    const auto found = std::ranges::find(known, applied.number, &store::Migration::number);
    if (found == known.end() || sha256(std::string_view(found->sql)).string() != applied.checksum) {
      return failed_precondition("the backup was made by souk " + manifest.souk + ", whose schema " +
                                 std::to_string(applied.number) + " (" + applied.name + ") this program does not know")
          .advise("restore it with the souk that made it, or a newer one");
    }
    out.push_back(*found);
  }
  return out;
}

// Tables that a start made but nobody used are as good as none.
Status must_be_empty(store::Store& store) {
  return store.read([](store::Tx& tx) -> Status {
    const auto tables = SOUK_TRY(store::tables(tx));
    const bool ours = std::ranges::find(tables, "schema_migrations", &store::Table::name) != tables.end();
    if (tables.empty()) return {};
    const bool has_namespaces = std::ranges::find(tables, "namespaces", &store::Table::name) != tables.end();
    const auto used = has_namespaces ? SOUK_TRY(tx.scalar<std::int64_t>("SELECT count(*) FROM namespaces")) : 0;
    if (ours && used.value_or(0) == 0) return {};
    return failed_precondition(ours ? "the database is in use: a server has begun to keep things in it"
                                    : "the database has tables that are not souk's")
        .advise("restore into an empty database and an empty data folder, or move the old ones away");
  });
}

Status load_table(store::Loader& loader, BackupPlace& place, const BackupTable& table) {
  SOUK_TRY(loader.open_table(table.name, table.columns));
  for (const Digest& digest : table.pieces) {
    const std::string piece = SOUK_TRY(place.get(digest));
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t end = std::min(piece.find('\n', at), piece.size());
      SOUK_TRY(loader.add_line(std::string_view(piece).substr(at, end - at)));
      at = end + 1;
    }
  }
  return {};
}

// Reads the tables back and compares.
Status compare_tables(store::Tx& tx, const BackupManifest& manifest) {
  for (const store::Table& table : SOUK_TRY(store::tables(tx))) {
    const auto saved = std::ranges::find(manifest.tables, table.name, &BackupTable::name);
    if (saved == manifest.tables.end()) return data_loss("the backup has no table " + table.name);
    Sha256 hash;
    SOUK_TRY(store::each_line(tx, table, [&](std::string_view line) -> Status {
      hash.update(as_bytes(line));
      return {};
    }));
    if (hash.finish() != saved->digest) return data_loss("table " + table.name + " was not restored as it was saved");
  }
  return {};
}

Status load_rows(store::Tx& tx, BackupPlace& place, const BackupManifest& manifest) {
  store::Loader loader(tx);
  SOUK_TRY(loader.begin());
  for (const BackupTable& table : manifest.tables) SOUK_TRY(load_table(loader, place, table));
  for (const store::LastIdentity& last : manifest.identities) SOUK_TRY(loader.set_last_identity(last));
  SOUK_TRY(loader.finish());
  SOUK_TRY(compare_tables(tx, manifest));
  const bool knows_moves =
      std::ranges::find(manifest.tables, "blob_moves", &BackupTable::name) != manifest.tables.end();
  return knows_moves ? artifacts::Moves::forget(tx) : Status();
}

// A restore that was interrupted may be begun again: blobs that are there are read and compared instead.
Status restore_bytes(const std::vector<artifacts::KeptBlob>& wanted, BackupPlace& place, blobs::Blobs& bytes,
                     BackupReport& report, const Progress& progress) {
  std::int64_t done = 0, there = 0;
  for (const artifacts::KeptBlob& blob : wanted) {
    if (SOUK_TRY(bytes.find_size(blob.digest))) there += blob.size;
  }
  if (bytes.kind() == "file" && there != static_cast<std::int64_t>(SOUK_TRY(bytes.stored_bytes()))) {
    return failed_precondition("the folder for bytes holds some that are not of this backup")
        .advise("restore into an empty folder (--blobs), or move the old one away");
  }
  for (const artifacts::KeptBlob& blob : wanted) {
    progress("blobs", done++, static_cast<std::int64_t>(wanted.size()));
    if (SOUK_TRY(bytes.find_size(blob.digest))) {
      if (check_blob(bytes, blob)) continue;
      SOUK_TRY(bytes.remove(blob.digest));
    }
    SOUK_TRY(copy_blob(place.blobs(), bytes, blob));
    ++report.copied_blobs;
    report.copied_bytes += blob.size;
  }
  progress("blobs", done, done);
  return {};
}

}  // namespace

Result<BackupReport> restore_backup(BackupPlace& place, const std::string& name, store::Store& store,
                                    blobs::Blobs& bytes, Logger& log, const Progress& progress) {
  const auto begun = std::chrono::steady_clock::now();
  const BackupManifest manifest = SOUK_TRY(place.manifest(name));
  const auto migrations = SOUK_TRY(migrations_of(manifest));
  SOUK_TRY(must_be_empty(store));
  BackupReport report = report_of(name, manifest);
  SOUK_TRY(restore_bytes(SOUK_TRY(place.blobs_of(manifest)), place, bytes, report, progress));
  SOUK_TRY(store::migrate(store, migrations, log));
  SOUK_TRY(store.write([&](store::Tx& tx) { return load_rows(tx, place, manifest); }));
  SOUK_TRY(store::migrate(store, store::migrations(), log));
  report.seconds = seconds_since(begun);
  return report;
}

}  // namespace souk::app
