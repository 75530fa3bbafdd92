// SPDX-License-Identifier: Apache-2.0
#include "app/backup/backup.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "store/migrations.h"

namespace souk::app {

namespace {

constexpr std::size_t kPieceBytes = 4 << 20;
constexpr int kRounds = 5;

// Text that is put away in pieces, with the digest of the whole.
class Pieces {
 public:
  explicit Pieces(BackupPlace& place) : place_(place) {}
  Status add(std::string_view line) {
    hash_.update(as_bytes(line));
    text_ += line;
    return text_.size() < kPieceBytes ? Status() : put();
  }
  Result<std::pair<Digest, std::vector<Digest>>> finish() {
    if (!text_.empty()) SOUK_TRY(put());
    return std::pair(hash_.finish(), std::move(digests_));
  }

 private:
  Status put() {
    digests_.push_back(SOUK_TRY(place_.put(text_)));
    text_.clear();
    return {};
  }
  BackupPlace& place_;
  Sha256 hash_;
  std::string text_;
  std::vector<Digest> digests_;
};

struct Snapshot {
  BackupManifest manifest;
  std::vector<artifacts::KeptBlob> blobs;
};

// All rows, and what they refer to, as of one moment.
Result<Snapshot> save_rows(store::Tx& tx, BackupPlace& place) {
  Snapshot out;
  BackupManifest& manifest = out.manifest;
  manifest.time = now();
  manifest.souk = SOUK_VERSION;
  manifest.database = tx.dialect() == store::Dialect::sqlite ? "sqlite" : "postgresql";
  manifest.migrations =
      SOUK_TRY(tx.all<BackupMigration>("SELECT number, name, checksum FROM schema_migrations ORDER BY number"));
  for (store::Table& table : SOUK_TRY(store::tables(tx))) {
    BackupTable saved{table.name, table.columns, 0, {}, {}};
    Pieces pieces(place);
    SOUK_TRY(store::each_line(tx, table, [&](std::string_view line) {
      ++saved.rows;
      return pieces.add(line);
    }));
    std::tie(saved.digest, saved.pieces) = SOUK_TRY(pieces.finish());
    manifest.tables.push_back(std::move(saved));
  }
  manifest.identities = SOUK_TRY(store::last_identities(tx));
  out.blobs = SOUK_TRY(artifacts::kept_blobs(tx));
  return out;
}

bool is_of_source(Code code) {
  return code == Code::not_found || code == Code::data_loss;
}

// Copies what the place lacks. What the source lacks, or has wrongly, is returned.
Result<std::vector<LostBlob>> copy_missing(const std::vector<artifacts::KeptBlob>& wanted, blobs::Blobs& bytes,
                                           BackupPlace& place, BackupReport& report, const Progress& progress) {
  std::vector<LostBlob> lost;
  std::int64_t done = 0;
  for (const artifacts::KeptBlob& blob : wanted) {
    progress("blobs", done++, static_cast<std::int64_t>(wanted.size()));
    if (SOUK_TRY(place.blobs().find_size(blob.digest)) == static_cast<std::uint64_t>(blob.size)) continue;
    if (Status copied = copy_blob(bytes, place.blobs(), blob); !copied) {
      if (!is_of_source(copied.error().code)) return std::move(copied).error();
      lost.push_back({blob.digest, copied.error().describe()});
      continue;
    }
    ++report.copied_blobs;
    report.copied_bytes += blob.size;
  }
  progress("blobs", done, done);
  return lost;
}

// Whether one of them is gone because nothing refers to it any more, in which case the snapshot is too old.
Result<bool> any_was_dropped(store::Store& store, const std::vector<LostBlob>& lost) {
  return store.read([&](store::Tx& tx) -> Result<bool> {
    for (const LostBlob& one : lost) {
      if (!SOUK_TRY(artifacts::is_kept(tx, one.digest))) return true;
    }
    return false;
  });
}

Status list_blobs(BackupManifest& manifest, const std::vector<artifacts::KeptBlob>& blobs, BackupPlace& place) {
  std::set<Digest> lost;
  for (const LostBlob& one : manifest.lost) lost.insert(one.digest);
  Pieces pieces(place);
  for (const artifacts::KeptBlob& blob : blobs) {
    if (lost.contains(blob.digest)) continue;
    ++manifest.blobs;
    manifest.blob_bytes += blob.size;
    SOUK_TRY(pieces.add(blob.digest.string() + " " + std::to_string(blob.size) + "\n"));
  }
  manifest.blob_lists = SOUK_TRY(pieces.finish()).second;
  return {};
}

// "2026-11-21T13-18-00Z", and "-2" where that second has one already.
Result<std::string> add_head(BackupPlace& place, const BackupHead& head) {
  std::string name = format_rfc3339(head.time).substr(0, 19) + "Z";
  std::ranges::replace(name, ':', '-');
  for (int attempt = 1;; ++attempt) {
    const std::string tried = attempt == 1 ? name : name + "-" + std::to_string(attempt);
    const Status added = place.add(tried, head);
    if (added) return tried;
    if (added.error().code != Code::already_exists) return added.error();
  }
}

// Everything a backup consists of, but the blobs.
std::vector<Digest> own_content(const BackupHead& head, const BackupManifest& manifest) {
  std::vector<Digest> out{head.manifest};
  out.insert(out.end(), manifest.blob_lists.begin(), manifest.blob_lists.end());
  for (const BackupTable& table : manifest.tables) out.insert(out.end(), table.pieces.begin(), table.pieces.end());
  return out;
}

Result<std::set<Digest>> all_content(BackupPlace& place, const std::string& name) {
  const BackupManifest manifest = SOUK_TRY(place.manifest(name));
  std::set<Digest> out;
  for (const Digest& digest : own_content(SOUK_TRY(place.head(name)), manifest)) out.insert(digest);
  for (const artifacts::KeptBlob& blob : SOUK_TRY(place.blobs_of(manifest))) out.insert(blob.digest);
  return out;
}

}  // namespace

double seconds_since(std::chrono::steady_clock::time_point begun) {
  const auto took = std::chrono::steady_clock::now() - begun;
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) / 1000;
}

