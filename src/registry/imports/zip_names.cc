// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/zip_names.h"

#include <algorithm>
#include <cstring>

#include "base/json.h"

namespace souk::registry {

namespace {

constexpr std::uint64_t kEnd = 22, kLocator = 20, kEnd64 = 56, kEntry = 46, kMaxComment = 65'535;

// Numbers are little-endian.
std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = size; i-- > 0;) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

// As many bytes as there are.
Result<std::string> read(const ArchiveSource& source, std::uint64_t offset, std::uint64_t size) {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const std::size_t got =
        SOUK_TRY(source.read(offset + have, std::as_writable_bytes(std::span(out.data() + have, size - have))));
    if (got == 0) break;
    have += got;
  }
  out.resize(have);
  return out;
}

// Where the directory begins; beyond the end: it cannot be made out.
Result<std::uint64_t> find_directory(const ArchiveSource& source) {
  const std::uint64_t begin = source.size - std::min(source.size, kMaxComment + kEnd);
  const std::string tail = SOUK_TRY(read(source, begin, source.size - begin));
  const std::size_t end = tail.size() < kEnd ? std::string::npos : tail.rfind("PK\x05\x06", tail.size() - kEnd);
  if (end == std::string::npos) return source.size;
  const std::uint64_t offset = number(tail, end + 16, 4);
  if (offset != 0xffffffff) return offset;
  if (end < kLocator || tail.compare(end - kLocator, 4, "PK\x06\x07") != 0) return source.size;
  const std::string last = SOUK_TRY(read(source, number(tail, end - kLocator + 8, 8), kEnd64));
  return last.size() == kEnd64 && last.starts_with("PK\x06\x06") ? number(last, 48, 8) : source.size;
}

}  // namespace

Status check_zip_names(const ArchiveSource& source, std::uint64_t entries) {
  std::uint64_t at = SOUK_TRY(find_directory(source));
  for (std::uint64_t i = 0; i < entries && at < source.size; i++) {
    const std::string head = SOUK_TRY(read(source, at, kEntry));
    if (head.size() < kEntry || !head.starts_with("PK\x01\x02")) return {};
    const std::uint64_t length = number(head, 28, 2);
    const std::string name = SOUK_TRY(read(source, at + kEntry, length));
    if (const std::size_t nul = name.find('\0'); nul != std::string::npos) {
      const std::string before =
          json::is_utf8(name.substr(0, nul)) ? name.substr(0, std::min<std::size_t>(nul, 300)) : "";
      return invalid_argument("the entry " + json::write(before) + " has a NUL in its name")
          .advise("pack the archive without it");
    }
    at += kEntry + length + number(head, 30, 2) + number(head, 32, 2);
  }
  return {};
}

}  // namespace souk::registry
