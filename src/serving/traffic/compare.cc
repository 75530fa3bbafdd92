// SPDX-License-Identifier: Apache-2.0
#include "serving/traffic/compare.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace souk::serving {

namespace {

using runtimes::Datatype;

double of_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else if (exponent == 0x1f) {
    value = fraction == 0 ? HUGE_VAL : std::nan("");
  } else {
    value = std::ldexp(fraction | 0x400, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

double of_bfloat(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

template <class T>
T element(std::span<const std::byte> data, std::size_t index) {
  T value;
  std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
  return value;
}

bool near(double expected, double got, double absolute, double relative) {
  if (expected == got) return true;  // infinities too
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  return std::abs(expected - got) <= absolute + relative * std::abs(expected);
}

template <class T, class F>
bool all_near(const runtimes::Tensor& a, const runtimes::Tensor& b, double absolute, double relative, F value_of) {
  for (std::size_t i = 0; i < a.data.size() / sizeof(T); ++i) {
    if (!near(value_of(element<T>(a.data, i)), value_of(element<T>(b.data, i)), absolute, relative)) return false;
  }
  return true;
}

bool agree(const runtimes::Tensor& a, const runtimes::Tensor& b, double absolute, double relative) {
  if (a.name != b.name || a.datatype != b.datatype || a.shape != b.shape) return false;
  if (a.datatype == Datatype::BYTES) return a.strings == b.strings;
  if (a.data.size() != b.data.size()) return false;
  switch (a.datatype) {
    case Datatype::FP16:
      return all_near<std::uint16_t>(a, b, absolute, relative, of_half);
    case Datatype::BF16:
      return all_near<std::uint16_t>(a, b, absolute, relative, of_bfloat);
    case Datatype::FP32:
      return all_near<float>(a, b, absolute, relative, [](float v) { return static_cast<double>(v); });
    case Datatype::FP64:
      return all_near<double>(a, b, absolute, relative, [](double v) { return v; });
    default:
      return a.data.empty() || std::memcmp(a.data.data(), b.data.data(), a.data.size()) == 0;
  }
}

}  // namespace

bool agree(std::span<const runtimes::Tensor> expected, std::span<const runtimes::Tensor> got, double absolute,
           double relative) {
  if (expected.size() != got.size()) return false;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!agree(expected[i], got[i], absolute, relative)) return false;
  }
  return true;
}

}  // namespace souk::serving
