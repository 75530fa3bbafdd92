// SPDX-License-Identifier: Apache-2.0
//
// Backups: made beside a running server, consistent, verified. The rows are those of one snapshot; the bytes are all
// that these rows refer to, each checked on its way. Restoring checks every digest, and compares the tables that it
// filled with the digests of those that were saved, before anything counts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/backup/place.h"
#include "base/log.h"
#include "store/store.h"

namespace souk::app {

struct BackupReport {
  std::string name;
  Time time;
  std::string database;
  std::int64_t tables = 0;
  std::int64_t rows = 0;
  std::int64_t blobs = 0;
  std::int64_t blob_bytes = 0;
  std::int64_t copied_blobs = 0;  // the others were there already
  std::int64_t copied_bytes = 0;
  double seconds = 0;
  std::vector<LostBlob> lost;
};
BOOST_DESCRIBE_STRUCT(BackupReport, (),
                      (name, time, database, tables, rows, blobs, blob_bytes, copied_blobs, copied_bytes, seconds,
                       lost))

// Told now and then how far the copying of blobs is.
using Progress = std::function<void(std::string_view what, std::int64_t done, std::int64_t all)>;

// Errors: those of the database and of the place. Blobs that are lost at the source are in the report: what is left
// is saved all the same.
Result<BackupReport> make_backup(store::Store& store, blobs::Blobs& bytes, BackupPlace& place,
                                 const Progress& progress);
// Reads everything of a backup and compares digests. Errors: not_found, data_loss (the first thing found wrong)
Result<BackupReport> verify_backup(BackupPlace& place, const std::string& name, const Progress& progress);
// Drops all but the newest `count` backups, and what only they had; how many that were.
Result<std::int64_t> keep_newest(BackupPlace& place, std::int64_t count);

// Into a database without rows of its own. Errors: failed_precondition (it has some; the backup is of a newer souk),
// data_loss
Result<BackupReport> restore_backup(BackupPlace& place, const std::string& name, store::Store& store,
                                    blobs::Blobs& bytes, Logger& log, const Progress& progress);

double seconds_since(std::chrono::steady_clock::time_point begun);  // to the millisecond
BackupReport report_of(const std::string& name, const BackupManifest& manifest);

}  // namespace souk::app
