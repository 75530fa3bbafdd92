// SPDX-License-Identifier: Apache-2.0
//
// Points of one metric, packed in the order they came.
//
// Format of a chunk's data: the steps, then the times (milliseconds), each as zigzag varints of the difference to the
// one before, then the values as 8 bytes little-endian. How many there are stands beside it in the row.
// A roll-up holds, for each 64 points, the one of the least and the one of the greatest value in the order they came,
// packed the same way.
//
// Chunks of few points are merged as they become many: level 0 has fewer than 64, level 1 fewer than 4096, level 2
// 4096. A point is rewritten at most twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace souk::registry {

struct MetricPoint {
  std::int64_t step = 0;
  Time timestamp;
  double value = 0;
};

inline constexpr std::size_t kGranule = 64;
inline constexpr std::size_t kChunkPoints = 4096;

std::string pack(const std::vector<MetricPoint>& points);
// Errors: data_loss
Result<std::vector<MetricPoint>> unpack(std::string_view data, std::size_t count);
// Two points a granule.
std::vector<MetricPoint> roll_up(const std::vector<MetricPoint>& points);
int level_of(std::size_t points);

// Makes of many points at most `most`, which look the same when drawn: in each stretch of equal length the least and
// the greatest value, in their order. Points come in order, alone or as the two of a granule.
class Downsampler {
 public:
  Downsampler(std::size_t total, std::size_t most);
  // Whether granules are small enough to stand for their points.
  bool takes_rollups() const { return stretch_ >= 4 * kGranule; }
  void add(const MetricPoint& point);
  void add_granule(const MetricPoint& first, const MetricPoint& second, std::size_t points);
  std::vector<MetricPoint> finish();

 private:
  void see(const MetricPoint& point);
  void advance(std::size_t points);
  void flush();

  const std::size_t stretch_;  // points that become two; 1: all are kept
  std::size_t seen_ = 0;
  std::size_t order_ = 0, least_at_ = 0, greatest_at_ = 0;
  bool any_ = false;
  MetricPoint least_, greatest_;
  std::vector<MetricPoint> out_;
};

}  // namespace souk::registry
