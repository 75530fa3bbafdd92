// SPDX-License-Identifier: Apache-2.0
//
// What a store in S3 shares with its uploads and readers: the bucket, memory, threads, and where things are:
//   sha256/4f/4f3a…  a blob; or, where the metadata souk-data names an id, an empty object that stands for data/<id>
//   data/<id>        the bytes of a blob that came in parts, its digest known only at the end
//   uploads/<id>     an upload under way: what is too short for a part yet, how far it came; gone when it is done
// Thread-safe.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "base/pool.h"
#include "blobs/blobs.h"
#include "blobs/cache.h"
#include "blobs/s3/bucket.h"
#include "blobs/s3/buffers.h"
#include "blobs/s3/stored.h"

namespace souk::blobs::s3 {

inline constexpr const char* kMetaData = "souk-data";          // of a blob: the id of its bytes
inline constexpr const char* kMetaSize = "souk-size";          // of a blob: their size
inline constexpr const char* kMetaOffset = "souk-offset";      // of an upload: bytes in parts, before its own
inline constexpr const char* kMetaRevision = "souk-revision";  // of an upload: who wrote it last
inline constexpr const char* kMetaDigest = "souk-digest";      // of an upload: it becomes this blob just now

struct Place {
  std::string key;
  std::uint64_t size = 0;
  std::string data;      // the id; empty: the bytes are under the digest itself
  std::string tag = {};  // what the object must still have when it is read; empty: anything
};

class Core {
 public:
  Core(Address address, Credentials credentials, const S3Settings& settings, Logger& log, Metrics& metrics);

  std::string blob_key(const Digest& digest) const;
  std::string data_key(const std::string& id) const { return prefix + "data/" + id; }
  std::string upload_key(const std::string& id) const { return prefix + "uploads/" + id; }
  static std::string new_id();
  static bool is_id(std::string_view text);

  Result<std::optional<Place>> find(const Digest& digest);
  // Makes data/<id>, whole and verified, the blob; drops it where the blob is there already. uploads/<id> stays.
  Status link(const std::string& id, const Digest& digest, std::uint64_t size);
  // The digest of data/<id>, its first `offset` bytes being in `hash` already.
  Result<Digest> hash_data(const std::string& id, std::uint64_t offset, std::uint64_t size, Sha256& hash);
  // Opened at its first use: only a server has one, what looks at the store beside it has none of its own.
  // Errors: failed_precondition (no folder is set), unavailable
  Result<std::shared_ptr<Cache>> cache();
  // Runs it on the threads of the store, or here when these are closing.
  template <class T>
  std::future<T> run(std::function<T()> f) {
    auto task = std::make_shared<std::packaged_task<T()>>(std::move(f));
    std::future<T> out = task->get_future();
    if (!tasks.post([task] { (*task)(); })) (*task)();
    return out;
  }

  const std::string prefix;
  const std::size_t parallel;
  const std::uint64_t redirect_from;  // 0: never
  Logger& log;
  Counter& written;
  Sender sender;
  Bucket bucket;
  Buffers buffers;
  std::shared_ptr<Stored> stored = std::make_shared<Stored>();
  Pool tasks;

  static constexpr std::size_t kReadBytes = 2 << 20;

 private:
  const std::string cache_folder_;
  const std::uint64_t cache_size_;
  Metrics& metrics_;
  std::mutex opening_;
  std::shared_ptr<Cache> cache_;
};

}  // namespace souk::blobs::s3
