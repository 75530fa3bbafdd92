// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <span>

#include "base/digest.h"
#include "base/time.h"

namespace souk {
namespace {

// The next (millisecond, 12-bit counter) of this process, always greater than the last one.
std::uint64_t next_tick() {
  static std::mutex mutex;
  static std::uint64_t last = 0;
  const std::uint64_t current = static_cast<std::uint64_t>(to_millis(now())) << 12;
  const std::lock_guard lock(mutex);
  last = std::max(last + 1, current);
  return last;
}

}  // namespace

std::string new_uid() {
  const std::uint64_t tick = next_tick();
  std::array<std::byte, 16> bytes;
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<std::byte>(tick >> (12 + 40 - 8 * i));
  bytes[6] = static_cast<std::byte>(0x70 | ((tick >> 8) & 0x0f));
  bytes[7] = static_cast<std::byte>(tick);
  const std::string random = random_bytes(8);
  std::memcpy(bytes.data() + 8, random.data(), 8);
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};

  std::string text = to_hex(bytes);
  for (const std::size_t dash : {20, 16, 12, 8}) text.insert(dash, 1, '-');
  return text;
}

}  // namespace souk
