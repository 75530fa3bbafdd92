// SPDX-License-Identifier: Apache-2.0
//
// A decoded picture: PNG (ISO/IEC 15948) or JPEG (ITU-T T.81, orientation by EXIF 2.3), 8 bits a sample.
// Decoding is bounded before it allocates: by the file's size, the picture's pixels and the number of scans.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace souk::tasks {

struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;                   // 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; alpha is not premultiplied
  std::vector<std::uint8_t> samples;  // row-major, channels together

  const std::uint8_t* row(int y) const {
    return samples.data() +
           static_cast<std::size_t>(y) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
};

struct ImageLimits {
  std::uint64_t bytes = 32 << 20;     // of the file
  std::uint64_t pixels = 50'000'000;  // width × height
  std::uint64_t side = 65'535;        // either
};

// Errors: invalid_argument (neither PNG nor JPEG; broken; larger than allowed: how large)
Result<Image> decode_image(std::span<const std::byte> file, const ImageLimits& limits = {});

// --- the formats -------------------------------------------------------------------------------------
Result<Image> decode_png(std::span<const std::byte> file, const ImageLimits& limits);
Result<Image> decode_jpeg(std::span<const std::byte> file, const ImageLimits& limits);
Status check_size(std::uint64_t width, std::uint64_t height, const ImageLimits& limits);

// EXIF's orientation (1 to 8) out of an APP1 segment's bytes after "Exif\0\0"; 1 when there is none.
int exif_orientation(std::span<const std::byte> tiff);
// Turns and mirrors the picture so that it stands as it was meant.
Image orient(Image image, int orientation);

}  // namespace souk::tasks
