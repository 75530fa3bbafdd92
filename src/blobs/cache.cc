// SPDX-License-Identifier: Apache-2.0
#include "blobs/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "blobs/blobs.h"
#include "blobs/file.h"

namespace souk::blobs {

namespace {

namespace fs = std::filesystem;
constexpr std::size_t kPiece = 1 << 20;
constexpr std::string_view kPartial = ".part";

Error full(Error why) {
  return unavailable("no room in the cache of blobs")
      .advise("free space on the disk of s3.cache, or put the cache elsewhere")
      .retry_in(std::chrono::seconds(30))
      .because(std::move(why));
}

}  // namespace

Cache::Cache(std::string folder, std::uint64_t limit, Logger& log, Metrics& metrics)
    : folder_(std::move(folder)),
      limit_(limit),
      log_(log),
      fetched_(metrics.counter("souk_blobs_cache_fetched_total", "Blobs brought into the local cache").with()),
      evicted_(metrics.counter("souk_blobs_cache_evicted_total", "Blobs dropped from the local cache").with()) {}

Result<std::shared_ptr<Cache>> Cache::open(const std::string& folder, std::uint64_t limit, Logger& log,
                                           Metrics& metrics) {
  std::error_code error;
  fs::create_directories(fs::path(folder).parent_path(), error);
  SOUK_TRY(make_folder(folder));
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) < 0) return file_error("opening the cache folder", folder, errno);
  std::shared_ptr<Cache> made(new Cache(folder, limit, log, metrics));
  made->scan();
  Gauge& gauge = metrics.gauge("souk_blobs_cache_bytes", "Bytes in the local cache of blobs").with();
  metrics.on_render([&gauge, weak = std::weak_ptr(made)] {
    if (auto cache = weak.lock()) gauge.set(static_cast<double>(cache->bytes()));
  });
  return made;
}

void Cache::scan() {
  struct Found {
    Digest digest;
    std::uint64_t size;
    std::int64_t used;
  };
  std::vector<Found> found;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename().string();
    struct stat about {};
    Result<Digest> digest = Digest::parse("sha256:" + name);
    if (digest && lstat(at->path().c_str(), &about) == 0 && S_ISREG(about.st_mode)) {
      found.push_back({*digest, static_cast<std::uint64_t>(about.st_size), about.st_mtim.tv_sec});
    } else if (name.find(kPartial) != std::string::npos) {
      unlink(at->path().c_str());
    }
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.used < b.used; });
  std::lock_guard lock(mutex_);
  for (const Found& one : found) {
    Entry& entry = entries_[one.digest];
    entry.size = one.size;
    entry.busy = false;
    entry.place = order_.insert(order_.end(), one.digest);
    bytes_ += one.size;
  }
  make_room(0);
}

Result<std::unique_ptr<Cache::Held>> Cache::get(const Digest& digest, std::uint64_t size, const Fill& fill) {
  std::unique_lock lock(mutex_);
  while (true) {
    auto [found, is_new] = entries_.try_emplace(digest);
    Entry& entry = found->second;
    if (is_new) {
      entry.size = size;
      entry.place = order_.insert(order_.end(), digest);
      make_room(size);
      bytes_ += size;
    } else if (entry.busy) {
      changed_.wait(lock);
      continue;
    }
    order_.splice(order_.end(), order_, entry.place);
    entry.holders++;
    if (entry.verified) break;
    entry.busy = true;
    lock.unlock();
    Status there = !is_new && is_intact(digest) ? Status() : fetch(digest, size, fill);
    lock.lock();
    entry.busy = false;
    entry.verified = there.has_value();
    changed_.notify_all();
    if (there) break;
    forget(digest);
    return std::move(there).error();
  }
  lock.unlock();
  utimensat(AT_FDCWD, path_of(digest).c_str(), nullptr, 0);
  return std::make_unique<Held>(shared_from_this(), digest, path_of(digest));
}

Status Cache::fetch(const Digest& digest, std::uint64_t size, const Fill& fill) {
  std::string partial = path_of(digest) + std::string(kPartial) + random_token(8);
  unlink(path_of(digest).c_str());
  Status filled = [&]() -> Status {
    File file = SOUK_TRY(File::create(partial));
    Sha256 hash;
    std::uint64_t at = 0;
    SOUK_TRY(fill([&](std::span<const std::byte> bytes) -> Status {
      if (Status written = file.write_at(at, bytes); !written) return full(written.error());
      hash.update(bytes);
      at += bytes.size();
      return {};
    }));
    Digest is = hash.finish();
    if (is != digest || at != size) return rotten(digest, is);
    if (rename(partial.c_str(), path_of(digest).c_str()) < 0) return file_error("moving", partial, errno);
    return {};
  }();
  if (!filled) unlink(partial.c_str());
  if (filled) fetched_.add();
  return filled;
}

bool Cache::is_intact(const Digest& digest) const {
  Result<File> file = File::open(path_of(digest), false);
  if (!file) return false;
  Sha256 hash;
  std::vector<std::byte> buffer(kPiece);
  for (std::uint64_t at = 0;;) {
    Result<std::size_t> got = file->read_at(at, buffer);
    if (!got) return false;
    if (*got == 0) break;
    hash.update(std::span(buffer).first(*got));
    at += *got;
  }
  if (hash.finish() == digest) return true;
  log_.warn("blobs", "a cached blob was damaged and is fetched again", {{"digest", digest.string()}});
  return false;
}

void Cache::release(const Digest& digest) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(digest);
  if (found == entries_.end()) return;
  found->second.holders--;
  make_room(0);
}

void Cache::make_room(std::uint64_t wanted) {
  for (auto at = order_.begin(); at != order_.end() && bytes_ + wanted > limit_;) {
    const Digest digest = *at++;
    const Entry& entry = entries_.at(digest);
    if (entry.busy || entry.holders > 0) continue;
    evicted_.add();
    forget(digest);
  }
}

void Cache::forget(const Digest& digest) {
  auto found = entries_.find(digest);
  bytes_ -= found->second.size;
  order_.erase(found->second.place);
  entries_.erase(found);
  unlink(path_of(digest).c_str());
}

std::uint64_t Cache::bytes() {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace souk::blobs
