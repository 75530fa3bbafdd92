// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/upload_book.h"

#include <fstream>
#include <iterator>

#include "base/json.h"

namespace souk::cli {

namespace fs = std::filesystem;

fs::path UploadBook::default_file() {
  return DigestCache::default_file().replace_filename("uploads.json");
}

UploadBook::UploadBook(fs::path file) : file_(std::move(file)) {
  std::ifstream stream(file_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (auto entries = json::read<std::map<std::string, std::string>>(text)) entries_ = std::move(*entries);
}

std::string UploadBook::key(const std::string& target, const fs::path& path) {
  return target + "|" + path.string() + "|" + DigestCache::stamp(path);
}

std::optional<std::string> UploadBook::find(const std::string& target, const fs::path& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key(target, path));
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

void UploadBook::note(const std::string& target, const fs::path& path, const std::string& upload) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMost) entries_.clear();
  entries_[key(target, path)] = upload;
  save();
}

void UploadBook::forget(const std::string& target, const fs::path& path) {
  const std::lock_guard lock(mutex_);
  if (entries_.erase(key(target, path)) > 0) save();
}

void UploadBook::save() {
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
}

}  // namespace souk::cli
