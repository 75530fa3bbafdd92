// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/npz.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>

namespace souk::cli {
namespace {

constexpr std::string_view kLocal = "PK\3\4", kCentral = "PK\1\2", kEnd = "PK\5\6";
constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22;
constexpr std::size_t kLongestComment = 0xffff;
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;
constexpr std::string_view kSuffix = ".npy";

Error broken() {
  return invalid_argument("the .npz file breaks off, or is damaged");
}

std::uint64_t little(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// One member, as the central directory tells of it.
struct Member {
  std::string name;
  std::uint64_t method = 0, crc = 0, packed = 0, size = 0, local = 0;
};

Result<std::string> inflate_all(std::string_view packed, std::uint64_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return resource_exhausted("there is no memory to unpack the .npz file");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = inflate(&stream, Z_FINISH);
  const bool whole = ended == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!whole) return broken();
  return out;
}

Result<std::string> read_member(std::string_view file, const Member& member) {
  if (member.local > file.size() || file.size() - member.local < kLocalSize) return broken();
  const std::string_view local = file.substr(member.local);
  if (!local.starts_with(kLocal)) return broken();
  const std::size_t begin = kLocalSize + little(local, 26, 2) + little(local, 28, 2);
  if (local.size() < begin || local.size() - begin < member.packed) return broken();
  const std::string_view packed = local.substr(begin, member.packed);
  if (member.method != 0 && member.method != Z_DEFLATED) {
    return invalid_argument("array " + member.name + " is packed in a way that is not known")
        .advise("save with numpy.savez or numpy.savez_compressed");
  }
  // Deflate packs at most a little over a thousandfold.
  if (member.method == 0 ? member.size != member.packed : member.size / 1040 > member.packed) return broken();
  std::string data = member.method == 0 ? std::string(packed) : SOUK_TRY(inflate_all(packed, member.size));
  if (crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()) != member.crc) return broken();
  return data;
}

}  // namespace

bool is_npz(std::string_view file) {
  return file.starts_with(kLocal) || file.starts_with(kEnd);
}

Result<std::vector<std::pair<std::string, std::string>>> read_npz(std::string_view file) {
  if (file.size() < kEndSize) return broken();
  if (file.size() > kMostBytes) return invalid_argument("the .npz file is larger than 4 GiB");
  const std::size_t end = file.rfind(kEnd, file.size() - kEndSize);
  if (end == std::string_view::npos || file.size() - end > kEndSize + kLongestComment) return broken();
  const std::uint64_t count = little(file, end + 10, 2);
  std::uint64_t at = little(file, end + 16, 4);
  std::vector<std::pair<std::string, std::string>> arrays;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (at > end || end - at < kCentralSize || !file.substr(at).starts_with(kCentral)) return broken();
    Member member{
        .method = little(file, at + 10, 2), .crc = little(file, at + 16, 4), .packed = little(file, at + 20, 4)};
    member.size = little(file, at + 24, 4);
    member.local = little(file, at + 42, 4);
    const std::uint64_t name_size = little(file, at + 28, 2);
    if (end - at < kCentralSize + name_size) return broken();
    member.name = file.substr(at + kCentralSize, name_size);
    at += kCentralSize + name_size + little(file, at + 30, 2) + little(file, at + 32, 2);
    std::string data = SOUK_TRY(read_member(file, member));
    if (member.name.ends_with(kSuffix)) member.name.resize(member.name.size() - kSuffix.size());
    if (std::ranges::find(arrays, member.name, &std::pair<std::string, std::string>::first) != arrays.end()) {
      return invalid_argument("the .npz file has array " + member.name + " twice");
    }
    arrays.emplace_back(std::move(member.name), std::move(data));
  }
  return arrays;
}

}  // namespace souk::cli
