// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/signature.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace souk::blobs::s3 {
namespace {

// The examples of Amazon's own documentation ("Signature Calculations for the Authorization Header", "…: Using query
// parameters").
const Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const Time kThen = *parse_rfc3339("2013-05-24T00:00:00Z");
const std::string kEmpty = sha256("").hex();

Address example() {
  Address address;
  address.host = "examplebucket.s3.amazonaws.com";
  address.origin = "https://" + address.host;
  address.base = "/";
  address.bucket = "examplebucket";
  address.region = "us-east-1";
  return address;
}

std::string authorization(const std::vector<net::Header>& headers) {
  for (const net::Header& header : headers) {
    if (header.name == "Authorization") return header.value;
  }
  return "";
}

TEST(Signature, of_a_get_with_a_range) {
  auto headers = sign(kExample, example(), kThen, "GET", "/test.txt", {}, {{"Range", "bytes=0-9"}}, kEmpty);
  EXPECT_EQ(authorization(headers),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Signature, of_a_put_with_a_name_to_escape) {
  auto headers = sign(kExample, example(), kThen, "PUT", example().path("test$file.text"), {},
                      {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                      sha256("Welcome to Amazon S3.").hex());
  EXPECT_NE(authorization(headers).find("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
            std::string::npos)
      << authorization(headers);
}

TEST(Signature, of_queries_without_a_value_and_out_of_order) {
  auto lifecycle = sign(kExample, example(), kThen, "GET", "/", {{"lifecycle", ""}}, {}, kEmpty);
  EXPECT_NE(authorization(lifecycle).find("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            std::string::npos);
  auto list = sign(kExample, example(), kThen, "GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, kEmpty);
  EXPECT_NE(authorization(list).find("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
            std::string::npos);
}

TEST(Signature, of_a_url) {
  EXPECT_EQ(presign(kExample, example(), kThen, "/test.txt", {}, std::chrono::seconds(86400)),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(Signature, carries_a_session_token) {
  Credentials with = kExample;
  with.session_token = "to/ken";
  auto headers = sign(with, example(), kThen, "GET", "/", {}, {}, kEmpty);
  EXPECT_NE(authorization(headers).find("x-amz-date;x-amz-security-token,"), std::string::npos);
  EXPECT_NE(presign(with, example(), kThen, "/", {}, std::chrono::seconds(1)).find("X-Amz-Security-Token=to%2Fken"),
            std::string::npos);
}

const char* nothing(const char*) {
  return nullptr;
}

TEST(Address, is_read_from_its_url) {
  auto address = parse_address("s3://models/a/b/?endpoint=http://127.0.0.1:9000&region=eu-west-1", nothing);
  ASSERT_TRUE(address) << address.error().describe();
  EXPECT_EQ(address->origin, "http://127.0.0.1:9000");
  EXPECT_EQ(address->host, "127.0.0.1:9000");
  EXPECT_EQ(address->prefix, "a/b/");
  EXPECT_EQ(address->region, "eu-west-1");
  EXPECT_EQ(address->path("a/b/x y"), "/models/a/b/x%20y");

  auto amazon = parse_address("s3://models", nothing);
  EXPECT_EQ(amazon->origin, "https://models.s3.us-east-1.amazonaws.com");
  EXPECT_EQ(amazon->path("k"), "/k");
  EXPECT_EQ(parse_address("s3://my.models?region=eu-west-1", nothing)->path("k"), "/my.models/k");
  EXPECT_EQ(parse_address("s3://models?endpoint=https://s3.local:443/&style=virtual", nothing)->origin,
            "https://models.s3.local");
}

TEST(Address, is_completed_by_the_environment) {
  auto environment = [](const char* name) -> const char* {
    std::string_view asked(name);
    if (asked == "AWS_ENDPOINT_URL") return "http://store:9000";
    if (asked == "AWS_DEFAULT_REGION") return "here-1";
    return nullptr;
  };
  auto address = parse_address("s3://models", environment);
  EXPECT_EQ(address->origin, "http://store:9000");
  EXPECT_EQ(address->region, "here-1");
}

TEST(Address, refuses_what_is_malformed) {
  for (const char* url :
       {"s3://", "s3:///x", "s3://Up", "s3://ab", "s3://-ab", "s3://a..b", "s3://bucket/../x", "s3://bucket/a//b",
        "s3://bucket/a b", "s3://bucket?endpoint=ftp://x", "s3://bucket?endpoint=http://",
        "s3://bucket?endpoint=http://a/b", "s3://bucket?endpoint=http://u:p@host", "s3://bucket?region=a/b",
        "s3://bucket?color=red", "s3://bucket?style=x", "s3://key:secret@bucket"}) {
    auto address = parse_address(url, nothing);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().code, Code::invalid_argument) << url;
    EXPECT_EQ(address.error().message.find("secret"), std::string::npos) << address.error().message;
  }
}

}  // namespace
}  // namespace souk::blobs::s3
