// SPDX-License-Identifier: Apache-2.0
//
// How many cores this process may run on: fewer than the machine has, where it is bound to some (taskset, a cpuset).
#pragma once

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <thread>

namespace souk {

inline std::size_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
  return static_cast<std::size_t>(count > 0 ? count
                                            : std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

}  // namespace souk
