// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "tasks/images/image.h"

namespace souk::tasks {

namespace {

// TIFF 6.0 as EXIF embeds it: integers in the byte order that its first two bytes say.
class Tiff {
 public:
  explicit Tiff(std::span<const std::byte> bytes) : bytes_(bytes) {
    if (bytes.size() < 8) return;
    big_ = bytes[0] == std::byte{'M'};
    good_ = bytes[0] == bytes[1] && (big_ || bytes[0] == std::byte{'I'}) && read(2, 2) == 42;
  }
  bool good() const { return good_; }
  // 0 beyond the end.
  std::uint32_t read(std::uint64_t at, int count) const {
    if (at + static_cast<std::uint64_t>(count) > bytes_.size()) return 0;
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) {
      std::uint64_t from = at + static_cast<std::uint64_t>(big_ ? i : count - 1 - i);
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[from]);
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool big_ = false, good_ = false;
};

}  // namespace

int exif_orientation(std::span<const std::byte> bytes) {
  constexpr std::uint32_t kOrientation = 0x0112, kShort = 3;
  Tiff tiff(bytes);
  if (!tiff.good()) return 1;
  std::uint64_t directory = tiff.read(4, 4);
  std::uint32_t entries = tiff.read(directory, 2);
  for (std::uint32_t i = 0; i < entries; ++i) {
    std::uint64_t entry = directory + 2 + 12ull * i;
    if (tiff.read(entry, 2) != kOrientation || tiff.read(entry + 2, 2) != kShort) continue;
    int value = static_cast<int>(tiff.read(entry + 8, 2));
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

Image orient(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  bool transpose = orientation >= 5;
  // Where the turned picture's (x, y) comes from, after undoing a transposition.
  bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image turned;
  turned.width = transpose ? image.height : image.width;
  turned.height = transpose ? image.width : image.height;
  turned.channels = image.channels;
  turned.samples.resize(image.samples.size());
  auto size = static_cast<std::size_t>(image.channels);
  std::uint8_t* to = turned.samples.data();
  for (int y = 0; y < turned.height; ++y) {
    for (int x = 0; x < turned.width; ++x, to += size) {
      int from_x = transpose ? y : x, from_y = transpose ? x : y;
      if (mirror_x) from_x = image.width - 1 - from_x;
      if (mirror_y) from_y = image.height - 1 - from_y;
      std::memcpy(to, image.row(from_y) + static_cast<std::size_t>(from_x) * size, size);
    }
  }
  return turned;
}

}  // namespace souk::tasks
