// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "app/backup/backup.h"
#include "app/backup/record.h"
#include "app/operator_commands.h"
#include "app/own_arguments.h"
#include "app/prepare.h"
#include "artifacts/moves/moves.h"
#include "cli/output.h"

namespace souk::app {

namespace {

constexpr const char* kBackupUsage =
    "souk backup PLACE [--keep N] [-o json] --data DIR [--database URL] [--blobs URL]\n"
    "souk backup PLACE --list\n"
    "souk backup PLACE --verify [NAME]\n\n"
    "Saves the database and the bytes into PLACE, a folder, beside a running server or without one. What PLACE has\n"
    "already is not copied again. --keep drops all but the newest N backups; --verify reads one (default: the newest)\n"
    "and compares every digest.";
constexpr const char* kRestoreUsage =
    "souk restore PLACE [NAME] [-o json] --data DIR [--database URL] [--blobs URL]\n\n"
    "Puts a backup (default: the newest) into an empty database and an empty folder, SQLite or PostgreSQL whichever\n"
    "it came from. Every digest is checked. `souk serve` with the same settings goes on from there.";

struct Listed {
  std::vector<BackupReport> backups;
};
BOOST_DESCRIBE_STRUCT(Listed, (), (backups))

std::vector<cli::Column> columns() {
  const auto size = [](const char* path) {
    return [path](json::Value row) { return cli::human_bytes(row.find(path)->number()); };
  };
  return {{"NAME", "name"}, {"DATABASE", "database"}, {"TABLES", "tables"},
          {"ROWS", "rows"}, {"BLOBS", "blobs"},       {"BYTES", "", size("blob_bytes")}};
}

void print(const cli::Output& out, const BackupReport& report) {
  const auto whole = json::Document::parse(json::write(report));
  if (!whole) return;
  out.print(whole->root(), [&] {
    auto lines = columns();
    lines.push_back({"COPIED", "copied_blobs"});
    lines.push_back({"SECONDS", "seconds"});
    return cli::card(lines, whole->root());
  });
}

// On a terminal, at most five lines a second.
Progress progress_of(const cli::Output& out) {
  if (out.quiet() || ::isatty(2) == 0) return [](std::string_view, std::int64_t, std::int64_t) {};
  return [last = std::chrono::steady_clock::time_point()](std::string_view what, std::int64_t done,
                                                          std::int64_t all) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (done < all && now - last < std::chrono::milliseconds(200)) return;
    last = now;
    std::fprintf(stderr, "\r%.*s %lld of %lld%s", static_cast<int>(what.size()), what.data(),
                 static_cast<long long>(done), static_cast<long long>(all), done == all ? "\n" : "");
  };
}

Logger quiet_logger(const Settings& settings) {
  Settings less = settings;
  if (less.log_level == "info") less.log_level = "warn";
  return logger_of(less);
}

Result<std::string> newest(BackupPlace& place) {
  auto names = SOUK_TRY(place.names());
  if (names.empty()) return not_found("there is no backup yet").advise("souk backup PLACE makes one");
  return std::move(names.back());
}

Status list(BackupPlace& place, const cli::Output& out) {
  Listed listed;
  for (const std::string& name : SOUK_TRY(place.names())) {
    listed.backups.push_back(report_of(name, SOUK_TRY(place.manifest(name))));
  }
  const auto whole = SOUK_TRY(json::Document::parse(json::write(listed)));
  out.print(whole.root(), [&] { return cli::table(columns(), cli::rows_of(whole, "backups")); });
  return {};
}

// A backup counts, noted or not: who may only read the database makes one all the same.
void tell_unnoted(const Status& noted, const cli::Output& out) {
  if (noted || noted.error().code == Code::not_found) return;  // a copy is verified where there is no server
  out.remark("the server will not tell of it, for it could not be noted: " + noted.error().describe());
}

struct Target {
  const std::string& url;  // as it was given
  BackupPlace& place;
};

Status save(const Settings& settings, const Target& target, std::int64_t keep, const cli::Output& out, Logger& log) {
  Metrics metrics;
  auto opened = store::Store::open(settings.database, settings.store, log, metrics, store::Access::read_only);
  if (!opened && opened.error().code == Code::not_found) {
    return std::move(opened).error().advise("give the server's folder by --data, or its database by --database");
  }
  auto store = *std::move(opened);
  auto bytes = SOUK_TRY(artifacts::Moves::open_blobs(*store, settings.blobs, [&](const std::string& url) {
    return blobs::Blobs::open(url, log, metrics, settings.s3);
  }));
  const BackupReport report = SOUK_TRY(make_backup(*store, *bytes, target.place, progress_of(out)));
  print(out, report);
  tell_unnoted(note_backup(settings, log, target.url, report), out);
  if (!report.lost.empty()) {
    return data_loss("the backup was made, but " + std::to_string(report.lost.size()) +
                     " blobs could not be saved; the first: " + report.lost.front().reason)
        .advise("souk doctor --verify names them all, and what refers to them");
  }
  if (keep > 0) {
    SOUK_TRY(keep_newest(target.place, keep));
    tell_unnoted(note_dropped(settings, log, target.url, SOUK_TRY(target.place.names())), out);
  }
  return {};
}

Status verify(const Settings& settings, const Target& target, const std::string& name, const cli::Output& out,
              Logger& log) {
  const Result<BackupReport> verified = verify_backup(target.place, name, progress_of(out));
  tell_unnoted(note_verified(settings, log, target.url, name, verified), out);
  if (!verified) return verified.error();
  print(out, *verified);
  out.remark("the backup is whole");
  return {};
}

Status back_up(const Settings& settings, const std::string& where, bool listing, const OwnArguments::Optional& verified,
               std::int64_t keep, const cli::Output& out) {
  Logger log = quiet_logger(settings);
  Metrics metrics;
  auto place = SOUK_TRY(BackupPlace::open(where, listing || verified.given, log, metrics));
  if (listing) return list(place, out);
  const Target target{where, place};
  if (!verified.given) return save(settings, target, keep, out, log);
  return verify(settings, target, verified.value ? *verified.value : SOUK_TRY(newest(place)), out, log);
}

Status restore_into(const Settings& settings, const std::string& where, const std::optional<std::string>& name,
                    const cli::Output& out) {
  Logger log = quiet_logger(settings);
  Metrics metrics;
  auto place = SOUK_TRY(BackupPlace::open(where, true, log, metrics));
  const std::string chosen = name ? *name : SOUK_TRY(newest(place));
  SOUK_TRY(make_private_folder(settings.data));
  const auto lock = SOUK_TRY(store::LockFile::acquire(settings.data + "/serve.lock"));
  auto store = SOUK_TRY(store::Store::open(settings.database, settings.store, log, metrics));
  auto bytes = SOUK_TRY(blobs::Blobs::open(settings.blobs, log, metrics, settings.s3));
  const BackupReport report = SOUK_TRY(restore_backup(place, chosen, *store, *bytes, log, progress_of(out)));
  print(out, report);
  if (report.lost.empty()) return {};
  return data_loss(std::to_string(report.lost.size()) +
                   " blobs are not in the backup, they were lost before it; the first: " + report.lost.front().reason)
      .advise("everything else was restored; souk doctor names what refers to them");
}

Result<std::int64_t> count_of(const std::optional<std::string>& text) {
  if (!text) return std::int64_t{0};
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (failed == std::errc() && end == text->data() + text->size() && count > 0) return count;
  return invalid_argument("--keep takes a number from 1 on, not " + *text);
}

int ended(const Status& status) {
  if (status) return 0;
  return fail(status.error(), status.error().code == Code::invalid_argument ? 2 : 1);
}

}  // namespace

