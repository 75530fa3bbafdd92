// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/parts.h"

namespace souk::blobs::s3 {

namespace {

constexpr Duration kPatience{60'000};

class S3PartWriter final : public PartWriter {
 public:
  S3PartWriter(Core& core, PartHasher& hasher, std::string key, std::string upload, std::uint32_t number,
               std::uint64_t size, Buffers::Lease buffer)
      : core_(core),
        hasher_(hasher),
        key_(std::move(key)),
        upload_(std::move(upload)),
        number_(number),
        size_(size),
        buffer_(std::move(buffer)) {
    hasher_.begin(number_);
  }
  ~S3PartWriter() override { hasher_.end(number_); }

  Status write(std::span<const std::byte> bytes) override {
    if (bytes.size() > size_ - buffer_->size()) {
      return out_of_range("part " + std::to_string(number_) + " has more than its " + std::to_string(size_) + " bytes");
    }
    buffer_->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    core_.written.add(bytes.size());
    return {};
  }

  Result<std::string> finish() override {
    if (buffer_->size() != size_) {
      return out_of_range("part " + std::to_string(number_) + " has " + std::to_string(buffer_->size()) +
                          " bytes, not its " + std::to_string(size_));
    }
    auto sent =
        core_.run<Result<std::string>>([this] { return core_.bucket.put_part(key_, upload_, number_, *buffer_); });
    hasher_.add(number_, [this](Sha256& hash) { hash.update(as_bytes(*buffer_)); });
    std::string tag = SOUK_TRY(sent.get());
    hasher_.settle(number_, tag);
    return tag;
  }

 private:
  Core& core_;
  PartHasher& hasher_;
  const std::string key_, upload_;
  const std::uint32_t number_;
  const std::uint64_t size_;
  Buffers::Lease buffer_;
};

}  // namespace

Result<std::unique_ptr<PartUpload>> Parts::create(Core& core, const PartPlan& plan) {
  std::string data = Core::new_id();
  SOUK_TRY(core.bucket.put(core.upload_key(data), "", kUnsignedPayload));
  std::string upload = SOUK_TRY(core.bucket.begin_upload(core.data_key(data)));
  return std::unique_ptr<PartUpload>(std::make_unique<Parts>(core, std::move(data), std::move(upload), plan));
}

Result<std::unique_ptr<PartUpload>> Parts::resume(Core& core, const std::string& id, const PartPlan& plan) {
  std::size_t dot = id.find('.');
  if (dot == std::string::npos || !Core::is_id(id.substr(0, dot)) ||
      !SOUK_TRY(core.bucket.find(core.upload_key(id.substr(0, dot))))) {
    return not_found("the upload does not exist or has expired").advise("start the upload again");
  }
  return std::unique_ptr<PartUpload>(std::make_unique<Parts>(core, id.substr(0, dot), id.substr(dot + 1), plan));
}

Result<std::unique_ptr<PartWriter>> Parts::open_part(std::uint32_t number) {
  Buffers::Lease buffer = SOUK_TRY(core_.buffers.take(kPatience));
  return std::unique_ptr<PartWriter>(std::make_unique<S3PartWriter>(core_, hasher_, core_.data_key(data_), upload_,
                                                                    number, plan_.size_of(number), std::move(buffer)));
}

Status Parts::complete(const std::vector<std::string>& tags) {
  return core_.bucket.complete_upload(core_.data_key(data_), upload_, tags, plan_.size);
}

Result<Digest> Parts::refuse(const Digest& is, const Digest& expected) {
  discard();
  return wrong_digest(plan_.size, is, expected);
}

// As bytes that came by another upload.
Result<bool> Parts::is_there(const Digest& digest) {
  auto there = SOUK_TRY(core_.find(digest));
  return there && there->data != data_ && there->size == plan_.size && SOUK_TRY(core_.bucket.find(there->key));
}

Result<Digest> Parts::commit(const std::vector<std::string>& tags, std::optional<Digest> expected) {
  if (tags != tags_) digest_.reset();
  PartHasher::Hashed hashed = hasher_.take(tags);
  if (!digest_ && hashed.parts == plan_.count()) {
    digest_ = hashed.hash.finish();
    tags_ = tags;
  }
  if (digest_) {
    if (expected && *expected != *digest_) return refuse(*digest_, *expected);
    if (SOUK_TRY(is_there(*digest_))) return *digest_;
  }
  SOUK_TRY(complete(tags));
  if (!digest_) {
    // Bytes that were not hashed as they came can be read only once they are one object.
    std::uint64_t done = std::min<std::uint64_t>(hashed.parts * plan_.part_size, plan_.size);
    digest_ = SOUK_TRY(core_.hash_data(data_, done, plan_.size, hashed.hash));
    tags_ = tags;
    if (expected && *expected != *digest_) {
      (void)core_.bucket.remove(core_.data_key(data_));
      return refuse(*digest_, *expected);
    }
    spare_ = SOUK_TRY(is_there(*digest_));
    if (spare_) return *digest_;
  }
  SOUK_TRY(core_.link(data_, *digest_, plan_.size));
  return *digest_;
}

void Parts::discard() {
  (void)core_.bucket.abort_upload(core_.data_key(data_), upload_);
  if (spare_) (void)core_.bucket.remove(core_.data_key(data_));
  (void)core_.bucket.remove(core_.upload_key(data_));
}

}  // namespace souk::blobs::s3
