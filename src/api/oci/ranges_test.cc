// SPDX-License-Identifier: Apache-2.0
#include "api/oci/ranges.h"

#include <gtest/gtest.h>

namespace souk::api::oci {
namespace {

TEST(Ranges, of_a_get) {
  struct Case {
    std::string_view value;
    std::uint64_t first, count;
  };
  for (auto c :
       {Case{"bytes=0-0", 0, 1}, Case{"bytes=2-4", 2, 3}, Case{"bytes=5-", 5, 5}, Case{"bytes=-3", 7, 3},
        Case{"bytes=-100", 0, 10}, Case{"BYTES=9-99999999999999999999999", 9, 1}, Case{" bytes= 1 - 2 ", 1, 2}}) {
    auto range = parse_range(c.value, 10);
    ASSERT_TRUE(range && *range) << c.value;
    EXPECT_EQ((*range)->first, c.first) << c.value;
    EXPECT_EQ((*range)->count, c.count) << c.value;
  }
  for (auto value :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "items=1-2", "bytes=4-2", "bytes=+1-2"}) {
    auto range = parse_range(value, 10);
    ASSERT_TRUE(range) << value;
    EXPECT_FALSE(*range) << value;
  }
  for (auto value : {"bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-"}) {
    EXPECT_EQ(parse_range(value, 10).error().code, Code::out_of_range) << value;
  }
  EXPECT_EQ(parse_range("bytes=0-", 0).error().code, Code::out_of_range);
}

TEST(Ranges, of_a_chunk) {
  EXPECT_EQ(parse_chunk_range("0-99")->count, 100u);
  EXPECT_EQ(parse_chunk_range("100-100")->first, 100u);
  EXPECT_EQ(parse_chunk_range("bytes 5-9/20")->first, 5u);
  for (auto value : {"", "-", "0", "0-", "-5", "9-5", "a-b", "0-18446744073709551615", "bytes=0-5"}) {
    EXPECT_EQ(parse_chunk_range(value).error().code, Code::invalid_argument) << value;
  }
}

}  // namespace
}  // namespace souk::api::oci
