// SPDX-License-Identifier: Apache-2.0
#include "serving/capacity/machine.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>

namespace souk::serving {

namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// A file that holds one number, or "max".
std::int64_t limit_in(const std::string& path) {
  std::ifstream in(path);
  std::int64_t limit = 0;
  return in >> limit && limit > 0 ? limit : kNoLimit;
}

// The lowest limit of a group and those it lies in.
std::int64_t lowest_limit(const std::string& mount, std::string group, const std::string& file) {
  std::int64_t lowest = limit_in(mount + "/" + file);
  while (group.size() > 1) {
    lowest = std::min(lowest, limit_in(mount + group + "/" + file));
    group.erase(group.find_last_of('/'));
  }
  return lowest;
}

std::int64_t group_limit(const std::string& root) {
  std::ifstream in(root + "proc/self/cgroup");
  std::int64_t lowest = kNoLimit;
  for (std::string line; std::getline(in, line);) {  // "0::/a/b", or of version 1 "4:memory:/a/b"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty()) lowest = std::min(lowest, lowest_limit(root + "sys/fs/cgroup", group, "memory.max"));
    if (("," + controllers + ",").find(",memory,") == std::string::npos) continue;
    lowest = std::min(lowest, lowest_limit(root + "sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
  }
  return lowest;
}

}  // namespace

std::int64_t machine_memory(const std::string& root) {
  std::ifstream in(root + "proc/meminfo");
  std::string name;
  std::int64_t kib = 0;
  while (in >> name >> kib && name != "MemTotal:") in.ignore(256, '\n');
  const std::int64_t all = name == "MemTotal:" ? kib * 1024 : 0;
  const std::int64_t limit = group_limit(root);
  return all == 0 && limit == kNoLimit ? 0 : std::min(all == 0 ? kNoLimit : all, limit);
}

std::int64_t heap_in_use() {
  const struct mallinfo2 heap = ::mallinfo2();
  if (heap.uordblks > 0) return static_cast<std::int64_t>(heap.uordblks + heap.hblkhd);
  std::ifstream in("/proc/self/statm");
  std::int64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

void trim_heap() {
  ::malloc_trim(0);
}

}  // namespace souk::serving
