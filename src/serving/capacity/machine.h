// SPDX-License-Identifier: Apache-2.0
//
// How much memory this process may use: the machine's, or the limit of a control group that it is in.
#pragma once

#include <cstdint>
#include <string>

namespace souk::serving {

// Unit: bytes. `root` is "/" but in tests. 0: it cannot be read. Source: proc(5), the kernel's cgroup-v2.rst and
// cgroup-v1/memory.rst
std::int64_t machine_memory(const std::string& root = "/");

// Bytes that the process holds on its heap, whether touched or not; under a sanitizer, whose heap does not say, what is
// resident.
std::int64_t heap_in_use();
// Gives what was freed back to the system.
void trim_heap();

}  // namespace souk::serving
