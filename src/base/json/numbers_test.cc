// SPDX-License-Identifier: Apache-2.0
#include "base/json_numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace souk::json {
namespace {

using Shape = std::vector<std::int64_t>;

template <class T>
struct Read {
  std::vector<T> values;
  Shape shape;
  std::string error;
};

template <class T>
Read<T> read_text(std::string_view text) {
  const Document document = Document::parse(text).value();
  Read<T> read;
  const Status status = read_array(document.root(), read.values, read.shape);
  if (!status) read.error = status.error().field + "|" + status.error().message;
  return read;
}

TEST(JsonNumbers, NestedArraysBecomeOneRow) {
  const auto read = read_text<float>("[[[1,2.5],[-3,4e2]],[[5,6],[7,8]]]");
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.values, (std::vector<float>{1, 2.5, -3, 400, 5, 6, 7, 8}));
  EXPECT_EQ(read.shape, (Shape{2, 2, 2}));
  EXPECT_EQ(read_text<std::int32_t>("[]").shape, Shape{0});
  EXPECT_EQ(read_text<std::int32_t>("[[],[]]").shape, (Shape{2, 0}));
  EXPECT_EQ(read_text<std::string>(R"(["a","é"])").values, (std::vector<std::string>{"a", "é"}));
  EXPECT_EQ(read_text<Bool>("[true,false]").values, (std::vector<Bool>{Bool::yes, Bool::no}));
}

TEST(JsonNumbers, ErrorsNameTheElement) {
  EXPECT_EQ(read_text<float>("1").error, "|expected an array, got an integer");
  EXPECT_EQ(read_text<float>("[[1,2],[3]]").error, "[1]|expected an array of 2 elements like those before it, got 1");
  EXPECT_EQ(read_text<float>("[[1,2],3]").error, "[1]|expected an array, got 3");
  EXPECT_EQ(read_text<float>("[1,[2]]").error, "[1]|expected a number that fits 32 bits, got an array");
  EXPECT_EQ(read_text<float>("[[1,1e39]]").error, "[0][1]|expected a number that fits 32 bits, got 1e+39");
  EXPECT_EQ(read_text<double>("[null]").error, "[0]|expected a number, got null");
  EXPECT_EQ(read_text<std::int8_t>("[1,-129]").error, "[1]|expected an integer from -128 to 127, got -129");
  EXPECT_EQ(read_text<std::uint8_t>("[256]").error, "[0]|expected an integer from 0 to 255, got 256");
  EXPECT_EQ(read_text<std::uint64_t>("[-1]").error, "[0]|expected an integer from 0 to 18446744073709551615, got -1");
  EXPECT_EQ(read_text<std::int64_t>("[9223372036854775808]").error,
            "[0]|expected an integer from -9223372036854775808 to 9223372036854775807, got 9223372036854775808");
  EXPECT_EQ(read_text<std::int32_t>("[1.0]").error, "[0]|expected an integer from -2147483648 to 2147483647, got 1.0");
  EXPECT_EQ(read_text<Bool>("[1]").error, "[0]|expected a boolean, got 1");
  EXPECT_EQ(read_text<std::string>("[1]").error, "[0]|expected a string, got 1");
  EXPECT_EQ(read_text<float>("[[],[[]]]").error, "[1]|expected an array of 0 elements like those before it, got 1");
  EXPECT_EQ(read_text<float>("[{}]").error, "[0]|expected a number that fits 32 bits, got an object");
}

TEST(JsonNumbers, LimitsOfEveryWidth) {
  EXPECT_EQ(read_text<std::int64_t>("[-9223372036854775808,9223372036854775807]").values,
            (std::vector<std::int64_t>{INT64_MIN, INT64_MAX}));
  EXPECT_EQ(read_text<std::uint64_t>("[18446744073709551615]").values, std::vector<std::uint64_t>{UINT64_MAX});
  EXPECT_EQ(read_text<std::int16_t>("[-32768,32767]").values, (std::vector<std::int16_t>{INT16_MIN, INT16_MAX}));
}

template <class T>
std::string written(const std::vector<T>& values) {
  std::string text;
  Writer out(text);
  out.begin_array();
  write_array(out, std::span<const T>(values));
  out.value(1);
  out.end_array();
  return text;
}

TEST(JsonNumbers, SpansAreWritten) {
  EXPECT_EQ(written<float>({0.1f, -0.0f, 1e20f, NAN, 3}), "[[0.1,-0.0,1e+20,null,3],1]");
  EXPECT_EQ(written<std::int8_t>({-128, 65}), "[[-128,65],1]");
  EXPECT_EQ(written<Bool>({Bool::yes, Bool::no}), "[[true,false],1]");
  EXPECT_EQ(written<double>({}), "[[],1]");
  std::string text;
  Writer out(text);
  const std::vector<std::string_view> strings{"a\"", "b"};
  write_array(out, strings);
  EXPECT_EQ(text, R"(["a\"","b"])");
}

TEST(JsonNumbers, FloatsAreExactBothWays) {
  std::mt19937_64 random(3);
  std::vector<float> floats;
  std::vector<double> doubles;
  while (floats.size() < 50'000) {
    const float single = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    const double number = std::bit_cast<double>(random());
    if (std::isfinite(single)) floats.push_back(single);
    if (std::isfinite(number)) doubles.push_back(number);
  }
  std::string text;
  Writer out(text);
  out.begin_array();
  write_array(out, std::span<const float>(floats));
  write_array(out, std::span<const double>(doubles));
  out.end_array();
  const Document document = Document::parse(text).value();
  std::vector<float> floats_back;
  std::vector<double> doubles_back;
  Shape shape;
  std::size_t index = 0;
  ASSERT_TRUE(document.root().each_element([&](Value value) {
    return index++ == 0 ? read_array(value, floats_back, shape) : read_array(value, doubles_back, shape);
  }));
  EXPECT_EQ(floats_back, floats);
  EXPECT_EQ(doubles_back, doubles);
}

}  // namespace
}  // namespace souk::json
