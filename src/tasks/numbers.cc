// SPDX-License-Identifier: Apache-2.0
#include "tasks/numbers.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace souk::tasks {

namespace {

using registry::Datatype;

struct Half {  // IEEE 754 binary16
  std::uint16_t bits;
};
struct Brain {  // the upper half of a binary32
  std::uint16_t bits;
};

template <class T>
T from_real(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    if (!(value == value)) return 0;
    // The largest 64-bit integers have no double: compare before converting.
    constexpr double kTop = static_cast<double>(std::numeric_limits<T>::max());
    double rounded = std::nearbyint(value);
    if (rounded >= kTop) return std::numeric_limits<T>::max();
    if (rounded <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    return static_cast<T>(rounded);
  }
}

template <>
Half from_real<Half>(double value) {
  auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  double size = std::fabs(value);
  if (std::isnan(value)) return {static_cast<std::uint16_t>(sign | 0x7e00)};
  if (size == 0) return {sign};
  if (size >= 65520) return {static_cast<std::uint16_t>(sign | 0x7c00)};  // rounds past the largest
  int exponent = 0;
  std::frexp(size, &exponent);              // size = m · 2^exponent with m in [0.5, 1)
  int step = std::max(exponent - 11, -24);  // the place of the last bit; below 2^-14 it stays
  double units = std::nearbyint(std::ldexp(size, -step));
  auto whole = static_cast<std::uint32_t>(units);  // 11 bits, or 2048 when it was rounded up
  // Adding lets a carry grow the exponent.
  std::uint32_t biased = step == -24 ? 0 : static_cast<std::uint32_t>(step + 24) << 10;
  return {static_cast<std::uint16_t>(sign | (biased + whole))};
}

template <>
Brain from_real<Brain>(double value) {
  auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  if (std::isnan(value)) return {0x7fc0};
  return {static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}

template <class T>
double to_real(T value) {
  return static_cast<double>(value);
}

template <>
double to_real<Half>(Half value) {
  int exponent = value.bits >> 10 & 31;
  double fraction = value.bits & 1023;
  double size = exponent == 31  ? (fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                                                 : std::numeric_limits<double>::infinity())
                : exponent == 0 ? std::ldexp(fraction, -24)
                                : std::ldexp(1024 + fraction, exponent - 25);
  return value.bits & 0x8000 ? -size : size;
}

template <>
double to_real<Brain>(Brain value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

// Calls f with a value of the datatype's C++ type.
template <class F>
void with_type(Datatype type, F&& f) {
  switch (type) {
    case Datatype::UINT8:
      return f(std::uint8_t());
    case Datatype::UINT16:
      return f(std::uint16_t());
    case Datatype::UINT32:
      return f(std::uint32_t());
    case Datatype::UINT64:
      return f(std::uint64_t());
    case Datatype::INT8:
      return f(std::int8_t());
    case Datatype::INT16:
      return f(std::int16_t());
    case Datatype::INT32:
      return f(std::int32_t());
    case Datatype::INT64:
      return f(std::int64_t());
    case Datatype::FP16:
      return f(Half());
    case Datatype::BF16:
      return f(Brain());
    case Datatype::FP32:
      return f(float());
    case Datatype::FP64:
      return f(double());
    case Datatype::BOOL:
    case Datatype::BYTES:
      return;
  }
}

}  // namespace

bool is_numeric(Datatype type) {
  return type != Datatype::BOOL && type != Datatype::BYTES;
}

void from_reals(std::span<const double> values, Datatype type, std::byte* out) {
  with_type(type, [&](auto example) {
    using T = decltype(example);
    for (double value : values) {
      T element = from_real<T>(value);
      std::memcpy(out, &element, sizeof element);
      out += sizeof element;
    }
  });
}

std::vector<double> to_reals(std::span<const std::byte> bytes, Datatype type) {
  std::vector<double> values;
  with_type(type, [&](auto example) {
    using T = decltype(example);
    values.reserve(bytes.size() / sizeof(T));
    for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
      T element;
      std::memcpy(&element, bytes.data() + at, sizeof element);
      values.push_back(to_real(element));
    }
  });
  return values;
}

}  // namespace souk::tasks
