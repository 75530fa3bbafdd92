// SPDX-License-Identifier: Apache-2.0
//
// For tests only: archives in memory.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <string_view>
#include <vector>

#include "registry/imports/archive.h"

namespace souk::registry {

struct TestEntry {
  std::string path;
  std::string data;
  mode_t type = AE_IFREG;
  std::string link;  // of symbolic and hard links
  bool hard = false;
  int mode = 0644;
};

// `form` is "zip", "tar", "tar.gz", "tar.zst", "tar.gz.gz".
inline std::string pack(const std::string& form, const std::vector<TestEntry>& entries) {
  std::string out(16 << 20, '\0');
  std::size_t used = 0;
  archive* to = archive_write_new();
  if (form == "zip") {
    archive_write_set_format_zip(to);
  } else {
    archive_write_set_format_pax(to);
  }
  if (form == "tar.gz" || form == "tar.gz.gz") archive_write_add_filter_gzip(to);
  if (form == "tar.gz.gz") archive_write_add_filter_gzip(to);
  if (form == "tar.zst") archive_write_add_filter_zstd(to);
  archive_write_set_bytes_in_last_block(to, 1);
  archive_write_open_memory(to, out.data(), out.size(), &used);
  for (const TestEntry& one : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, one.path.c_str());
    archive_entry_set_filetype(entry, one.type);
    archive_entry_set_perm(entry, static_cast<mode_t>(one.mode));
    archive_entry_set_size(entry, static_cast<la_int64_t>(one.data.size()));
    if (one.hard) archive_entry_set_hardlink(entry, one.link.c_str());
    if (one.type == AE_IFLNK) archive_entry_set_symlink(entry, one.link.c_str());
    if (one.type == AE_IFCHR || one.type == AE_IFBLK) archive_entry_set_rdev(entry, 1);
    archive_write_header(to, entry);
    if (!one.data.empty()) archive_write_data(to, one.data.data(), one.data.size());
    archive_entry_free(entry);
  }
  archive_write_close(to);
  archive_write_free(to);
  out.resize(used);
  return out;
}

inline ArchiveSource source_of(const std::string& bytes) {
  return {bytes.size(), [&bytes](std::uint64_t offset, std::span<std::byte> into) -> Result<std::size_t> {
            if (offset >= bytes.size()) return std::size_t{0};
            const std::size_t count = std::min(into.size(), bytes.size() - static_cast<std::size_t>(offset));
            std::copy_n(reinterpret_cast<const std::byte*>(bytes.data()) + offset, count, into.data());
            return count;
          }};
}

}  // namespace souk::registry
