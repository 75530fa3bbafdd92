// SPDX-License-Identifier: Apache-2.0
#include "api/compression.h"

#include <gtest/gtest.h>

namespace souk::api {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string compress(Coding coding, std::string_view text) {
  Compressor compressor(coding);
  compressor.add(bytes_of(text.substr(0, text.size() / 3)));
  compressor.add(bytes_of(text.substr(text.size() / 3)));
  return compressor.finish();
}

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

TEST(Compression, ThereAndBack) {
  for (Coding coding : {Coding::gzip, Coding::deflate}) {
    for (const std::string& text : {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise(1'000'000)}) {
      auto back = decompress(coding, bytes_of(compress(coding, text)), text.size());
      ASSERT_TRUE(back) << back.error().describe();
      EXPECT_TRUE(*back == text) << coding_name(coding) << " " << text.size();
    }
  }
}

TEST(Compression, KnowsBothKindsOfDeflate) {
  std::string zlib = compress(Coding::deflate, "hello, hello, hello");
  std::string raw = zlib.substr(2, zlib.size() - 6);
  EXPECT_EQ(decompress(Coding::deflate, bytes_of(zlib), 100).value(), "hello, hello, hello");
  EXPECT_EQ(decompress(Coding::deflate, bytes_of(raw), 100).value(), "hello, hello, hello");
}

TEST(Compression, MembersMayFollowOneAnother) {
  std::string two = compress(Coding::gzip, "one ") + compress(Coding::gzip, "two");
  EXPECT_EQ(decompress(Coding::gzip, bytes_of(two), 7).value(), "one two");
  EXPECT_EQ(decompress(Coding::gzip, bytes_of(two), 6).error().code, Code::resource_exhausted);
}

TEST(Compression, RefusesBombs) {
  std::string bomb = compress(Coding::gzip, std::string(100 << 20, '\0'));
  EXPECT_LT(bomb.size(), 1u << 20);
  auto refused = decompress(Coding::gzip, bytes_of(bomb), 1 << 20);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::resource_exhausted);
  EXPECT_EQ(refused.error().field, "body");
  EXPECT_TRUE(decompress(Coding::gzip, bytes_of(compress(Coding::gzip, std::string(1000, 'x'))), 1000));
  EXPECT_FALSE(decompress(Coding::gzip, bytes_of(compress(Coding::gzip, std::string(1001, 'x'))), 1000));
}

TEST(Compression, RefusesWhatIsMalformed) {
  std::string good = compress(Coding::gzip, "hello, hello, hello");
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_EQ(decompress(Coding::gzip, bytes_of(good.substr(0, n)), 1000).error().code, Code::invalid_argument) << n;
  }
  EXPECT_FALSE(decompress(Coding::gzip, bytes_of(good + "x"), 1000));
  EXPECT_FALSE(decompress(Coding::deflate, bytes_of(compress(Coding::deflate, "x") + "y"), 1000));
  std::string wrong_sum = good;
  wrong_sum[wrong_sum.size() - 6] ^= 1;
  EXPECT_FALSE(decompress(Coding::gzip, bytes_of(wrong_sum), 1000));
  EXPECT_FALSE(decompress(Coding::gzip, bytes_of(R"({"inputs":[]})"), 1000));
}

TEST(Compression, NamesAndChoices) {
  EXPECT_EQ(find_coding("GZip"), Coding::gzip);
  EXPECT_EQ(find_coding(" deflate "), Coding::deflate);
  EXPECT_EQ(find_coding(""), Coding::identity);
  EXPECT_FALSE(find_coding("br"));
  EXPECT_FALSE(find_coding("gzip, gzip"));
  EXPECT_EQ(choose_coding("gzip"), Coding::gzip);
  EXPECT_EQ(choose_coding("deflate"), Coding::deflate);
  EXPECT_EQ(choose_coding("deflate, gzip, br"), Coding::gzip);
  EXPECT_EQ(choose_coding("gzip;q=0.2, deflate; q=0.9"), Coding::deflate);
  EXPECT_EQ(choose_coding("gzip;q=0, br"), Coding::identity);
  EXPECT_EQ(choose_coding(""), Coding::identity);
  EXPECT_EQ(choose_coding(",,;q=,identity"), Coding::identity);
}

}  // namespace
}  // namespace souk::api
