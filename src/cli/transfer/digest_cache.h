// SPDX-License-Identifier: Apache-2.0
//
// Digests of large files that were pushed before, by path, device, inode, size and modification time, so that a second
// push of the same file need not read it. A cache: lost or broken, it is begun anew. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/digest.h"

namespace souk::cli {

class DigestCache {
 public:
  // What tells that a file is still the same; empty when it cannot be told.
  using Stamp = std::string;
  static Stamp stamp(const std::filesystem::path& path);
  // $XDG_CACHE_HOME/souk/digests.json, or ~/.cache/souk/digests.json.
  static std::filesystem::path default_file();

  explicit DigestCache(std::filesystem::path file);
  std::optional<Digest> find(const std::filesystem::path& path);
  // `before` was taken before the file was read. A file that changed since, or moments before, is not kept: its time
  // would not tell the next change.
  void remember(const std::filesystem::path& path, const Stamp& before, const Digest& digest);
  void save();

 private:
  static constexpr std::size_t kMost = 1000;
  std::filesystem::path file_;
  std::mutex mutex_;
  std::map<std::string, std::string> entries_;  // "path|stamp" → digest
  bool dirty_ = false;
};

}  // namespace souk::cli
