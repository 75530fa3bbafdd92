// SPDX-License-Identifier: Apache-2.0
//
// What a database knows of its own backups: `souk backup` notes each one that it made, verified or dropped, so that a
// server can say when the last was. A note is a few rows, written beside a server that may hold the database.
#pragma once

#include <string>
#include <vector>

#include "api/native/server/care.h"
#include "app/backup/backup.h"
#include "app/settings.h"
#include "store/store.h"

namespace souk::app {

using api::native::BackupRecord;

// `place` as it was given. Errors: those of the database (it cannot be written, it has an older schema)
Status note_backup(const Settings& settings, Logger& log, const std::string& place, const BackupReport& report);
// The report of a backup that was read whole, or the one that was not and what is wrong with it.
Status note_verified(const Settings& settings, Logger& log, const std::string& place, const std::string& name,
                     const Result<BackupReport>& verified);
// Forgets those of the place that are not there any more.
Status note_dropped(const Settings& settings, Logger& log, const std::string& place,
                    const std::vector<std::string>& left);

// Newest first. Opens the database for itself: a reader of the server's would see what another process wrote only
// after the server's next commit.
Result<std::vector<BackupRecord>> noted_backups(const Settings& settings);

}  // namespace souk::app