BackupReport report_of(const std::string& name, const BackupManifest& manifest) {
  BackupReport report;
  report.name = name;
  report.time = manifest.time;
  report.database = manifest.database;
  report.tables = static_cast<std::int64_t>(manifest.tables.size());
  for (const BackupTable& table : manifest.tables) report.rows += table.rows;
  report.blobs = manifest.blobs;
  report.blob_bytes = manifest.blob_bytes;
  report.lost = manifest.lost;
  return report;
}

// The bytes come twice: first those of now, which takes long, then those of the snapshot that are new since. Were
// the snapshot first, the collector might take what it refers to before it is copied.
Result<BackupReport> make_backup(store::Store& store, blobs::Blobs& bytes, BackupPlace& place,
                                 const Progress& progress) {
  const auto begun = std::chrono::steady_clock::now();
  BackupReport copied;
  SOUK_TRY(copy_missing(SOUK_TRY(store.read(artifacts::kept_blobs)), bytes, place, copied, progress));
  Snapshot snapshot;
  for (int round = 1;; ++round) {
    snapshot = SOUK_TRY(store.read([&](store::Tx& tx) { return save_rows(tx, place); }));
    snapshot.manifest.lost = SOUK_TRY(copy_missing(snapshot.blobs, bytes, place, copied, progress));
    if (snapshot.manifest.lost.empty()) break;
    if (round == kRounds || !SOUK_TRY(any_was_dropped(store, snapshot.manifest.lost))) break;
  }
  SOUK_TRY(list_blobs(snapshot.manifest, snapshot.blobs, place));
  BackupHead head;
  head.time = snapshot.manifest.time;
  head.manifest = SOUK_TRY(place.put(json::write(snapshot.manifest)));
  BackupReport report = report_of(SOUK_TRY(add_head(place, head)), snapshot.manifest);
  report.copied_blobs = copied.copied_blobs;
  report.copied_bytes = copied.copied_bytes;
  report.seconds = seconds_since(begun);
  return report;
}

Result<BackupReport> verify_backup(BackupPlace& place, const std::string& name, const Progress& progress) {
  const auto begun = std::chrono::steady_clock::now();
  const BackupManifest manifest = SOUK_TRY(place.manifest(name));
  for (const BackupTable& table : manifest.tables) {
    Sha256 hash;
    for (const Digest& piece : table.pieces) hash.update(as_bytes(SOUK_TRY(place.get(piece))));
    if (hash.finish() != table.digest) return data_loss("table " + table.name + " of the backup is not what was saved");
  }
  const auto blobs = SOUK_TRY(place.blobs_of(manifest));
  std::int64_t done = 0;
  for (const artifacts::KeptBlob& blob : blobs) {
    progress("blobs", done++, static_cast<std::int64_t>(blobs.size()));
    SOUK_TRY(check_blob(place.blobs(), blob));
  }
  progress("blobs", done, done);
  BackupReport report = report_of(name, manifest);
  report.seconds = seconds_since(begun);
  return report;
}

Result<std::int64_t> keep_newest(BackupPlace& place, std::int64_t count) {
  std::vector<std::string> names = SOUK_TRY(place.names());
  if (static_cast<std::int64_t>(names.size()) <= count) return std::int64_t{0};
  const auto old_ones = names.size() - static_cast<std::size_t>(count);
  std::set<Digest> kept, old_content;
  for (std::size_t i = 0; i < names.size(); ++i)
    (i < old_ones ? old_content : kept).merge(SOUK_TRY(all_content(place, names[i])));
  // Heads go first: what has a head is whole.
  for (std::size_t i = 0; i < old_ones; ++i) SOUK_TRY(place.remove(names[i]));
  for (const Digest& digest : old_content) {
    if (!kept.contains(digest)) SOUK_TRY(place.blobs().remove(digest));
  }
  return static_cast<std::int64_t>(old_ones);
}

}  // namespace souk::app
