// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "tasks/images/picture.h"

namespace souk::tasks {

namespace {

// Which source pixels make one pixel of the result, along one axis.
struct Taps {
  int first = 0;
  std::vector<double> weights;
};

Taps nearest(int i, int size, int out) {
  auto at = (2ll * i + 1) * size / (2ll * out);
  return {static_cast<int>(at), {1}};
}

// The exact average of the covered stretch.
Taps area(int i, int size, int out) {
  double begin = static_cast<double>(i) * size / out, end = static_cast<double>(i + 1) * size / out;
  Taps taps{static_cast<int>(begin), {}};
  int last = std::min(static_cast<int>(std::ceil(end)), size);
  for (int j = taps.first; j < last; ++j) {
    double covered = std::min<double>(end, j + 1) - std::max<double>(begin, j);
    taps.weights.push_back(std::max(0.0, covered) * out / size);
  }
  return taps;
}

// Between the two nearest pixel centres; the edge repeats.
Taps bilinear(int i, int size, int out) {
  double position = (i + 0.5) * size / out - 0.5;
  int below = static_cast<int>(std::floor(position));
  double part = position - below;
  if (below < 0) return {0, {1}};
  if (below + 1 >= size) return {size - 1, {1}};
  return {below, {1 - part, part}};
}

std::vector<Taps> all_taps(int size, int out, Resize method) {
  std::vector<Taps> taps;
  taps.reserve(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) {
    if (method == Resize::NEAREST) {
      taps.push_back(nearest(i, size, out));
    } else if (method == Resize::AREA && out <= size) {
      taps.push_back(area(i, size, out));
    } else {
      taps.push_back(bilinear(i, size, out));
    }
  }
  return taps;
}

}  // namespace

void resize(const Picture& picture, int width, int height, Resize method, double* out, std::size_t row_stride) {
  auto channels = static_cast<std::size_t>(picture.channels());
  std::vector<Taps> across = all_taps(picture.width(), width, method);
  std::vector<Taps> down = all_taps(picture.height(), height, method);
  std::vector<double> line(static_cast<std::size_t>(picture.width()) * channels), sum(line.size());
  int in_line = -1;  // the row that `line` holds
  for (int y = 0; y < height; ++y, out += row_stride) {
    const Taps& rows = down[static_cast<std::size_t>(y)];
    std::fill(sum.begin(), sum.end(), 0);
    for (std::size_t t = 0; t < rows.weights.size(); ++t) {
      int row = rows.first + static_cast<int>(t);
      if (row != in_line) picture.row(in_line = row, line.data());
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += rows.weights[t] * line[i];
    }
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x) {
      for (std::size_t c = 0; c < channels; ++c) {
        double value = 0;
        const Taps& columns = across[x];
        for (std::size_t t = 0; t < columns.weights.size(); ++t) {
          value += columns.weights[t] * sum[(static_cast<std::size_t>(columns.first) + t) * channels + c];
        }
        out[x * channels + c] = value;
      }
    }
  }
}

}  // namespace souk::tasks
