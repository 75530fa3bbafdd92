// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <filesystem>

#include "app/doctor/checks.h"
#include "cli/output.h"
#include "store/migrations.h"
#include "store/transfer/tables.h"

namespace souk::app {

namespace {

constexpr std::int64_t kSkew = 500, kLargeSkew = 30'000;  // ms
constexpr std::uintmax_t kLargeDatabase = 512 << 20;
constexpr const char* kRestore = "stop the server, and restore the newest backup into an empty folder: souk restore";

std::string seconds(std::int64_t millis) {
  const std::string text = std::to_string(std::abs(millis) / 100);
  return (text.size() < 2 ? "0" : text.substr(0, text.size() - 1)) + "." + text.back() + " s";
}

void check_schema(store::Store& store, Findings& out) {
  const auto status = store::migration_status(store, store::migrations());
  if (!status) return out.wrong("database.schema", status.error(), "use the souk that this database belongs to");
  std::int64_t applied = 0, known = 0;
  for (const store::MigrationStatus& one : *status) {
    known = one.number;
    if (one.applied_at) applied = one.number;
  }
  const std::string found = "schema " + std::to_string(applied) + " of " + std::to_string(known);
  if (applied == known) return out.ok("database.schema", found);
  if (applied == 0) return out.warn("database.schema", "the database is still empty", "souk serve sets it up");
  out.warn("database.schema", found, "make a backup, then souk migrate or souk serve brings it up to date");
}

Result<std::vector<std::string>> texts(store::Tx& tx, const std::string& sql) {
  std::vector<std::string> out;
  for (const auto& row : SOUK_TRY(tx.run(sql, {})).rows) {
    out.push_back(SOUK_TRY(store::from_value<std::string>(row[0])));
  }
  return out;
}

// Reading a whole database through is too much for a server that others are asking.
std::optional<double> too_large(const Patient& patient) {
  if (!patient.patience) return std::nullopt;
  std::error_code error;
  const auto size = std::filesystem::file_size(patient.settings.database.substr(7), error);
  if (error || size < kLargeDatabase) return std::nullopt;
  return static_cast<double>(size);
}

void check_sqlite(const Patient& patient, store::Store& store, Findings& out) {
  if (const auto size = too_large(patient)) {
    return out.ok("database.integrity", "not read through from here, for it has " + cli::human_bytes(*size) +
                                            ": souk doctor on this machine does");
  }
  const char* pragma = patient.verify ? "PRAGMA integrity_check(20)" : "PRAGMA quick_check(20)";
  const auto said = store.read([&](store::Tx& tx) { return texts(tx, pragma); });
  if (!said) return out.wrong("database.integrity", said.error(), kRestore);
  if (said->size() != 1 || said->front() != "ok") {
    return out.wrong("database.integrity", said->empty() ? "the check said nothing" : said->front(), kRestore);
  }
  const auto broken = store.read([](store::Tx& tx) { return tx.run("PRAGMA foreign_key_check", {}); });
  if (!broken) return out.wrong("database.integrity", broken.error(), kRestore);
  if (!broken->rows.empty()) {
    return out.wrong("database.integrity", std::to_string(broken->rows.size()) + " rows refer to what is not there",
                     kRestore);
  }
  out.ok("database.integrity", patient.verify ? "every page and index is well" : "every page is well");
}

void check_postgresql_settings(store::Store& store, Findings& out) {
  struct Wanted {
    const char* name;
    const char* why;
  };
  constexpr Wanted kOn[] = {{"fsync", "a power cut may destroy the whole database"},
                            {"full_page_writes", "a power cut may destroy the whole database"},
                            {"synchronous_commit", "a power cut may lose what was acknowledged"}};
  bool well = true;
  for (const Wanted& one : kOn) {
    const auto value = store.read(
        [&](store::Tx& tx) { return tx.scalar<std::string>("SELECT current_setting($1)", std::string(one.name)); });
    if (!value || (value->value_or("") != "off" && value->value_or("") != "local")) continue;
    well = false;
    out.wrong("database.durability", std::string("PostgreSQL has ") + one.name + " = " + **value + ": " + one.why,
              std::string("ALTER SYSTEM SET ") + one.name + " = on; SELECT pg_reload_conf();");
  }
  if (well) out.ok("database.durability", "PostgreSQL makes each commit durable");
}

void check_postgresql_connections(const Patient& patient, store::Store& store, Findings& out) {
  const auto limit =
      store.read([](store::Tx& tx) { return tx.scalar<std::string>("SELECT current_setting('max_connections')"); });
  if (!limit || !*limit) return;
  const std::int64_t all = std::atoll((*limit)->c_str());
  const std::int64_t wanted = patient.settings.store.connections + 2;
  const std::string found =
      "PostgreSQL takes " + std::to_string(all) + " connections, a node uses up to " + std::to_string(wanted);
  if (wanted > all) return out.wrong("database.connections", found, "raise max_connections or lower store.connections");
  if (wanted * 2 > all) {
    return out.warn("database.connections", found + ": two nodes would not fit",
                    "raise max_connections, or lower store.connections");
  }
  out.ok("database.connections", found);
}

// Reads every row of every table, which is what finds a damaged page.
void check_postgresql_rows(store::Store& store, Findings& out) {
  const auto rows = store.read([](store::Tx& tx) -> Result<std::int64_t> {
    std::int64_t all = 0;
    for (const store::Table& table : SOUK_TRY(store::tables(tx))) {
      SOUK_TRY(store::each_line(tx, table, [&](std::string_view) -> Status {
        ++all;
        return {};
      }));
    }
    return all;
  });
  if (!rows) return out.wrong("database.integrity", rows.error(), kRestore);
  out.ok("database.integrity", "all " + std::to_string(*rows) + " rows can be read");
}

void check_skew(store::Store& store, Findings& out) {
  const auto before = now();
  const auto theirs = store.read([](store::Tx& tx) {
    return tx.scalar<std::int64_t>("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)");
  });
  const auto after = now();
  if (!theirs || !*theirs) return;
  const std::int64_t skew = **theirs - (to_millis(before) + to_millis(after)) / 2;
  const std::int64_t unsure = (to_millis(after) - to_millis(before)) / 2;
  const std::string found =
      "this machine's clock is " + seconds(skew) + (skew > 0 ? " behind" : " ahead of") + " the database's";
  const std::string fix = "let both be set by the network's time (systemd-timesyncd, chrony)";
  if (std::abs(skew) - unsure > kLargeSkew) return out.wrong("clock.skew", found, fix);
  if (std::abs(skew) - unsure > kSkew) return out.warn("clock.skew", found, fix);
  out.ok("clock.skew", "this machine's clock agrees with the database's");
}

// Nothing can have happened later than now, unless a clock was wrong then or is wrong now.
void check_step(store::Store& store, Findings& out) {
  const auto newest = store.read(
      [](store::Tx& tx) { return tx.scalar<std::int64_t>("SELECT time FROM events ORDER BY sequence DESC LIMIT 1"); });
  if (!newest || !*newest) return;
  const std::int64_t ahead = **newest - to_millis(now());
  if (ahead <= 2000) return out.ok("clock.step", "nothing happened later than now");
  out.wrong("clock.step",
            "the newest event is " + seconds(ahead) + " in the future: the clock was set back, or was wrong",
            "set the clock right (timedatectl); what expires, expires by it");
}

}  // namespace

void check_database(Patient& patient, Findings& out) {
  const Settings& settings = patient.settings;
  const std::string shown = settings::mask_url(settings.database);
  auto opened =
      store::Store::open(settings.database, settings.store, patient.log, patient.metrics, store::Access::read_only);
  if (!opened && opened.error().code == Code::not_found) {
    return out.warn("database.reach", opened.error().describe(),
                    "souk serve makes it; or give the right one by --data or --database");
  }
  if (!opened) {
    return out.wrong("database.reach", opened.error(),
                     settings.database.starts_with("sqlite:")
                         ? "let souk's user read the file; if it is damaged, restore a backup"
                         : "start PostgreSQL, and see that address, name and password are right");
  }
  patient.store = std::move(*opened);
  store::Store& store = *patient.store;
  out.ok("database.reach", shown);
  check_schema(store, out);
  if (store.dialect() == store::Dialect::sqlite) {
    check_sqlite(patient, store, out);
  } else {
    check_postgresql_settings(store, out);
    check_postgresql_connections(patient, store, out);
    if (patient.verify) check_postgresql_rows(store, out);
    check_skew(store, out);
  }
  check_step(store, out);
}

}  // namespace souk::app
