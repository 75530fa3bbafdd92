// SPDX-License-Identifier: Apache-2.0
#include "tasks/images/image.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tasks/images/testing.h"

namespace souk::tasks {
namespace {

using testing_images::jpeg_of;
using testing_images::png_of;
using testing_images::with_exif;

Image gradient(int width, int height, int channels) {
  Image image{width, height, channels, {}};
  for (int i = 0; i < width * height * channels; ++i)
    image.samples.push_back(static_cast<std::uint8_t>(i * 37 + i / 7));
  return image;
}

void expect_refused(std::string_view file, std::string_view words, const ImageLimits& limits = {}) {
  auto image = decode_image(as_bytes(file), limits);
  ASSERT_FALSE(image) << words;
  EXPECT_EQ(image.error().code, Code::invalid_argument);
  EXPECT_NE(image.error().message.find(words), std::string::npos) << image.error().message;
}

TEST(DecodePng, GivesTheSamples) {
  for (int channels = 1; channels <= 4; ++channels) {
    for (bool interlaced : {false, true}) {
      Image made = gradient(13, 5, channels);
      auto read = decode_image(as_bytes(png_of(made, {.interlaced = interlaced})));
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_EQ(read->width, 13);
      EXPECT_EQ(read->height, 5);
      EXPECT_EQ(read->channels, channels);
      EXPECT_EQ(read->samples, made.samples);
    }
  }
}

TEST(DecodePng, ScalesSixteenBitsAndWidensFew) {
  Image made{2, 1, 1, {0x12, 0x34, 0xff, 0xff}};  // big-endian samples of 16 bits
  auto read = decode_image(as_bytes(png_of(made, {.bits = 16})));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->samples, (std::vector<std::uint8_t>{(0x1234 + 128) / 257, 255}));
  Image bits{8, 1, 1, {0b10100001}};
  read = decode_image(as_bytes(png_of(bits, {.bits = 1})));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->samples, (std::vector<std::uint8_t>{255, 0, 255, 0, 0, 0, 0, 255}));
}

TEST(DecodePng, ExpandsPalettesWithTransparency) {
  Image indices{3, 1, 1, {0, 1, 2}};
  auto read = decode_image(
      as_bytes(png_of(indices, {.palette = {{10, 20, 30}, {40, 50, 60}, {70, 80, 90}}, .alpha = {255, 0}})));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->channels, 4);
  EXPECT_EQ(read->samples, (std::vector<std::uint8_t>{10, 20, 30, 255, 40, 50, 60, 0, 70, 80, 90, 255}));
}

TEST(DecodePng, RefusesWhatIsBroken) {
  std::string good = png_of(gradient(64, 64, 3), {});
  for (std::size_t size = 8; size < good.size(); size += 97)
    expect_refused(good.substr(0, size), "PNG image is broken");
  for (std::size_t at = 8; at < good.size() - 12; at += 31) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x5a);
    auto image = decode_image(as_bytes(flipped));
    EXPECT_TRUE(image || image.error().code == Code::invalid_argument);
  }
}

TEST(DecodePng, RefusesBombsBeforeAllocating) {
  std::string small = png_of(gradient(1, 1, 1), {});
  testing_images::set_png_size(small, 2'000'000'000, 2'000'000'000);
  expect_refused(small, "2000000000×2000000000 pixels; at most 65535 on a side");
  testing_images::set_png_size(small, 60'000, 60'000);
  expect_refused(small, "60000×60000 pixels; at most 50000000");
  testing_images::set_png_size(small, 0, 5);
  expect_refused(small, "");
  expect_refused(png_of(gradient(40, 40, 1), {}), "at most 100 are taken", {.pixels = 100});
  expect_refused(png_of(gradient(40, 40, 1), {}), "bytes; at most 50", {.bytes = 50});
}

TEST(DecodeJpeg, GivesGrayAndColour) {
  for (int channels : {1, 3}) {
    Image flat{20, 10, channels, std::vector<std::uint8_t>(static_cast<std::size_t>(200 * channels), 100)};
    for (bool progressive : {false, true}) {
      auto read = decode_image(as_bytes(jpeg_of(flat, progressive)));
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_EQ(read->channels, channels);
      EXPECT_EQ(read->width, 20);
      for (std::uint8_t sample : read->samples) EXPECT_NEAR(sample, 100, 2);
    }
  }
}

TEST(DecodeJpeg, StandsAsItWasMeant) {
  // left half dark, right half light
  Image image{32, 16, 1, {}};
  for (int i = 0; i < 32 * 16; ++i) image.samples.push_back(i % 32 < 16 ? 0 : 255);
  std::string file = jpeg_of(image, false);
  auto corner = [&](int orientation, int x, int y) {
    auto read = decode_image(as_bytes(with_exif(file, orientation)));
    EXPECT_TRUE(read);
    EXPECT_EQ(read->width, orientation >= 5 ? 16 : 32);
    return read->row(y)[x] > 127;
  };
  EXPECT_FALSE(corner(1, 0, 0));
  EXPECT_TRUE(corner(2, 0, 0));
  EXPECT_TRUE(corner(3, 0, 0));
  EXPECT_FALSE(corner(4, 0, 0));
  EXPECT_FALSE(corner(6, 0, 0));  // turned to the right: dark above, light below
  EXPECT_TRUE(corner(6, 0, 31));
  EXPECT_TRUE(corner(8, 0, 0));
  EXPECT_FALSE(corner(8, 0, 31));
}

TEST(DecodeJpeg, RefusesWhatIsBroken) {
  std::string good = jpeg_of(gradient(64, 64, 3), false);
  for (std::size_t size = 3; size < good.size() - 2; size += 61)
    expect_refused(good.substr(0, size), "JPEG image is broken");
  for (std::size_t at = 3; at < good.size(); at += 17) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x5a);
    auto image = decode_image(as_bytes(flipped));
    EXPECT_TRUE(image || image.error().code == Code::invalid_argument);
  }
}

TEST(DecodeImage, RefusesOtherBytes) {
  expect_refused("", "neither a PNG nor a JPEG");
  expect_refused("GIF89a..........", "neither a PNG nor a JPEG");
  expect_refused(std::string_view("\x89PNG\r\n\x1a\n", 8), "PNG image is broken");
}

TEST(Orient, MovesEveryPixel) {
  // a b     the eight orientations of a 2×2 picture, by EXIF's table
  // c d
  const char* expected[] = {"abcd", "badc", "dcba", "cdab", "acbd", "cadb", "dbca", "bdac"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Image turned = orient({2, 2, 1, {'a', 'b', 'c', 'd'}}, orientation);
    EXPECT_EQ(std::string(turned.samples.begin(), turned.samples.end()), expected[orientation - 1]) << orientation;
  }
}

TEST(ExifOrientation, SurvivesNonsense) {
  EXPECT_EQ(exif_orientation({}), 1);
  EXPECT_EQ(exif_orientation(as_bytes("II*\0\xff\xff\xff\xff")), 1);
  EXPECT_EQ(exif_orientation(as_bytes("MM*\0\0\0\0\x08")), 1);
  std::string entry("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0", 22);
  EXPECT_EQ(exif_orientation(as_bytes(entry)), 6);
  EXPECT_EQ(exif_orientation(as_bytes(entry).first(18)), 1);
}

}  // namespace
}  // namespace souk::tasks
