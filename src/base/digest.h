// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 digests of content, as OCI writes them ("sha256:" and 64 lower-case hex digits; image-spec
// descriptor.md), and the few cryptographic pieces other rooms need. OpenSSL stands behind this header only.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk {

// The SHA-256 of some bytes. Comparable, hashable, cheap to copy.
struct Digest {
  std::array<std::byte, 32> bytes{};

  std::string hex() const;     // 64 characters
  std::string string() const;  // "sha256:…"
  auto operator<=>(const Digest&) const = default;

  // Errors: invalid_argument (not sha256:<64 lower-case hex>)
  static Result<Digest> parse(std::string_view text);
};

// A running SHA-256. Not thread-safe; one owner.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  Digest finish();  // resets

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest sha256(std::span<const std::byte> bytes);
Digest sha256(std::string_view text);

// 32 bytes (RFC 2104, FIPS 198).
std::string hmac_sha256(std::string_view key, std::string_view text);

// Bytes from the system's cryptographic source.
std::string random_bytes(std::size_t count);
// `count` random characters of [0-9A-Za-z].
std::string random_token(std::size_t count);
// Takes the same time wherever the two first differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

std::string to_hex(std::span<const std::byte> bytes);
std::string to_base64(std::string_view bytes);
// RFC 4648, standard alphabet, padding optional, white space refused. Errors: invalid_argument
Result<std::string> from_base64(std::string_view text);

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace souk

template <>
struct std::hash<souk::Digest> {
  std::size_t operator()(const souk::Digest& digest) const noexcept {
    std::size_t value;
    static_assert(sizeof value <= sizeof digest.bytes);
    __builtin_memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};
