// SPDX-License-Identifier: Apache-2.0
#include "app/backup/place.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/json.h"
#include "blobs/file.h"

namespace souk::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 1 << 20;
constexpr std::uint64_t kLargestText = 1ull << 30;

Error no_backup(const std::string& where) {
  return not_found("there is no backup at " + where).advise("souk backup " + where + " makes one");
}

// Only names that this program gives: nothing that leads out of the folder.
Status check_name(const std::string& name) {
  const bool plain = !name.empty() && name.size() <= 64 &&
                     std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
  if (plain) return {};
  return invalid_argument("\"" + name.substr(0, 64) + "\" is no name of a backup").advise("souk backup PLACE --list");
}

}  // namespace

Result<BackupPlace> BackupPlace::open(const std::string& url, bool must_exist, Logger& log, Metrics& metrics) {
  std::string path = url.starts_with("file:") ? url.substr(5) : url;
  if (path.starts_with("//")) path = path.substr(2);
  if (path.empty() || path.find(':') != std::string::npos) {
    return invalid_argument("'" + settings::mask_url(url) + "' is no place for backups").advise("give a folder");
  }
  std::error_code error;
  const std::string folder = fs::absolute(path, error).lexically_normal().string();
  if (must_exist && !fs::is_directory(folder + "/backups", error)) return no_backup(path);
  auto blobs = SOUK_TRY(blobs::Blobs::open("file:" + folder, log, metrics));
  SOUK_TRY(blobs::make_folder(folder + "/backups"));
  auto lock = store::LockFile::acquire(folder + "/backups/.lock");
  if (!lock) {
    if (lock.error().code != Code::failed_precondition) return lock.error();
    return failed_precondition("another backup or restore works in " + path)
        .advise("wait until it is done")
        .because(std::move(lock.error()));
  }
  return BackupPlace(folder, std::move(blobs), std::move(*lock));
}

Result<std::vector<std::string>> BackupPlace::names() const {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator at(folder_ + "/backups", error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".json") out.push_back(at->path().stem().string());
  }
  if (error) return unavailable("cannot list " + folder_ + "/backups: " + error.message());
  std::ranges::sort(out);
  return out;
}

Result<BackupHead> BackupPlace::head(const std::string& name) const {
  SOUK_TRY(check_name(name));
  auto file = blobs::File::open(path_of(name), false);
  if (!file && file.error().code == Code::not_found) return no_backup(folder_ + " of the name " + name);
  auto open = SOUK_TRY(std::move(file));
  std::string text(4096, '\0');
  text.resize(SOUK_TRY(open.read_at(0, std::as_writable_bytes(std::span(text)))));
  auto head = json::read<BackupHead>(text);
  if (!head) return data_loss("the head of backup " + name + " is damaged").because(std::move(head.error()));
  if (head->format != kBackupFormat) {
    return failed_precondition("backup " + name + " is of format " + std::to_string(head->format) +
                               ", this program knows " + std::to_string(kBackupFormat))
        .advise("use the souk that made it, or a newer one");
  }
  return *head;
}

Status BackupPlace::add(const std::string& name, const BackupHead& head) {
  SOUK_TRY(check_name(name));
  auto file = SOUK_TRY(blobs::File::create(path_of(name)));
  Status written = file.write_at(0, as_bytes(json::write(head) + "\n"));
  if (written) written = file.sync_data();
  if (!written) {
    ::unlink(path_of(name).c_str());
    return written;
  }
  return blobs::sync_folder(folder_ + "/backups");
}

Status BackupPlace::remove(const std::string& name) {
  SOUK_TRY(check_name(name));
  if (::unlink(path_of(name).c_str()) < 0) return blobs::file_error("removing", path_of(name), errno);
  return blobs::sync_folder(folder_ + "/backups");
}

Result<Digest> BackupPlace::put(std::string_view text) {
  const Digest digest = sha256(text);
  if (SOUK_TRY(blobs_->find_size(digest)) == text.size()) return digest;
  return blobs_->put(as_bytes(text));
}

Result<std::string> BackupPlace::get(const Digest& digest) {
  std::string text = SOUK_TRY(blobs_->read_all(digest, kLargestText));
  if (sha256(text) == digest) return text;
  return data_loss("a part of the backup is damaged: " + digest.string() + " has other bytes");
}

Result<BackupManifest> BackupPlace::manifest(const std::string& name) {
  return json::read<BackupManifest>(SOUK_TRY(get(SOUK_TRY(head(name)).manifest)));
}

Result<std::vector<artifacts::KeptBlob>> BackupPlace::blobs_of(const BackupManifest& manifest) {
  std::vector<artifacts::KeptBlob> out;
  for (const Digest& list : manifest.blob_lists) {
    const std::string text = SOUK_TRY(get(list));
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::size_t space = std::min(text.find(' ', at), end);
      artifacts::KeptBlob blob{SOUK_TRY(Digest::parse(std::string_view(text).substr(at, space - at))), 0};
      std::from_chars(text.data() + std::min(space + 1, end), text.data() + end, blob.size);
      out.push_back(blob);
      at = end + 1;
    }
  }
  return out;
}

Status copy_blob(blobs::Blobs& from, blobs::Blobs& to, const artifacts::KeptBlob& blob) {
  auto reader = SOUK_TRY(from.open_blob(blob.digest));
  auto writer = SOUK_TRY(to.create());
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t at = 0;;) {
    auto got = reader->read_at(at, piece);
    if (!got || *got == 0) {
      if (got) break;
      writer->discard();
      return std::move(got).error();
    }
    if (Status written = writer->write(std::span(piece).first(*got)); !written) {
      writer->discard();
      return written;
    }
    at += *got;
  }
  auto copied = writer->commit(blob.digest);
  if (copied) return {};
  if (copied.error().code != Code::invalid_argument) return std::move(copied).error();
  return data_loss("blob " + blob.digest.string() + " has other bytes than its digest says");
}

Status check_blob(blobs::Blobs& blobs, const artifacts::KeptBlob& blob) {
  auto reader = SOUK_TRY(blobs.open_blob(blob.digest));
  if (reader->size() != static_cast<std::uint64_t>(blob.size)) {
    return data_loss("blob " + blob.digest.string() + " has " + std::to_string(reader->size()) + " bytes, not " +
                     std::to_string(blob.size));
  }
  Sha256 hash;
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t at = 0;;) {
    const std::size_t got = SOUK_TRY(reader->read_at(at, piece));
    if (got == 0) break;
    hash.update(std::span(piece).first(got));
    at += got;
  }
  if (hash.finish() == blob.digest) return {};
  return data_loss("blob " + blob.digest.string() + " has other bytes than its digest says");
}

}  // namespace souk::app
