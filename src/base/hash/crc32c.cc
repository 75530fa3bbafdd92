// SPDX-License-Identifier: Apache-2.0
#include "base/hash/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/digest.h"

namespace souk {

namespace {

struct Table {
  std::array<std::uint32_t, 256> value{};
  constexpr Table() {
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
      value[i] = crc;
    }
  }
};
constexpr Table kTable;

std::uint32_t by_table(std::span<const std::byte> bytes, std::uint32_t crc) {
  for (std::byte byte : bytes) crc = crc >> 8 ^ kTable.value[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes, std::uint32_t crc) {
  std::uint64_t wide = crc;
  while (bytes.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    wide = _mm_crc32_u64(wide, word);
    bytes = bytes.subspan(8);
  }
  return by_table(bytes, static_cast<std::uint32_t>(wide));
}

bool has_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2");
  return has;
}
#endif

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
#if defined(__x86_64__)
  if (has_instruction()) return ~by_instruction(bytes, ~before);
#endif
  return ~by_table(bytes, ~before);
}

std::string crc32c_base64(std::uint32_t crc) {
  const char bytes[4] = {static_cast<char>(crc >> 24), static_cast<char>(crc >> 16), static_cast<char>(crc >> 8),
                         static_cast<char>(crc)};
  return to_base64(std::string_view(bytes, 4));
}

}  // namespace souk
