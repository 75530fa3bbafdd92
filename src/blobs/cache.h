// SPDX-License-Identifier: Apache-2.0
//
// Blobs of a remote store as local files, for what must map them or hand them to a child: <folder>/<hex>, whole and
// verified before anyone sees it, and verified again at its first use after a start. What nobody uses goes once the
// folder holds more than it may, the least lately used first; a file in use stays. One process a folder. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"

namespace souk::blobs {

class Cache : public std::enable_shared_from_this<Cache> {
 public:
  // Keeps the file where it is as long as it lives.
  class Held {
   public:
    Held(std::shared_ptr<Cache> cache, const Digest& digest, std::string path)
        : path(std::move(path)), cache_(std::move(cache)), digest_(digest) {}
    ~Held() { cache_->release(digest_); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    const std::string path;

   private:
    std::shared_ptr<Cache> cache_;
    const Digest digest_;
  };
  using Sink = std::function<Status(std::span<const std::byte>)>;
  using Fill = std::function<Status(const Sink&)>;  // sends the blob's bytes, from the first on

  // Errors: unavailable (folder)
  static Result<std::shared_ptr<Cache>> open(const std::string& folder, std::uint64_t limit, Logger& log,
                                             Metrics& metrics);

  // Others who ask for the same blob meanwhile wait for the one fetch. Errors: those of `fill`, data_loss (what it sent
  // is another blob), unavailable (disk full)
  Result<std::unique_ptr<Held>> get(const Digest& digest, std::uint64_t size, const Fill& fill);
  std::uint64_t bytes();

 private:
  struct Entry {
    std::uint64_t size = 0;
    int holders = 0;
    bool verified = false;
    bool busy = true;  // being fetched or verified
    std::list<Digest>::iterator place;
  };

  Cache(std::string folder, std::uint64_t limit, Logger& log, Metrics& metrics);
  void scan();
  std::string path_of(const Digest& digest) const { return folder_ + "/" + digest.hex(); }
  Status fetch(const Digest& digest, std::uint64_t size, const Fill& fill);
  bool is_intact(const Digest& digest) const;
  void release(const Digest& digest);
  void make_room(std::uint64_t wanted);  // under the mutex
  void forget(const Digest& digest);     // under the mutex

  const std::string folder_;
  const std::uint64_t limit_;
  Logger& log_;
  Counter& fetched_;
  Counter& evicted_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<Digest, Entry> entries_;
  std::list<Digest> order_;  // the least lately used first
  std::uint64_t bytes_ = 0;
};

}  // namespace souk::blobs
