// SPDX-License-Identifier: Apache-2.0
//
// An archive from outside, entry by entry: .zip (by its directory), .tar, .tar.gz, .tar.zst. Whatever is not a plain
// file at a plain path is refused with the entry named; what grows beyond all measure is refused as it grows.
// libarchive stands behind it. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::registry {

struct ArchiveLimits {
  std::uint64_t bytes = 1ull << 40;  // of all files
  std::uint64_t files = 4000;
  double ratio = 200;                // of bytes given to bytes read …
  std::uint64_t free = 64ull << 20;  // … once so many were given
};

// Reads the archive's bytes at an offset; 0 at the end.
struct ArchiveSource {
  std::uint64_t size = 0;
  std::function<Result<std::size_t>(std::uint64_t offset, std::span<std::byte> into)> read;
};

struct ArchiveEntry {
  std::string path;
  bool executable = false;
};

// Which paths one version may hold side by side. Errors of add: invalid_argument, naming the path
class ImportPaths {
 public:
  Status add(const std::string& path);
  std::size_t size() const { return files_.size(); }

 private:
  std::set<std::string> files_;            // folded
  std::set<std::string> folders_;          // folded
  std::set<std::string> spelled_folders_;  // as they were written, to tell whose case differs
};

// A path that leads to a file below a folder: no way out, nothing odd. Errors: invalid_argument
Status check_import_path(std::string_view path);
// Hidden files, and what archivers add of their own, are left out as a push leaves them out.
bool is_left_out(std::string_view path);

class Archive {
 public:
  // Errors: invalid_argument (no archive of a known kind, or damaged)
  static Result<std::unique_ptr<Archive>> open(ArchiveSource source, const ArchiveLimits& limits);
  ~Archive();

  // The next file; none at the end. Errors: invalid_argument (an entry that is refused, by name; damaged archive),
  // resource_exhausted (too many files), and the source's
  Result<std::optional<ArchiveEntry>> next();
  // Of the file that next() gave; 0 at its end. Errors: invalid_argument, resource_exhausted (a bomb), the source's
  Result<std::size_t> read(std::span<std::byte> into);

 private:
  struct State;
  explicit Archive(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Whether the first bytes are an archive's that open() knows.
bool looks_like_archive(std::span<const std::byte> head);

}  // namespace souk::registry
