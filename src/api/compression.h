// SPDX-License-Identifier: Apache-2.0
//
// gzip and deflate, both ways (RFC 1952, RFC 1950; RFC 9110, 8.4.1). Nothing grows past the bound it is given.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::api {

enum class Coding { identity, gzip, deflate };

std::string_view coding_name(Coding coding);
// "gzip", "x-gzip", "deflate", "identity" or nothing at all, in any case.
std::optional<Coding> find_coding(std::string_view name);
// The one of gzip and deflate that an Accept-Encoding (RFC 9110, 12.5.3) likes best; identity when neither.
Coding choose_coding(std::string_view accept_encoding);

// Errors: invalid_argument (not in that coding, ends early, something follows), resource_exhausted with the field
// "body" (more than `most` bytes)
Result<std::string> decompress(Coding coding, std::span<const std::byte> bytes, std::size_t most);

// Piece by piece, for little time rather than few bytes.
class Compressor {
 public:
  explicit Compressor(Coding coding);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  void add(std::span<const std::byte> bytes);
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::api
