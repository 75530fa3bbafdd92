// SPDX-License-Identifier: Apache-2.0
//
// What a backup is made of. A place of backups holds content by its digest, as a store of blobs does, and one small
// named file a backup, which says the digest of its manifest; from there on everything is named by its digest, so
// that nothing can be exchanged or damaged unseen, and what two backups have in common is kept once.
//
//   backups/<name>.json   Head
//   sha256/…              manifests, pieces of tables (lines of store/transfer/tables.h), lists of blobs, blobs
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/digest.h"
#include "base/time.h"
#include "store/transfer/tables.h"

namespace souk::app {

inline constexpr std::int64_t kBackupFormat = 1;

struct BackupHead {
  std::int64_t format = kBackupFormat;
  Time time;
  Digest manifest;
};
BOOST_DESCRIBE_STRUCT(BackupHead, (), (format, time, manifest))

struct BackupMigration {
  std::int64_t number = 0;
  std::string name;
  std::string checksum;
};
BOOST_DESCRIBE_STRUCT(BackupMigration, (), (number, name, checksum))

struct BackupTable {
  std::string name;
  std::vector<store::TableColumn> columns;
  std::int64_t rows = 0;
  Digest digest;               // of all lines
  std::vector<Digest> pieces;  // of some MiB of lines each, in order
};
BOOST_DESCRIBE_STRUCT(BackupTable, (), (name, columns, rows, digest, pieces))

// A blob that was to be there and was not, or was not what its digest says.
struct LostBlob {
  Digest digest;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(LostBlob, (), (digest, reason))

struct BackupManifest {
  std::int64_t format = kBackupFormat;
  Time time;             // of the snapshot
  std::string souk;      // the version that made it
  std::string database;  // "sqlite", "postgresql"
  std::vector<BackupMigration> migrations;
  std::vector<BackupTable> tables;
  std::vector<store::LastIdentity> identities;
  std::int64_t blobs = 0;
  std::int64_t blob_bytes = 0;
  std::vector<Digest> blob_lists;  // texts of "sha256:… SIZE" lines
  std::vector<LostBlob> lost;
};
BOOST_DESCRIBE_STRUCT(BackupManifest, (),
                      (format, time, souk, database, migrations, tables, identities, blobs, blob_bytes, blob_lists,
                       lost))

}  // namespace souk::app
