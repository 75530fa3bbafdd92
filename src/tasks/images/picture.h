// SPDX-License-Identifier: Apache-2.0
//
// An image on its way to a tensor: gray or colour, over white, inverted, cropped. Nothing is materialised: a row is
// computed in reals (0..255) from the image's 8-bit samples when it is read, so a large image costs its own
// bytes and one row. Rules: docs/reference/version-file.md. The image must outlive the picture.
#pragma once

#include <vector>

#include "tasks/images/image.h"

namespace souk::tasks {

class Picture {
 public:
  // `gray`: one channel, 0.299 R + 0.587 G + 0.114 B.
  Picture(const Image& image, bool gray);

  int width() const { return width_; }
  int height() const { return height_; }
  int channels() const { return channels_; }  // 1 or 3
  // `count` pixels of row y (-1: all that follow `from`), channels together.
  void row(int y, double* out, int from = 0, int count = -1) const;
  // The mean of the outermost ring of pixels, each counted once, of every channel.
  std::vector<double> ring_mean() const;
  double gray_ring_mean() const;

  void invert() { inverted_ = !inverted_; }
  void crop_center();
  // The square around what differs from the ring's mean by more than a quarter of the most that any pixel does,
  // with a margin that is a part of its side. A blank picture stays whole.
  void crop_content(double margin);

 private:
  void source_row(int y, int from, int count, double* out) const;
  double gray_of(const double* pixel) const;

  const Image& image_;
  int channels_;
  bool inverted_ = false;
  int top_ = 0, left_ = 0, width_, height_;  // the window; it may reach beyond the image, into background
  std::vector<double> background_;
};

enum class Resize { AREA, BILINEAR, NEAREST };

// Fills `out`, row-major with channels together: width × height × picture.channels() values.
void resize(const Picture& picture, int width, int height, Resize method, double* out, std::size_t row_stride);

}  // namespace souk::tasks
