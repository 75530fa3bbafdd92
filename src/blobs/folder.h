// SPDX-License-Identifier: Apache-2.0
//
// Blobs in a folder: <root>/sha256/<first two hex>/<hex>, uploads under <root>/uploads/<id>.
//
// A blob appears by one link to a file whose bytes are on the disk already; `commit` answers once the folder's
// entry is there too. Files are 0600, folders 0700. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_set>

#include "blobs/blobs.h"

namespace souk::blobs {

class FolderBlobs final : public Blobs {
 public:
  // `root` is absolute. Errors: unavailable (the folder cannot be made or read)
  static Result<std::unique_ptr<Blobs>> open(const std::string& root, Logger& log, Metrics& metrics);
  ~FolderBlobs() override;

  Result<std::unique_ptr<Writer>> create() override;
  Result<std::unique_ptr<Writer>> resume(const std::string& id) override;
  Result<PartPlan> plan_parts(std::uint64_t size) override;
  Result<std::unique_ptr<PartUpload>> create_parts(const PartPlan& plan) override;
  Result<std::unique_ptr<PartUpload>> resume_parts(const std::string& id, const PartPlan& plan) override;
  Result<std::optional<std::uint64_t>> find_size(const Digest& digest) override;
  Result<std::unique_ptr<Reader>> open_blob(const Digest& digest) override;
  Result<std::vector<StoredBlob>> list(const std::optional<Digest>& after, std::size_t count) override;
  Status remove(const Digest& digest) override;
  Result<std::size_t> expire_uploads(Time before) override;
  std::string kind() const override { return "file"; }
  // Blocks: until the folder was counted once after the start.
  Result<std::uint64_t> stored_bytes() override;

  // For its writers: moves a finished upload to its place. Errors: unavailable
  Status keep(const std::string& upload, const Digest& digest, std::uint64_t size);
  // The upload stays, as another name of the same file.
  Status keep_too(const std::string& upload, const Digest& digest, std::uint64_t size);
  Status sync_entries(const std::string& folder) const;
  std::string blob_path(const Digest& digest) const;
  std::string upload_path(const std::string& id) const { return root_ + "/uploads/" + id; }
  Counter& written() { return written_; }

 private:
  FolderBlobs(std::string root, Logger& log, Metrics& metrics);
  void count_stored(std::stop_token stop);
  void add_stored(const Digest& digest, std::int64_t bytes);

  std::string root_;
  Logger& log_;
  Counter& written_;
  std::shared_ptr<std::atomic<std::int64_t>> stored_ = std::make_shared<std::atomic<std::int64_t>>(0);

  std::mutex counting_;
  std::condition_variable counted_;
  bool is_counted_ = false;
  std::unordered_set<Digest> changed_while_counting_;
  std::jthread counter_;
};

}  // namespace souk::blobs
