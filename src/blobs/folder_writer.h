// SPDX-License-Identifier: Apache-2.0
//
// One upload into a folder store. The file holds all that counts; the running hash is only a head start over
// hashing the file again, and is dropped where it does not match what the file holds (after a restart, or when
// another node went on with the upload). A writer that is destroyed leaves its file behind, to be resumed or
// expired.
#pragma once

#include <string>

#include "blobs/blobs.h"
#include "blobs/file.h"
#include "blobs/hasher.h"

namespace souk::blobs {

class FolderBlobs;

class FolderWriter final : public Writer {
 public:
  FolderWriter(FolderBlobs& blobs, std::string id, File file, std::uint64_t size);

  const std::string& id() const override { return id_; }
  std::uint64_t size() const override { return size_; }
  Status write(std::span<const std::byte> bytes) override;
  Status suspend() override;
  Result<Digest> commit(std::optional<Digest> expected) override;
  void discard() override;

 private:
  Status reopen();
  Status hash_the_rest();

  FolderBlobs& blobs_;
  std::string id_;
  File file_;
  Hasher hasher_;
  std::uint64_t size_;
  std::uint64_t hashed_ = 0;        // how far the running hash came
  std::uint64_t written_back_ = 0;  // how far writing to the disk was started
};

}  // namespace souk::blobs
