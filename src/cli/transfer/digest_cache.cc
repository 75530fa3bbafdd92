// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/digest_cache.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/json.h"
#include "base/time.h"

namespace souk::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSettled = 2'000;  // ms that a file must have been left alone

std::int64_t modified_millis(const struct stat& status) {
  return status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace

DigestCache::Stamp DigestCache::stamp(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + ":" + std::to_string(status.st_size) +
         ":" + std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + ":" +
         std::to_string(status.st_ctim.tv_sec) + "." + std::to_string(status.st_ctim.tv_nsec);
}

fs::path DigestCache::default_file() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path root = cache != nullptr && *cache != '\0' ? fs::path(cache) : fs::path(home ? home : "") / ".cache";
  return root / "souk" / "digests.json";
}

DigestCache::DigestCache(fs::path file) : file_(std::move(file)) {
  std::ifstream stream(file_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (auto entries = json::read<std::map<std::string, std::string>>(text)) entries_ = std::move(*entries);
}

std::optional<Digest> DigestCache::find(const fs::path& path) {
  const std::string key = path.string() + "|" + stamp(path);
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  const auto digest = Digest::parse(found->second);
  return digest ? std::optional(*digest) : std::nullopt;
}

void DigestCache::remember(const fs::path& path, const Stamp& before, const Digest& digest) {
  struct stat status {};
  if (before.empty() || ::stat(path.c_str(), &status) != 0 || stamp(path) != before) return;
  if (to_millis(now()) - modified_millis(status) < kSettled) return;
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMost) entries_.clear();
  entries_[path.string() + "|" + before] = digest.string();
  dirty_ = true;
}

void DigestCache::save() {
  const std::lock_guard lock(mutex_);
  if (!dirty_) return;
  std::error_code error;
  fs::create_directories(file_.parent_path(), error);
  const fs::path temporary = file_.string() + "." + random_token(8);
  {
    std::ofstream stream(temporary, std::ios::binary);
    stream << json::write(entries_);
    if (!stream) error = std::make_error_code(std::errc::io_error);
  }
  if (!error) fs::rename(temporary, file_, error);
  if (error) fs::remove(temporary, error);
  dirty_ = false;
}

}  // namespace souk::cli
