// SPDX-License-Identifier: Apache-2.0
#include "net/message.h"

#include <gtest/gtest.h>

namespace souk::net {
namespace {

TEST(Url, DecodesSegmentsAndQueries) {
  EXPECT_EQ(*decode_path_segment("a%2Fb+c%c3%BC"), "a/b+c\u00fc");
  EXPECT_EQ(*decode_path_segment(""), "");
  auto query = parse_query("a=1&b&=x&&c=d%3D+e&a=2&f==");
  ASSERT_TRUE(query);
  using Fields = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(*query, (Fields{{"a", "1"}, {"b", ""}, {"", "x"}, {"c", "d= e"}, {"a", "2"}, {"f", "="}}));
}

TEST(Url, RefusesBrokenEscapesAndNul) {
  for (const char* text : {"%", "%1", "%g0", "%0g", "a%", "a%2", "%00", "a%00b", "%%20", "%-1", "%+1"}) {
    EXPECT_FALSE(decode_path_segment(text)) << text;
    EXPECT_FALSE(parse_query(std::string("k=") + text)) << text;
    EXPECT_FALSE(parse_query(std::string(text) + "=v")) << text;
  }
  EXPECT_FALSE(decode_path_segment(std::string_view("a\0b", 3)));
}

TEST(Url, EncodingComesBack) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(*decode_path_segment(encode_path_segment(all)), all);
  EXPECT_EQ(encode_path_segment("a/b c~.-_%"), "a%2Fb%20c~.-_%25");
  EXPECT_EQ((*parse_query("k=" + encode_query_value(all)))[0].second, all);
}

TEST(RequestHead, FindsFieldsWithoutCase) {
  RequestHead head;
  head.headers = {{"Content-TYPE", "a"}, {"content-type", "b"}, {"Empty", ""}};
  EXPECT_EQ(head.header("content-type"), "a");
  EXPECT_EQ(head.header("content-typ"), "");
  EXPECT_TRUE(head.has_header("EMPTY"));
  EXPECT_FALSE(head.has_header("Host"));
}

}  // namespace
}  // namespace souk::net
