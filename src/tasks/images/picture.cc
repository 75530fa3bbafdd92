// SPDX-License-Identifier: Apache-2.0
#include "tasks/images/picture.h"

#include <algorithm>
#include <cmath>

namespace souk::tasks {

namespace {

constexpr double kRed = 0.299, kGreen = 0.587, kBlue = 0.114;
constexpr double kBlank = 16;  // a picture whose pixels differ from its ring by less shows nothing
constexpr double kContent = 0.25;

int half_down(int value) {
  return value >> 1;
}  // rounds down, below zero too

}  // namespace

Picture::Picture(const Image& image, bool gray)
    : image_(image), channels_(gray || image.channels < 3 ? 1 : 3), width_(image.width), height_(image.height) {}

double Picture::gray_of(const double* pixel) const {
  return channels_ == 1 ? pixel[0] : pixel[0] * kRed + pixel[1] * kGreen + pixel[2] * kBlue;
}

// `count` pixels of the image's own row y, from column `from`.
void Picture::source_row(int y, int from, int count, double* out) const {
  bool has_alpha = image_.channels % 2 == 0;
  bool has_color = image_.channels >= 3;
  const std::uint8_t* in = image_.row(y) + static_cast<std::ptrdiff_t>(from) * image_.channels;
  for (int i = 0; i < count; ++i, in += image_.channels, out += channels_) {
    double alpha = has_alpha ? in[image_.channels - 1] / 255.0 : 1;
    double white = 255 * (1 - alpha);
    if (!has_color) {
      out[0] = in[0] * alpha + white;
    } else {
      double rgb[3] = {in[0] * alpha + white, in[1] * alpha + white, in[2] * alpha + white};
      if (channels_ == 1) {
        out[0] = rgb[0] * kRed + rgb[1] * kGreen + rgb[2] * kBlue;
      } else {
        std::copy_n(rgb, 3, out);
      }
    }
    if (inverted_) {
      for (int c = 0; c < channels_; ++c) out[c] = 255 - out[c];
    }
  }
}

void Picture::row(int y, double* out, int from, int count) const {
  if (count < 0) count = width_ - from;
  int source_x = from + left_, source_y = y + top_;
  int begin = std::clamp(-source_x, 0, count);                     // first column inside the image
  int end = std::clamp(image_.width - source_x, begin, count);     // one past the last
  if (source_y < 0 || source_y >= image_.height) begin = end = 0;  // all background
  for (int x = 0; x < count; ++x) {
    if (x == begin) x = end;
    if (x >= count) break;
    std::copy(background_.begin(), background_.end(), out + static_cast<std::ptrdiff_t>(x) * channels_);
  }
  if (begin < end) {
    source_row(source_y, begin + source_x, end - begin, out + static_cast<std::ptrdiff_t>(begin) * channels_);
  }
}

std::vector<double> Picture::ring_mean() const {
  auto channels = static_cast<std::size_t>(channels_);
  std::vector<double> sum(channels), line(static_cast<std::size_t>(width_) * channels);
  double count = 0;
  auto add = [&](int y, int from, int pixels) {
    row(y, line.data(), from, pixels);
    for (std::size_t i = 0; i < static_cast<std::size_t>(pixels) * channels; ++i) sum[i % channels] += line[i];
    count += pixels;
  };
  add(0, 0, width_);
  if (height_ > 1) add(height_ - 1, 0, width_);
  for (int y = 1; y < height_ - 1; ++y) {
    add(y, 0, 1);
    if (width_ > 1) add(y, width_ - 1, 1);
  }
  for (double& channel : sum) channel /= count;
  return sum;
}

double Picture::gray_ring_mean() const {
  return gray_of(ring_mean().data());
}

void Picture::crop_center() {
  int side = std::min(width_, height_);
  top_ += (height_ - side) / 2;
  left_ += (width_ - side) / 2;
  width_ = height_ = side;
}

void Picture::crop_content(double margin) {
  std::vector<double> ring = ring_mean();
  double background = gray_of(ring.data());
  std::vector<double> line(static_cast<std::size_t>(width_) * static_cast<std::size_t>(channels_));
  auto difference = [&](int x) {
    return std::abs(gray_of(line.data() + static_cast<std::ptrdiff_t>(x) * channels_) - background);
  };

  double most = 0;
  for (int y = 0; y < height_; ++y) {
    row(y, line.data());
    for (int x = 0; x < width_; ++x) most = std::max(most, difference(x));
  }
  if (most < kBlank) return;
  int top = height_, bottom = -1, left = width_, right = -1;
  for (int y = 0; y < height_; ++y) {
    row(y, line.data());
    for (int x = 0; x < width_; ++x) {
      if (difference(x) <= kContent * most) continue;
      top = std::min(top, y), bottom = y;
      left = std::min(left, x), right = std::max(right, x);
    }
  }
  int height = bottom + 1 - top, width = right + 1 - left;
  int longer = std::max(height, width);
  int side = longer + 2 * static_cast<int>(std::floor(margin * longer + 0.5));
  top_ += top + half_down(height - side);
  left_ += left + half_down(width - side);
  width_ = height_ = side;
  background_ = std::move(ring);
}

}  // namespace souk::tasks
