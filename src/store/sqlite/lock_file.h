// SPDX-License-Identifier: Apache-2.0
//
// A file whose lock (flock) one process holds as long as it lives, and whose text names that process. The
// kernel drops the lock when the process ends in whatever way; the file itself stays.
#pragma once

#include <string>

#include "base/result.h"

namespace souk::store {

class LockFile {
 public:
  // Errors: failed_precondition (held; names the holder), unavailable (cannot be opened)
  static Result<LockFile> acquire(const std::string& path);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace souk::store
