// SPDX-License-Identifier: Apache-2.0
//
// The system calls a sandboxed child may not make, as a compiled seccomp program. A program is made once and
// lives as long as the process; reading it is thread-safe.
//
// Refused always (EPERM): sockets, io_uring, tracing and reading other processes, mounts and namespaces, modules,
// BPF, keys, clocks, leaving the session. `isolated` is false where the child shares the process numbers of the
// machine: then it may signal nobody but abort itself. `read_only` refuses whatever changes a file system.
#pragma once

#include <linux/filter.h>

#include "base/result.h"

namespace souk::executors {

// Errors: unavailable (the kernel or the library refuses to make it)
Result<const sock_fprog*> seccomp_program(bool isolated, bool read_only);

}  // namespace souk::executors
