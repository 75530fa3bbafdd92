// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/core.h"

#include <algorithm>
#include <charconv>

#include "blobs/s3/reader.h"

namespace souk::blobs::s3 {

namespace {
constexpr std::size_t kIdLength = 32;
}  // namespace

Core::Core(Address address, Credentials credentials, const S3Settings& settings, Logger& log, Metrics& metrics)
    : prefix(address.prefix),
      parallel(static_cast<std::size_t>(settings.parallel)),
      redirect_from(settings.redirect_from.count),
      log(log),
      written(metrics.counter("souk_blobs_written_bytes_total", "Bytes written into uploads").with()),
      sender(std::move(address), std::move(credentials), settings, log, metrics),
      bucket(sender),
      buffers(settings.part_size.count, std::max<std::size_t>(settings.memory.count / settings.part_size.count, 2)),
      tasks("s3", parallel * 2, 1 << 20),
      cache_folder_(settings.cache),
      cache_size_(settings.cache_size.count),
      metrics_(metrics) {}

std::string Core::blob_key(const Digest& digest) const {
  std::string hex = digest.hex();
  return prefix + "sha256/" + hex.substr(0, 2) + "/" + hex;
}

std::string Core::new_id() {
  return random_token(kIdLength);
}

bool Core::is_id(std::string_view text) {
  return text.size() == kIdLength && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

Result<std::optional<Place>> Core::find(const Digest& digest) {
  std::optional<Object> object = SOUK_TRY(bucket.find(blob_key(digest)));
  if (!object) return std::optional<Place>();
  auto data = object->metadata.find(kMetaData);
  if (data == object->metadata.end()) return std::optional(Place{blob_key(digest), object->size, ""});
  std::uint64_t size = 0;
  const std::string& text = object->metadata[kMetaSize];
  std::from_chars(text.data(), text.data() + text.size(), size);
  if (!is_id(data->second)) return data_loss("the object of blob " + digest.string() + " names no bytes");
  return std::optional(Place{data_key(data->second), size, data->second});
}

Status Core::link(const std::string& id, const Digest& digest, std::uint64_t size) {
  const std::string key = blob_key(digest);
  const Metadata about{{kMetaData, id}, {kMetaSize, std::to_string(size)}};
  SOUK_TRY(bucket.put(upload_key(id), "", kUnsignedPayload, {{kMetaDigest, digest.string()}}));
  if (SOUK_TRY(bucket.put(key, "", kUnsignedPayload, about, true))) {
    stored->add(static_cast<std::int64_t>(size));
  } else {
    std::optional<Place> other = SOUK_TRY(find(digest));
    std::optional<Object> bytes;
    if (other) bytes = SOUK_TRY(bucket.find(other->key));
    if (other && other->data != id && bytes && bytes->size == size) {
      SOUK_TRY(bucket.remove(data_key(id)));
    } else {  // what stood there stands for nothing: healed
      SOUK_TRY(bucket.put(key, "", kUnsignedPayload, about));
    }
  }
  return {};
}

Result<std::shared_ptr<Cache>> Core::cache() {
  if (cache_folder_.empty()) {
    return failed_precondition("a blob in S3 has no local file without a cache folder").advise("set s3.cache");
  }
  std::lock_guard lock(opening_);
  if (!cache_) cache_ = SOUK_TRY(Cache::open(cache_folder_, cache_size_, log, metrics_));
  return cache_;
}

Result<Digest> Core::hash_data(const std::string& id, std::uint64_t offset, std::uint64_t size, Sha256& hash) {
  Reader reader(*this, Place{data_key(id), size, id}, std::nullopt);
  std::vector<std::byte> piece(kReadBytes);
  while (offset < size) {
    std::size_t got = SOUK_TRY(reader.read_at(offset, piece));
    if (got == 0) return data_loss("an upload of " + std::to_string(size) + " bytes ended early");
    hash.update(std::span(piece).first(got));
    offset += got;
  }
  return hash.finish();
}

}  // namespace souk::blobs::s3
