// SPDX-License-Identifier: Apache-2.0
#include "tasks/images/image.h"

#include <algorithm>
#include <array>
#include <new>

namespace souk::tasks {

namespace {

bool starts_with(std::span<const std::byte> file, std::initializer_list<unsigned char> magic) {
  return file.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), file.begin(),
                    [](unsigned char m, std::byte b) { return m == std::to_integer<unsigned char>(b); });
}

}  // namespace

Status check_size(std::uint64_t width, std::uint64_t height, const ImageLimits& limits) {
  if (width == 0 || height == 0) return invalid_argument("the image has no pixels");
  if (width > limits.side || height > limits.side) {
    return invalid_argument("the image is " + std::to_string(width) + "×" + std::to_string(height) +
                            " pixels; at most " + std::to_string(limits.side) + " on a side are taken");
  }
  if (width * height > limits.pixels) {
    return invalid_argument("the image is " + std::to_string(width) + "×" + std::to_string(height) +
                            " pixels; at most " + std::to_string(limits.pixels) + " are taken");
  }
  return {};
}

Result<Image> decode_image(std::span<const std::byte> file, const ImageLimits& limits) {
  if (file.size() > limits.bytes) {
    return invalid_argument("the image has " + std::to_string(file.size()) + " bytes; at most " +
                            std::to_string(limits.bytes) + " are taken");
  }
  try {
    if (starts_with(file, {0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a})) return decode_png(file, limits);
    if (starts_with(file, {0xff, 0xd8, 0xff})) return decode_jpeg(file, limits);
  } catch (const std::bad_alloc&) {
    return resource_exhausted("there is not enough memory to decode the image");
  }
  return invalid_argument("the bytes are neither a PNG nor a JPEG image");
}

}  // namespace souk::tasks
