// SPDX-License-Identifier: Apache-2.0
//
// Which upload of which file is under way where, so that a push that was broken off goes on where it was, also when it
// is run again. A cache: lost or broken, uploads begin anew. Thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "cli/transfer/digest_cache.h"

namespace souk::cli {

class UploadBook {
 public:
  // $XDG_CACHE_HOME/souk/uploads.json, or ~/.cache/souk/uploads.json.
  static std::filesystem::path default_file();

  explicit UploadBook(std::filesystem::path file);
  // Of the file as it is now, to that server and model.
  std::optional<std::string> find(const std::string& target, const std::filesystem::path& path) const;
  // Writes it down at once.
  void note(const std::string& target, const std::filesystem::path& path, const std::string& upload);
  void forget(const std::string& target, const std::filesystem::path& path);

 private:
  static constexpr std::size_t kMost = 1000;
  static std::string key(const std::string& target, const std::filesystem::path& path);
  void save();  // under the mutex

  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> entries_;  // "target|path|stamp" → upload
};

}  // namespace souk::cli
