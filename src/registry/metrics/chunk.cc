// SPDX-License-Identifier: Apache-2.0
#include "registry/metrics/chunk.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace souk::registry {

namespace {

static_assert(std::endian::native == std::endian::little, "chunks are written as memory holds them");

// Differences wrap around, so that every pair of 64-bit numbers has one.
void put_difference(std::string& out, std::int64_t from, std::int64_t to) {
  const auto difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
  auto rest = (static_cast<std::uint64_t>(difference) << 1) ^ static_cast<std::uint64_t>(difference >> 63);
  for (; rest >= 0x80; rest >>= 7) out += static_cast<char>(rest | 0x80);
  out += static_cast<char>(rest);
}

bool take_difference(std::string_view data, std::size_t& at, std::int64_t& value) {
  std::uint64_t bits = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at == data.size()) return false;
    const auto byte = static_cast<unsigned char>(data[at++]);
    bits |= shift < 64 ? static_cast<std::uint64_t>(byte & 0x7f) << shift : 0;
    if (byte < 0x80) {
      const std::uint64_t difference = (bits >> 1) ^ (~(bits & 1) + 1);
      value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) + difference);
      return true;
    }
  }
  return false;
}

}  // namespace

std::string pack(const std::vector<MetricPoint>& points) {
  std::string out;
  out.reserve(points.size() * 11);
  std::int64_t last = 0;
  for (const MetricPoint& point : points) {
    put_difference(out, last, point.step);
    last = point.step;
  }
  last = 0;
  for (const MetricPoint& point : points) {
    put_difference(out, last, to_millis(point.timestamp));
    last = to_millis(point.timestamp);
  }
  const std::size_t values = out.size();
  out.resize(values + points.size() * sizeof(double));
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::memcpy(out.data() + values + i * sizeof(double), &points[i].value, sizeof(double));
  }
  return out;
}

Result<std::vector<MetricPoint>> unpack(std::string_view data, std::size_t count) {
  const auto damaged = [] { return data_loss("a chunk of metric points is damaged"); };
  if (count > data.size()) return damaged();
  std::vector<MetricPoint> points(count);
  std::size_t at = 0;
  std::int64_t value = 0;
  for (MetricPoint& point : points) {
    if (!take_difference(data, at, value)) return damaged();
    point.step = value;
  }
  value = 0;
  for (MetricPoint& point : points) {
    if (!take_difference(data, at, value)) return damaged();
    point.timestamp = from_millis(value);
  }
  if (data.size() - at != count * sizeof(double)) return damaged();
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(&points[i].value, data.data() + at + i * sizeof(double), sizeof(double));
  }
  return points;
}

std::vector<MetricPoint> roll_up(const std::vector<MetricPoint>& points) {
  std::vector<MetricPoint> out;
  for (std::size_t begin = 0; begin < points.size(); begin += kGranule) {
    std::size_t least = begin, greatest = begin;
    for (std::size_t i = begin; i < std::min(begin + kGranule, points.size()); ++i) {
      if (points[i].value < points[least].value) least = i;
      if (points[i].value > points[greatest].value) greatest = i;
    }
    out.push_back(points[std::min(least, greatest)]);
    out.push_back(points[std::max(least, greatest)]);
  }
  return out;
}

int level_of(std::size_t points) {
  return points < kGranule ? 0 : points < kChunkPoints ? 1 : 2;
}

Downsampler::Downsampler(std::size_t total, std::size_t most)
    : stretch_(total <= most ? 1 : (total + most / 2 - 1) / std::max<std::size_t>(most / 2, 1)) {}

void Downsampler::see(const MetricPoint& point) {
  if (!any_ || point.value < least_.value) {
    least_ = point;
    least_at_ = order_;
  }
  if (!any_ || point.value > greatest_.value) {
    greatest_ = point;
    greatest_at_ = order_;
  }
  any_ = true;
  ++order_;
}

void Downsampler::advance(std::size_t points) {
  seen_ += points;
  if (seen_ >= stretch_) flush();
}

void Downsampler::flush() {
  if (!any_) return;
  const bool least_first = least_at_ < greatest_at_;
  out_.push_back(least_first ? least_ : greatest_);
  if (least_at_ != greatest_at_) out_.push_back(least_first ? greatest_ : least_);
  any_ = false;
  seen_ = order_ = 0;
}

void Downsampler::add(const MetricPoint& point) {
  see(point);
  advance(1);
}

void Downsampler::add_granule(const MetricPoint& first, const MetricPoint& second, std::size_t points) {
  see(first);
  see(second);
  advance(points);
}

std::vector<MetricPoint> Downsampler::finish() {
  flush();
  return std::move(out_);
}

}  // namespace souk::registry
