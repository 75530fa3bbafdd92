// SPDX-License-Identifier: Apache-2.0
#include "blobs/folder_parts.h"

#include <unistd.h>

#include "blobs/file.h"
#include "blobs/folder.h"

namespace souk::blobs {

namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr std::size_t kTagLength = 20;

Error gone(const std::string& id) {
  return not_found("upload " + id + " does not exist or has expired").advise("start the upload again");
}

Result<File> open_upload(const FolderBlobs& blobs, const std::string& id) {
  Result<File> file = File::open(blobs.upload_path(id), true);
  if (!file && file.error().code == Code::not_found) return gone(id);
  return file;
}

Status hash_range(const File& file, std::uint64_t offset, std::uint64_t count, Sha256& hash) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, count)));
  while (count > 0) {
    std::span<std::byte> into = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), count));
    std::size_t got = SOUK_TRY(file.read_at(offset, into));
    if (got == 0) return data_loss("an upload's file is shorter than its parts");
    hash.update(into.first(got));
    offset += got;
    count -= got;
  }
  return {};
}

class FolderPartWriter final : public PartWriter {
 public:
  FolderPartWriter(FolderBlobs& blobs, PartHasher& hasher, File file, std::uint32_t number, std::uint64_t offset,
                   std::uint64_t size)
      : blobs_(blobs), hasher_(hasher), file_(std::move(file)), number_(number), offset_(offset), size_(size) {
    hasher_.begin(number_);
  }
  ~FolderPartWriter() override { hasher_.end(number_); }

  Status write(std::span<const std::byte> bytes) override {
    if (bytes.size() > size_ - done_) {
      return out_of_range("part " + std::to_string(number_) + " has more than its " + std::to_string(size_) + " bytes");
    }
    SOUK_TRY(file_.write_at(offset_ + done_, bytes));
    done_ += bytes.size();
    blobs_.written().add(bytes.size());
    return {};
  }

  Result<std::string> finish() override {
    if (done_ != size_) {
      return out_of_range("part " + std::to_string(number_) + " has " + std::to_string(done_) + " bytes, not its " +
                          std::to_string(size_));
    }
    file_.start_write_back(offset_, size_);
    Status hashed;
    hasher_.add(number_, [&](Sha256& hash) { hashed = hash_range(file_, offset_, size_, hash); });
    SOUK_TRY(std::move(hashed));
    SOUK_TRY(file_.sync_data());
    std::string tag = random_token(kTagLength);  // another each time, so that no hash of other bytes is taken for it
    hasher_.settle(number_, tag);
    return tag;
  }

 private:
  FolderBlobs& blobs_;
  PartHasher& hasher_;
  File file_;
  const std::uint32_t number_;
  const std::uint64_t offset_, size_;
  std::uint64_t done_ = 0;
};

}  // namespace

Result<std::unique_ptr<PartWriter>> FolderParts::open_part(std::uint32_t number) {
  File file = SOUK_TRY(open_upload(blobs_, id_));
  if (SOUK_TRY(file.links()) > 1) {  // a blob already, and those never change
    return failed_precondition("upload " + id_ + " is put together").advise("complete it, or abort it");
  }
  return std::unique_ptr<PartWriter>(std::make_unique<FolderPartWriter>(blobs_, hasher_, std::move(file), number,
                                                                        plan_.offset(number), plan_.size_of(number)));
}

Result<Digest> FolderParts::commit(const std::vector<std::string>& tags, std::optional<Digest> expected) {
  File file = SOUK_TRY(open_upload(blobs_, id_));
  PartHasher::Hashed hashed = hasher_.take(tags);
  std::uint64_t done = std::min<std::uint64_t>(hashed.parts * plan_.part_size, plan_.size);
  SOUK_TRY(hash_range(file, done, plan_.size - done, hashed.hash));
  Digest digest = hashed.hash.finish();
  if (expected && *expected != digest) {
    discard();
    return wrong_digest(plan_.size, digest, *expected);
  }
  SOUK_TRY(file.sync_data());
  file.close();
  SOUK_TRY(blobs_.keep_too(blobs_.upload_path(id_), digest, plan_.size));
  return digest;
}

void FolderParts::discard() {
  unlink(blobs_.upload_path(id_).c_str());
}

}  // namespace souk::blobs
