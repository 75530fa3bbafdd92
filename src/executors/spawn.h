// SPDX-License-Identifier: Apache-2.0
//
// Starts one sandboxed child. The child shares this process's memory until it executes its program (as vfork
// does, on a stack of its own), so starting costs the same however much memory the server holds; between the
// two it makes bare system calls only and touches no lock, no allocator and no handler.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "executors/child.h"

namespace souk::executors {

// A descriptor that closes itself. Never 0, 1 or 2, even where the server runs with those closed.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd);
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  int get() const { return fd_; }
  int release();
  void reset();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Spawned {
  pid_t pid = -1;
  bool isolated = false;  // has process numbers of its own
  Fd pidfd;
  Fd output;  // non-blocking read ends
  Fd error_output;
};

// Errors: unavailable (with the step that failed and why), invalid_argument (no program)
Result<Spawned> spawn(const ChildRequest& request);

}  // namespace souk::executors