int backup(const std::vector<std::string>& arguments) {
  OwnArguments own(arguments);
  const auto where = own.first();
  const bool listing = own.flag("--list");
  const auto verify = own.flag_or_option("--verify");
  const auto keep_text = own.option("--keep");
  if (!keep_text) return fail(keep_text.error(), 2);
  const auto keep = count_of(*keep_text);
  if (!keep) return fail(keep.error(), 2);
  const auto out = own.output();
  if (!out) return fail(out.error(), 2);
  Settings settings;
  settings::Table table = table_of(settings);
  if (auto code = prepare(settings, table, own.settings(), kBackupUsage)) return *code;
  be_patient(settings);
  if (!where) return fail(invalid_argument("where to is not given").advise("souk backup PLACE"), 2);
  return ended(back_up(settings, *where, listing, verify, *keep, *out));
}

int restore(const std::vector<std::string>& arguments) {
  OwnArguments own(arguments);
  const auto where = own.first(), name = own.first();
  const auto out = own.output();
  if (!out) return fail(out.error(), 2);
  Settings settings;
  settings::Table table = table_of(settings);
  if (auto code = prepare(settings, table, own.settings(), kRestoreUsage)) return *code;
  be_patient(settings);
  if (!where) return fail(invalid_argument("where from is not given").advise("souk restore PLACE"), 2);
  return ended(restore_into(settings, *where, name, *out));
}

}  // namespace souk::app
