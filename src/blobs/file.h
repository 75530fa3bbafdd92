// SPDX-License-Identifier: Apache-2.0
//
// The few file operations a folder store is made of, with errors that say what to do. Stateless but for the
// descriptor a File owns; a File belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace souk::blobs {

class File {
 public:
  File() = default;
  ~File() { close(); }
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  static Result<File> create(const std::string& path);               // new, 0600. Errors: unavailable, already_exists
  static Result<File> open(const std::string& path, bool writable);  // Errors: not_found, unavailable
  bool is_open() const { return fd_ >= 0; }
  void close();

  Result<std::uint64_t> size() const;
  Result<std::uint64_t> links() const;  // names that the file has
  // After an error some of it may be in the file. Errors: unavailable (disk full: with what to do)
  Status write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  Status cut(std::uint64_t size);
  // What is there, 0 at the end. Errors: data_loss
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const;
  // Starts writing a range to the disk without waiting for it.
  void start_write_back(std::uint64_t offset, std::uint64_t count);
  void read_sequentially();
  Status sync_data();

 private:
  int fd_ = -1;
  std::string path_;
};

// Errors: unavailable
Status make_folder(const std::string& path);
Status sync_folder(const std::string& path);
// The size of a regular file; none when there is none.
Result<std::optional<std::uint64_t>> find_file(const std::string& path);

// What a failed system call on `path` means to the caller.
Error file_error(const std::string& doing, const std::string& path, int error);

}  // namespace souk::blobs
