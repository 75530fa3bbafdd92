// SPDX-License-Identifier: Apache-2.0
//
// Ranges of bytes as requests name them. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace souk::api::oci {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

// Range of a GET (RFC 9110, section 14.2) over `size` bytes. No value: answer the whole, as the specification says of
// ranges that are not understood and allows of several. Errors: out_of_range (nothing of it is there)
Result<std::optional<ByteRange>> parse_range(std::string_view value, std::uint64_t size);

// Content-Range of a chunk (distribution-spec, "Pushing a blob in chunks"): "0-99", both ends included; "bytes
// 0-99/100" is taken too. Errors: invalid_argument
Result<ByteRange> parse_chunk_range(std::string_view value);

}  // namespace souk::api::oci
