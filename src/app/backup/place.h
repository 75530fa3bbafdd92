// SPDX-License-Identifier: Apache-2.0
//
// Where backups are: content by digest, and the named heads. One user at a time, who holds its lock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/backup/format.h"
#include "artifacts/inventory.h"
#include "blobs/blobs.h"
#include "store/sqlite/lock_file.h"

namespace souk::app {

class BackupPlace {
 public:
  // `url` is file:PATH (or a path). Errors: invalid_argument, unavailable, failed_precondition (in use),
  // not_found (`must_exist`, and no backup is there)
  static Result<BackupPlace> open(const std::string& url, bool must_exist, Logger& log, Metrics& metrics);

  blobs::Blobs& blobs() { return *blobs_; }
  // The names of backups, oldest first.
  Result<std::vector<std::string>> names() const;
  Result<BackupHead> head(const std::string& name) const;
  // Durable when it returns. Errors: already_exists
  Status add(const std::string& name, const BackupHead& head);
  Status remove(const std::string& name);

  // Content in one piece of memory; what is there already is not written again.
  Result<Digest> put(std::string_view text);
  // Errors: not_found, data_loss (not what its digest says)
  Result<std::string> get(const Digest& digest);
  Result<BackupManifest> manifest(const std::string& name);
  Result<std::vector<artifacts::KeptBlob>> blobs_of(const BackupManifest& manifest);

 private:
  BackupPlace(std::string folder, std::unique_ptr<blobs::Blobs> blobs, store::LockFile lock)
      : folder_(std::move(folder)), blobs_(std::move(blobs)), lock_(std::move(lock)) {}
  std::string path_of(const std::string& name) const { return folder_ + "/backups/" + name + ".json"; }

  std::string folder_;
  std::unique_ptr<blobs::Blobs> blobs_;
  store::LockFile lock_;
};

// Copies a blob, checking its digest on the way. Errors: not_found, data_loss (of the source), and the target's own
Status copy_blob(blobs::Blobs& from, blobs::Blobs& to, const artifacts::KeptBlob& blob);
// Reads a blob and compares its digest. Errors: not_found, data_loss (and what is wrong), unavailable
Status check_blob(blobs::Blobs& blobs, const artifacts::KeptBlob& blob);

}  // namespace souk::app
