// SPDX-License-Identifier: Apache-2.0
#include "registry/metrics/chunk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace souk::registry {
namespace {

std::vector<MetricPoint> wave(std::size_t count) {
  std::vector<MetricPoint> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back({static_cast<std::int64_t>(i), from_millis(1'700'000'000'000 + static_cast<std::int64_t>(i) * 7),
                   std::sin(static_cast<double>(i) / 50)});
  }
  return out;
}

bool equal(const std::vector<MetricPoint>& a, const std::vector<MetricPoint>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].step != b[i].step || a[i].timestamp != b[i].timestamp || a[i].value != b[i].value) return false;
  }
  return true;
}

TEST(ChunkTest, PointsComeBackExactly) {
  std::vector<MetricPoint> points = wave(1000);
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  points.push_back({kMin, from_millis(0), std::numeric_limits<double>::denorm_min()});
  points.push_back({kMax, from_millis(253402300799999), -std::numeric_limits<double>::max()});
  points.push_back({kMin, from_millis(1), 0});
  const auto back = unpack(pack(points), points.size());
  ASSERT_TRUE(back);
  EXPECT_TRUE(equal(*back, points));
  EXPECT_LT(pack(wave(4096)).size(), 4096u * 11);
}

TEST(ChunkTest, DamageIsNoticed) {
  const std::string good = pack(wave(100));
  EXPECT_FALSE(unpack(good, 99));
  EXPECT_FALSE(unpack(good, 101));
  EXPECT_FALSE(unpack(good.substr(0, good.size() - 1), 100));
  EXPECT_FALSE(unpack("", 1));
  EXPECT_FALSE(unpack(std::string(100, '\xff'), 3));
  EXPECT_FALSE(unpack("x", std::numeric_limits<std::size_t>::max()));
}

TEST(ChunkTest, ARollUpHoldsTheExtremes) {
  std::vector<MetricPoint> points = wave(200);
  points[70].value = 9;
  points[100].value = -9;
  const auto rolled = roll_up(points);
  ASSERT_EQ(rolled.size(), 8u);
  EXPECT_EQ(rolled[2].value, 9);
  EXPECT_EQ(rolled[3].value, -9);
}

TEST(ChunkTest, ADownsampledCurveKeepsItsExtremesAndItsBound) {
  for (std::size_t count : {1u, 2u, 1999u, 2000u, 2001u, 4096u, 100'000u, 1'000'003u}) {
    std::vector<MetricPoint> points = wave(count);
    points[count / 3].value = 50;
    points[count / 2].value = -50;
    Downsampler plain(count, 2000), rolled(count, 2000);
    for (const MetricPoint& point : points) plain.add(point);
    const auto granules = roll_up(points);
    for (std::size_t i = 0; i < granules.size(); i += 2) {
      rolled.add_granule(granules[i], granules[i + 1], std::min(kGranule, count - i / 2 * kGranule));
    }
    auto shown = plain.finish();
    EXPECT_LE(shown.size(), 2000u) << count;
    EXPECT_TRUE(std::ranges::is_sorted(shown, {}, &MetricPoint::step)) << count;
    const auto has = [](const std::vector<MetricPoint>& all, double value) {
      return std::ranges::any_of(all, [&](const MetricPoint& p) { return p.value == value; });
    };
    EXPECT_TRUE(has(shown, -50)) << count;
    if (count <= 2000) {
      EXPECT_TRUE(equal(shown, points));
      continue;
    }
    if (!rolled.takes_rollups()) continue;
    shown = rolled.finish();
    EXPECT_LE(shown.size(), 2000u) << count;
    EXPECT_TRUE(has(shown, 50) && has(shown, -50)) << count;
  }
}

}  // namespace
}  // namespace souk::registry
