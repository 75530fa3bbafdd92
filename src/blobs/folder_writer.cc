// SPDX-License-Identifier: Apache-2.0
#include "blobs/folder_writer.h"

#include <unistd.h>

#include <vector>

#include "blobs/folder.h"

namespace souk::blobs {

namespace {
constexpr std::uint64_t kWriteBackBytes = 8 << 20;
constexpr std::size_t kReadBytes = 1 << 20;
}  // namespace

FolderWriter::FolderWriter(FolderBlobs& blobs, std::string id, File file, std::uint64_t size)
    : blobs_(blobs), id_(std::move(id)), file_(std::move(file)), size_(size), written_back_(size) {}

Status FolderWriter::reopen() {
  if (file_.is_open()) return {};
  Result<File> file = File::open(blobs_.upload_path(id_), true);
  if (!file && file.error().code == Code::not_found) {
    return not_found("upload " + id_ + " does not exist or has expired").advise("start the upload again");
  }
  file_ = SOUK_TRY(std::move(file));
  std::uint64_t size = SOUK_TRY(file_.size());
  if (size != size_) {
    hasher_.finish();
    hashed_ = 0;
    size_ = size;
  }
  return {};
}

Status FolderWriter::write(std::span<const std::byte> bytes) {
  SOUK_TRY(reopen());
  if (Status written = file_.write_at(size_, bytes); !written) {
    if (Status cut = file_.cut(size_); !cut) {
      return data_loss("taking back a part of upload " + id_ + " failed").because(cut.error());
    }
    return written;
  }
  if (hashed_ == size_) {
    hasher_.update(bytes);
    hashed_ += bytes.size();
  }
  size_ += bytes.size();
  blobs_.written().add(bytes.size());
  if (size_ - written_back_ >= kWriteBackBytes) {
    file_.start_write_back(written_back_, size_ - written_back_);
    written_back_ = size_;
  }
  return {};
}

Status FolderWriter::suspend() {
  hasher_.park();
  file_.close();
  return {};
}

Status FolderWriter::hash_the_rest() {
  if (hashed_ == size_) return {};
  std::vector<std::byte> buffer(kReadBytes);
  while (hashed_ < size_) {
    std::size_t got = SOUK_TRY(file_.read_at(hashed_, buffer));
    if (got == 0) return data_loss("upload " + id_ + " ends before its " + std::to_string(size_) + " bytes");
    got = static_cast<std::size_t>(std::min<std::uint64_t>(got, size_ - hashed_));
    hasher_.update(std::span(buffer).first(got));
    hashed_ += got;
  }
  return {};
}

Result<Digest> FolderWriter::commit(std::optional<Digest> expected) {
  SOUK_TRY(reopen());
  SOUK_TRY(hash_the_rest());
  file_.start_write_back(written_back_, size_ - written_back_);
  Digest digest = hasher_.finish();
  hashed_ = 0;
  if (expected && *expected != digest) {
    std::uint64_t size = size_;
    discard();
    return wrong_digest(size, digest, *expected);
  }
  std::optional<std::uint64_t> there = SOUK_TRY(blobs_.find_size(digest));
  if (there != size_) SOUK_TRY(file_.sync_data());
  file_.close();
  SOUK_TRY(blobs_.keep(blobs_.upload_path(id_), digest, size_));
  return digest;
}

void FolderWriter::discard() {
  file_.close();
  hasher_.park();
  unlink(blobs_.upload_path(id_).c_str());
}

}  // namespace souk::blobs
