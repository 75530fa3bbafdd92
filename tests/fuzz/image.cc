// SPDX-License-Identifier: Apache-2.0
//
// A PNG or JPEG file, with limits that keep one decoding short.
#include "tasks/images/image.h"
#include "fuzz.h"

using namespace souk;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tasks::ImageLimits limits{.bytes = 1 << 20, .pixels = 1 << 18, .side = 4096};
  auto image = tasks::decode_image(std::as_bytes(std::span(data, size)), limits);
  if (!image) {
    fuzz::check(image.error());
    return 0;
  }
  auto pixels = static_cast<std::uint64_t>(image->width) * static_cast<std::uint64_t>(image->height);
  fuzz::require(image->width > 0 && image->height > 0 && pixels <= limits.pixels, "a picture keeps to the limits");
  fuzz::require(image->samples.size() == pixels * static_cast<std::uint64_t>(image->channels),
                "a picture has all its samples");
  return 0;
}
