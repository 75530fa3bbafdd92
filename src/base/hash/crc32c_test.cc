// SPDX-License-Identifier: Apache-2.0
#include "base/hash/crc32c.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace souk {
namespace {

TEST(Crc32c, has_the_values_of_the_rfc) {
  EXPECT_EQ(crc32c(as_bytes("")), 0u);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(as_bytes(std::string(32, '\0'))), 0x8a9136aau);
  EXPECT_EQ(crc32c(as_bytes(std::string(32, '\xff'))), 0x62a8ab43u);
  EXPECT_EQ(crc32c_base64(0xe3069283u), "4waSgw==");
}

TEST(Crc32c, goes_on_from_any_place) {
  std::string text;
  for (int i = 0; i < 1000; i++) text += static_cast<char>(i * 7);
  const std::uint32_t whole = crc32c(as_bytes(text));
  for (std::size_t cut : {0u, 1u, 7u, 8u, 9u, 500u, 999u, 1000u}) {
    EXPECT_EQ(crc32c(as_bytes(text).subspan(cut), crc32c(as_bytes(text).first(cut))), whole) << cut;
  }
}

TEST(Hmac, has_the_value_of_the_rfc) {
  // RFC 4231, test case 2
  EXPECT_EQ(to_hex(as_bytes(hmac_sha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace souk
