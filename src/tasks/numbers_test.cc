// SPDX-License-Identifier: Apache-2.0
#include "tasks/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace souk::tasks {
namespace {

using registry::Datatype;

template <class T>
T one(double value, Datatype type) {
  T element{};
  from_reals({&value, 1}, type, reinterpret_cast<std::byte*>(&element));
  return element;
}

TEST(Numbers, RoundsAndClampsIntegers) {
  EXPECT_EQ(one<std::uint8_t>(0.5, Datatype::UINT8), 0);
  EXPECT_EQ(one<std::uint8_t>(1.5, Datatype::UINT8), 2);
  EXPECT_EQ(one<std::uint8_t>(254.6, Datatype::UINT8), 255);
  EXPECT_EQ(one<std::uint8_t>(300, Datatype::UINT8), 255);
  EXPECT_EQ(one<std::uint8_t>(-3, Datatype::UINT8), 0);
  EXPECT_EQ(one<std::int8_t>(-200, Datatype::INT8), -128);
  EXPECT_EQ(one<std::int64_t>(1e300, Datatype::INT64), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(one<std::int64_t>(-1e300, Datatype::INT64), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(one<std::uint64_t>(1e300, Datatype::UINT64), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(one<std::int32_t>(std::nan(""), Datatype::INT32), 0);
}

TEST(Numbers, KnowsHalves) {
  EXPECT_EQ(one<std::uint16_t>(1, Datatype::FP16), 0x3c00);
  EXPECT_EQ(one<std::uint16_t>(-2, Datatype::FP16), 0xc000);
  EXPECT_EQ(one<std::uint16_t>(65504, Datatype::FP16), 0x7bff);
  EXPECT_EQ(one<std::uint16_t>(65519.9, Datatype::FP16), 0x7bff);
  EXPECT_EQ(one<std::uint16_t>(65520, Datatype::FP16), 0x7c00);
  EXPECT_EQ(one<std::uint16_t>(std::ldexp(1, -24), Datatype::FP16), 1);
  EXPECT_EQ(one<std::uint16_t>(std::ldexp(1023.6, -24), Datatype::FP16), 0x0400);
  EXPECT_EQ(one<std::uint16_t>(1.00048828125, Datatype::FP16), 0x3c00);  // a half to even
  EXPECT_EQ(one<std::uint16_t>(1.9999, Datatype::FP16), 0x4000);
  for (std::uint32_t bits = 0; bits < 0x7c00; ++bits) {
    auto half = static_cast<std::uint16_t>(bits);
    double value = to_reals(std::as_bytes(std::span(&half, 1)), Datatype::FP16)[0];
    ASSERT_EQ(one<std::uint16_t>(value, Datatype::FP16), half);
  }
}

TEST(Numbers, KnowsBrainFloats) {
  EXPECT_EQ(one<std::uint16_t>(1, Datatype::BF16), 0x3f80);
  EXPECT_EQ(one<std::uint16_t>(1.00390625, Datatype::BF16), 0x3f80);
  EXPECT_EQ(one<std::uint16_t>(1.01171875, Datatype::BF16), 0x3f82);
  std::uint16_t minus_two = 0xc000;
  EXPECT_EQ(to_reals(std::as_bytes(std::span(&minus_two, 1)), Datatype::BF16), std::vector<double>{-2});
}

}  // namespace
}  // namespace souk::tasks
