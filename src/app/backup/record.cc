// SPDX-License-Identifier: Apache-2.0
#include "app/backup/record.h"

#include <unistd.h>

#include <filesystem>

#include "store/sqlite/connection.h"

namespace souk::app {

namespace {

constexpr std::int64_t kShown = 50;
constexpr std::string_view kSqlite = "sqlite:";

std::string machine() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

// However it was given, one place has one name.
std::string place_name(const std::string& given) {
  std::error_code error;
  const std::string path = given.starts_with("file:") ? given.substr(5) : given;
  auto whole = std::filesystem::weakly_canonical(path, error).string();
  while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  return error || whole.empty() ? path : whole;
}

using Run = std::function<Status(std::string_view sql, std::vector<store::Value> parameters)>;

// SQLite lets one process write at a time; a server's transactions are short, and it waits for this one as well.
Status write_sqlite(const Settings& settings, const std::function<Status(const Run&)>& f) {
  const std::string path = settings.database.substr(kSqlite.size());
  if (::access(path.c_str(), F_OK) != 0) return not_found("there is no database at " + path);
  auto connection =
      SOUK_TRY(store::SqliteConnection::open(path, store::SqliteConnection::Mode::writer, settings.store.busy_timeout));
  SOUK_TRY(connection->execute("BEGIN IMMEDIATE"));
  SOUK_TRY(f([&](std::string_view sql, std::vector<store::Value> parameters) -> Status {
    SOUK_TRY(connection->run(sql, parameters));
    return {};
  }));
  return connection->execute("COMMIT");
}

Status write(const Settings& settings, Logger& log, const std::function<Status(const Run&)>& f) {
  if (settings.database.starts_with(kSqlite)) return write_sqlite(settings, f);
  Metrics metrics;
  auto store = SOUK_TRY(store::Store::open(settings.database, settings.store, log, metrics));
  return store->write([&](store::Tx& tx) -> Status {
    return f([&](std::string_view sql, std::vector<store::Value> parameters) -> Status {
      SOUK_TRY(tx.run(sql, parameters));
      return {};
    });
  });
}

template <class... Args>
std::vector<store::Value> values(const Args&... args) {
  return {store::to_value(args)...};
}

}  // namespace

Status note_backup(const Settings& settings, Logger& log, const std::string& place, const BackupReport& report) {
  return write(settings, log, [&](const Run& run) {
    return run(
        "INSERT INTO backups (machine, place, name, time, row_count, blobs, blob_bytes, copied_bytes, seconds, lost) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        values(machine(), place_name(place), report.name, report.time, report.rows, report.blobs, report.blob_bytes,
               report.copied_bytes, report.seconds, static_cast<std::int64_t>(report.lost.size())));
  });
}

Status note_verified(const Settings& settings, Logger& log, const std::string& place, const std::string& name,
                     const Result<BackupReport>& verified) {
  const auto damage = verified ? std::optional<std::string>() : verified.error().describe();
  return write(settings, log, [&](const Run& run) {
    return run("UPDATE backups SET verify_time = $1, damage = $2 WHERE machine = $3 AND place = $4 AND name = $5",
               values(now(), damage, machine(), place_name(place), name));
  });
}

Status note_dropped(const Settings& settings, Logger& log, const std::string& place,
                    const std::vector<std::string>& left) {
  return write(settings, log, [&](const Run& run) {
    std::string kept;
    std::vector<store::Value> parameters = values(machine(), place_name(place));
    for (const std::string& name : left) {
      parameters.push_back(store::to_value(name));
      kept += (kept.empty() ? "$" : ", $") + std::to_string(parameters.size());
    }
    return run("DELETE FROM backups WHERE machine = $1 AND place = $2" +
                   (kept.empty() ? std::string() : " AND name NOT IN (" + kept + ")"),
               std::move(parameters));
  });
}

Result<std::vector<BackupRecord>> noted_backups(const Settings& settings) {
  Logger silent(Logger::Level::off);
  Metrics metrics;
  store::StoreSettings few = settings.store;
  few.readers = few.connections = 1;
  auto store = SOUK_TRY(store::Store::open(settings.database, few, silent, metrics, store::Access::read_only));
  return store->read([](store::Tx& tx) {
    return tx.all<BackupRecord>(
        "SELECT machine, place, name, time, row_count, blobs, blob_bytes, copied_bytes, seconds, lost, verify_time, "
        "damage FROM backups ORDER BY time DESC, name DESC LIMIT $1",
        kShown);
  });
}

}  // namespace souk::app
