// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

namespace souk {
namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr char kHex[] = "0123456789abcdef";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// SHA-256 and the random source of a working OpenSSL do not fail; without them nothing here can be trusted.
[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "souk: OpenSSL cannot provide %s; check the installation of libssl3\n", what);
  std::abort();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

struct Base64Table {
  std::array<signed char, 256> value{};
  constexpr Base64Table() {
    value.fill(-1);
    for (int i = 0; i < 64; ++i) value[static_cast<unsigned char>(kBase64[i])] = static_cast<signed char>(i);
  }
};
constexpr Base64Table kFromBase64;

}  // namespace

std::string Digest::hex() const {
  return to_hex(bytes);
}

std::string Digest::string() const {
  return std::string(kPrefix) + hex();
}

Result<Digest> Digest::parse(std::string_view text) {
  const Error malformed = invalid_argument("expected a digest as sha256: and 64 lower-case hex digits");
  if (text.size() != kPrefix.size() + 64 || !text.starts_with(kPrefix)) return malformed;
  Digest digest;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const int high = hex_digit(text[kPrefix.size() + 2 * i]);
    const int low = hex_digit(text[kPrefix.size() + 2 * i + 1]);
    if (high < 0 || low < 0) return malformed;
    digest.bytes[i] = static_cast<std::byte>(high << 4 | low);
  }
  return digest;
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { reset(); }
  ~State() { EVP_MD_CTX_free(context); }
  void reset() {
    // Fetched once: an implicit fetch at each start costs more than hashing a small text.
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (context == nullptr || EVP_DigestInit_ex2(context, algorithm, nullptr) != 1) die("SHA-256");
  }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) die("SHA-256");
}

Digest Sha256::finish() {
  Digest digest;
  if (EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.bytes.data()), nullptr) != 1) {
    die("SHA-256");
  }
  state_->reset();
  return digest;
}

Digest sha256(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

Digest sha256(std::string_view text) {
  return sha256(as_bytes(text));
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string code(32, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), reinterpret_cast<unsigned char*>(code.data()), &size) == nullptr ||
      size != code.size()) {
    die("HMAC");
  }
  return code;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) die("random bytes");
  return bytes;
}

std::string random_token(std::size_t count) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr unsigned kUnbiased = 256 / kAlphabet.size() * kAlphabet.size();
  std::string token;
  token.reserve(count);
  while (token.size() < count) {
    for (const unsigned char byte : random_bytes(count - token.size())) {
      if (byte < kUnbiased) token += kAlphabet[byte % kAlphabet.size()];
    }
  }
  return token;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kHex[static_cast<unsigned>(byte) >> 4];
    text += kHex[static_cast<unsigned>(byte) & 15];
  }
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kBase64[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return invalid_argument("base64 text ends in the middle of a group");
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  unsigned bits = 0;
  int count = 0;
  for (const unsigned char c : text) {
    const int value = kFromBase64.value[c];
    if (value < 0) return invalid_argument("base64 text holds a character outside of its alphabet");
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count);
    }
  }
  if ((bits & ((1u << count) - 1)) != 0) return invalid_argument("base64 text has bits left over at its end");
  return bytes;
}

}  // namespace souk
