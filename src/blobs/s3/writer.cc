// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/writer.h"

#include <charconv>

namespace souk::blobs::s3 {

namespace {

constexpr Duration kPatience{60'000};
constexpr std::uint32_t kMaxParts = 10'000;
constexpr std::uint64_t kMaxTail = 1 << 30;  // of any part size that there may be

Error gone(const std::string& id) {
  return not_found("upload " + id + " does not exist or has expired").advise("start the upload again");
}

std::uint64_t number_in(const Metadata& metadata, const char* name) {
  auto found = metadata.find(name);
  std::uint64_t value = 0;
  if (found != metadata.end()) {
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  }
  return value;
}

}  // namespace

Result<std::unique_ptr<blobs::Writer>> Writer::create(Core& core) {
  return std::unique_ptr<blobs::Writer>(std::make_unique<Writer>(core, Core::new_id()));
}

Result<std::unique_ptr<blobs::Writer>> Writer::resume(Core& core, const std::string& id) {
  if (!Core::is_id(id)) return not_found("there is no upload of that id").advise("start the upload again");
  auto writer = std::make_unique<Writer>(core, id);
  SOUK_TRY(writer->load());
  return std::unique_ptr<blobs::Writer>(std::move(writer));
}

Writer::~Writer() {
  for (Sent& sent : sent_) {
    if (sent.tag.valid()) sent.tag.wait();
  }
}

// The stored state, whoever wrote it.
Status Writer::load() {
  Metadata about;
  Result<std::string> tail = core_.bucket.get(core_.upload_key(id_), kMaxTail, &about);
  if (!tail) return tail.error().code == Code::not_found ? gone(id_) : std::move(tail).error();
  revision_ = about[kMetaRevision];
  SOUK_TRY(load_parts());
  // Once a part holds them, the bytes kept here are old.
  if (!tail->empty() && number_in(about, kMetaOffset) == in_parts_ && !completed_) {
    SOUK_TRY(take_buffer());
    *buffer_ = *tail;
    size_ += tail->size();
  }
  if (in_parts_ == 0 && size_ > 0) {
    hash_.update(as_bytes(*buffer_));
    hashed_ = size_;
  }
  return {};
}

// The parts from the first on without a gap.
Status Writer::load_parts() {
  upload_.clear();
  tags_.clear();
  in_parts_ = size_ = 0;
  buffer_.reset();
  for (const Upload& upload : SOUK_TRY(core_.bucket.list_uploads(core_.data_key(id_)))) {
    if (upload.key != core_.data_key(id_)) continue;
    std::vector<std::string> tags;
    std::uint64_t bytes = 0;
    for (const Part& part : SOUK_TRY(core_.bucket.list_parts(upload.key, upload.id))) {
      if (part.number != tags.size() + 1) break;
      tags.push_back(part.tag);
      bytes += part.size;
    }
    if (!upload_.empty() && bytes <= in_parts_) continue;
    upload_ = upload.id;
    tags_ = std::move(tags);
    in_parts_ = size_ = bytes;
  }
  if (upload_.empty()) {
    auto data = SOUK_TRY(core_.bucket.find(core_.data_key(id_)));
    completed_ = data.has_value();
    if (data) in_parts_ = size_ = data->size;
  }
  return {};
}

Status Writer::reopen() {
  if (!suspended_) return {};
  Metadata about;
  Result<std::string> tail = core_.bucket.get(core_.upload_key(id_), kMaxTail, &about);
  if (!tail) return tail.error().code == Code::not_found ? gone(id_) : std::move(tail).error();
  if (about[kMetaRevision] == revision_) {
    if (!tail->empty()) {
      SOUK_TRY(take_buffer());
      *buffer_ = *tail;
    }
  } else {
    hash_.finish();
    hashed_ = 0;
    digest_.reset();
    SOUK_TRY(load());
  }
  suspended_ = false;
  return {};
}

Status Writer::take_buffer() {
  while (!buffer_) {
    if (std::optional<Buffers::Lease> lease = core_.buffers.try_take()) {
      buffer_ = std::move(*lease);
    } else if (!sent_.empty()) {
      SOUK_TRY(settle(sent_.size() - 1));
    } else {
      buffer_ = SOUK_TRY(core_.buffers.take(kPatience));
    }
  }
  return {};
}

void Writer::post(Sent& sent) {
  sent.tag = core_.run<Result<std::string>>(
      [&core = core_, key = core_.data_key(id_), upload = upload_, number = sent.number, bytes = &*sent.bytes] {
        return core.bucket.put_part(key, upload, number, *bytes);
      });
}

// Waits until at most so many parts are under way.
Status Writer::settle(std::size_t most) {
  while (sent_.size() > most) {
    Sent& first = sent_.front();
    const bool is_news = first.tag.valid();
    if (!is_news) post(first);
    Result<std::string> tag = first.tag.get();
    if (!tag && is_news) {  // it may have failed long ago
      post(first);
      tag = first.tag.get();
    }
    tags_.push_back(SOUK_TRY(std::move(tag)));
    sent_.pop_front();
  }
  return {};
}

Status Writer::send_buffer() {
  if (tags_.size() + sent_.size() >= kMaxParts) {
    return resource_exhausted("an upload to S3 has at most 10000 parts of " + std::to_string(core_.buffers.size()) +
                              " bytes")
        .advise("set s3.part_size higher");
  }
  if (upload_.empty()) upload_ = SOUK_TRY(core_.bucket.begin_upload(core_.data_key(id_)));
  SOUK_TRY(settle(core_.parallel - 1));
  in_parts_ += buffer_->size();
  sent_.push_back({static_cast<std::uint32_t>(tags_.size() + sent_.size() + 1), std::move(buffer_), {}});
  post(sent_.back());
  return {};
}

Status Writer::write(std::span<const std::byte> bytes) {
  SOUK_TRY(reopen());
  if (completed_) return failed_precondition("upload " + id_ + " is complete; end it");
  while (!bytes.empty()) {
    if (buffer_ && buffer_->size() >= core_.buffers.size()) SOUK_TRY(send_buffer());
    SOUK_TRY(take_buffer());
    std::size_t count = std::min(bytes.size(), core_.buffers.size() - std::min(buffer_->size(), core_.buffers.size()));
    buffer_->append(reinterpret_cast<const char*>(bytes.data()), count);
    if (hashed_ == size_) {
      hash_.update(bytes.first(count));
      hashed_ += count;
    }
    size_ += count;
    core_.written.add(count);
    bytes = bytes.subspan(count);
  }
  return {};
}

Status Writer::suspend() {
  if (suspended_) return {};
  SOUK_TRY(settle(0));
  static const std::string kNothing;
  std::string revision = random_token(16);
  SOUK_TRY(core_.bucket.put(core_.upload_key(id_), buffer_ ? *buffer_ : kNothing, kUnsignedPayload,
                            {{kMetaOffset, std::to_string(in_parts_)}, {kMetaRevision, revision}}));
  revision_ = std::move(revision);
  buffer_.reset();
  suspended_ = true;
  return {};
}

Result<Digest> Writer::commit(std::optional<Digest> expected) {
  SOUK_TRY(reopen());
  return upload_.empty() && !completed_ ? commit_small(expected) : commit_parts(expected);
}

Result<Digest> Writer::commit_small(std::optional<Digest> expected) {
  if (!digest_) digest_ = hash_.finish();
  if (expected && *expected != *digest_) {
    drop();
    return wrong_digest(size_, *digest_, *expected);
  }
  auto there = SOUK_TRY(core_.find(*digest_));
  if (!there || there->size != size_) {
    static const std::string kNothing;
    SOUK_TRY(core_.bucket.put(core_.blob_key(*digest_), buffer_ ? *buffer_ : kNothing, digest_->hex()));
    core_.stored->add(static_cast<std::int64_t>(size_));
  }
  drop();
  return *digest_;
}

Result<Digest> Writer::digest_of_all() {
  if (hashed_ == size_) return hash_.finish();
  hash_.finish();
  Sha256 hash;
  return core_.hash_data(id_, 0, size_, hash);
}

Result<Digest> Writer::commit_parts(std::optional<Digest> expected) {
  if (buffer_ && !buffer_->empty()) SOUK_TRY(send_buffer());
  SOUK_TRY(settle(0));
  // Bytes that were not all hashed here can be read only once they are one object.
  if (!digest_ && hashed_ == size_) digest_ = SOUK_TRY(digest_of_all());
  if (digest_ && (!expected || *expected == *digest_)) {
    auto there = SOUK_TRY(core_.find(*digest_));
    if (there && there->data == id_) {  // an earlier attempt came through, its answer lost
      (void)core_.bucket.remove(core_.upload_key(id_));
      return *digest_;
    }
    if (there && there->size == size_ && SOUK_TRY(core_.bucket.find(there->key))) {
      drop();
      return *digest_;
    }
  }
  if (digest_ && expected && *expected != *digest_) {
    drop();
    return wrong_digest(size_, *digest_, *expected);
  }
  if (!completed_) {
    SOUK_TRY(core_.bucket.complete_upload(core_.data_key(id_), upload_, tags_, size_));
    upload_.clear();
    completed_ = true;
  }
  if (!digest_) digest_ = SOUK_TRY(digest_of_all());
  if (expected && *expected != *digest_) {
    drop();
    return wrong_digest(size_, *digest_, *expected);
  }
  SOUK_TRY(core_.link(id_, *digest_, size_));
  (void)core_.bucket.remove(core_.upload_key(id_));  // else it expires
  return *digest_;
}

// Takes away all that is stored of the upload. What fails is left to expire.
void Writer::drop() {
  for (Sent& sent : sent_) {
    if (sent.tag.valid()) sent.tag.wait();
  }
  sent_.clear();
  buffer_.reset();
  if (!upload_.empty()) (void)core_.bucket.abort_upload(core_.data_key(id_), upload_);
  if (completed_) (void)core_.bucket.remove(core_.data_key(id_));
  if (!revision_.empty()) (void)core_.bucket.remove(core_.upload_key(id_));
  upload_.clear();
  completed_ = false;
}

void Writer::discard() {
  drop();
}

}  // namespace souk::blobs::s3
