// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/npz.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>

namespace souk::cli {
namespace {

constexpr std::string_view kLocal = "PK\3\4", kEnd = "PK\5\6";
constexpr std::size_t kMostBytes = std::size_t{4} << 30;  // unpacked, all together
constexpr std::string_view kSuffix = ".npy";

struct ArchiveEnd {
  void operator()(archive* one) const { archive_read_free(one); }
};

Error broken() {
  return invalid_argument("the .npz file breaks off, or is damaged");
}

// `left` bytes at the most, of which it takes what it reads.
Result<std::string> read_entry(archive* file, std::size_t& left) {
  std::string data;
  char piece[64 << 10];
  while (true) {
    const la_ssize_t count = archive_read_data(file, piece, sizeof piece);
    if (count < 0) return broken();
    if (count == 0) return data;
    if (static_cast<std::size_t>(count) > left) return invalid_argument("the .npz file is larger than 4 GiB");
    left -= static_cast<std::size_t>(count);
    data.append(piece, static_cast<std::size_t>(count));
  }
}

}  // namespace

bool is_npz(std::string_view file) {
  return file.starts_with(kLocal) || file.starts_with(kEnd);
}

Result<std::vector<std::pair<std::string, std::string>>> read_npz(std::string_view file) {
  if (!is_npz(file)) return broken();
  const std::unique_ptr<archive, ArchiveEnd> reader(archive_read_new());
  // By the directory at its end: an archive that breaks off has none.
  archive_read_support_format_zip_seekable(reader.get());
  if (archive_read_open_memory(reader.get(), file.data(), file.size()) != ARCHIVE_OK) return broken();
  std::vector<std::pair<std::string, std::string>> arrays;
  std::size_t left = kMostBytes;
  archive_entry* entry = nullptr;
  int read = ARCHIVE_OK;
  while ((read = archive_read_next_header(reader.get(), &entry)) >= ARCHIVE_WARN && read != ARCHIVE_EOF) {
    const char* const path = archive_entry_pathname_utf8(entry);
    if (path == nullptr) return broken();
    std::string name = path;
    if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
    if (std::ranges::find(arrays, name, &std::pair<std::string, std::string>::first) != arrays.end())
      return invalid_argument("the .npz file has array " + name + " twice");
    std::string data = SOUK_TRY(read_entry(reader.get(), left));
    arrays.emplace_back(std::move(name), std::move(data));
  }
  if (read != ARCHIVE_EOF) return broken();
  return arrays;
}

}  // namespace souk::cli
