// SPDX-License-Identifier: Apache-2.0
//
// CRC-32C (Castagnoli; RFC 3720, B.4): a cheap checksum of pieces on their way, by the processor's own instruction
// where it has one. It finds damage, not malice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace souk {

// Of `before`'s bytes followed by these; 0 begins.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);
// As HTTP and S3 write it: base64 of its four bytes, the highest first.
std::string crc32c_base64(std::uint32_t crc);

}  // namespace souk
