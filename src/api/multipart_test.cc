// SPDX-License-Identifier: Apache-2.0
#include "api/multipart.h"

#include <gtest/gtest.h>

namespace souk::api {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=XyZ";

TEST(Multipart, GivesFilesAndFields) {
  const std::string body =
      "--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".png\"\r\nContent-Type: "
      "image/png\r\n\r\n\x89PNG\r\n--Xy\r\n\r\n--XyZ\r\ncontent-disposition: form-data; name=prompt\r\n\r\nhello\r\n"
      "--XyZ--\r\nepilogue";
  const auto parts = parse_multipart(kType, body);
  ASSERT_TRUE(parts) << parts.error().describe();
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_TRUE((*parts)[0].is_file);
  EXPECT_EQ((*parts)[0].name, "file");
  EXPECT_EQ((*parts)[0].filename, "a \"b\".png");
  EXPECT_EQ((*parts)[0].content, "\x89PNG\r\n--Xy\r\n");
  EXPECT_FALSE((*parts)[1].is_file);
  EXPECT_EQ((*parts)[1].content, "hello");
}

TEST(Multipart, TakesAnEmptyPartAPreambleAndAQuotedBoundary) {
  const auto parts =
      parse_multipart("Multipart/Form-Data; charset=x; boundary=\"a b\"",
                      "preamble\r\n--a b\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\n\r\n--a b--");
  ASSERT_TRUE(parts) << parts.error().describe();
  ASSERT_EQ(parts->size(), 1u);
  EXPECT_EQ((*parts)[0].content, "");
}

TEST(Multipart, TheEmptyFormHasNoParts) {
  EXPECT_EQ(parse_multipart(kType, "--XyZ--")->size(), 0u);
}

TEST(Multipart, RefusesWhatIsNone) {
  const std::string head = "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
  const std::string bodies[] = {"",
                                "nothing",
                                "--XyZ",
                                "--XyZ\r\n",
                                "--XyZ junk\r\n" + head,
                                head,
                                head + "text",
                                "--XyZ\r\n\r\ntext\r\n--XyZ--",
                                "--XyZ\r\nContent-Disposition: form-data\r\n\r\ntext\r\n--XyZ--",
                                "--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\ntext\r\n--XyZ--",
                                "--XyZ\r\nX: " + std::string(9000, 'x') + "\r\n\r\n\r\n--XyZ--"};
  for (const std::string& body : bodies) {
    EXPECT_EQ(parse_multipart(kType, body).error().code, Code::invalid_argument) << body.substr(0, 80);
  }
  for (const char* type : {"", "application/json", "multipart/form-data",
                           "multipart/form-data; boundary=", "multipart/form-data; boundary=\"x"}) {
    EXPECT_EQ(parse_multipart(type, "--x--").error().code, Code::invalid_argument) << type;
  }
  std::string many;
  for (int i = 0; i < 300; ++i) many += head + "\r\n";
  EXPECT_EQ(parse_multipart(kType, many + "--XyZ--").error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace souk::api
