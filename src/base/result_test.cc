// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/ids.h"
#include "base/pool.h"
#include "base/time.h"

#include <condition_variable>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

namespace souk {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return invalid_argument("odd").at("number");
  return number / 2;
}

Result<std::string> quarter(int number) {
  const int once = SOUK_TRY(half(number));
  return std::to_string(SOUK_TRY(half(once)));
}

TEST(Result, TryPassesValuesAndErrors) {
  EXPECT_EQ(quarter(12).value(), "3");
  const auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::invalid_argument);
  EXPECT_EQ(failed.error().field, "number");
}

TEST(Result, DescribeFollowsTheCauses) {
  const Error error = unavailable("cannot push").because(internal("disk").because(not_found("no file").at("path")));
  EXPECT_EQ(error.describe(), "cannot push: disk: path: no file");
  EXPECT_EQ(invalid_argument("name: too long").at("name").describe(), "name: too long");
  EXPECT_EQ(code_name(error.code), "UNAVAILABLE");
}

TEST(Time, RoundTrip) {
  const Time time = parse_rfc3339("2026-11-21T10:18:00.123Z").value();
  EXPECT_EQ(to_millis(time), 1795256280123);
  EXPECT_EQ(format_rfc3339(time), "2026-11-21T10:18:00.123Z");
  EXPECT_EQ(format_rfc3339(from_millis(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Time, TakesOffsetsAndAnyFraction) {
  EXPECT_EQ(format_rfc3339(parse_rfc3339("2024-02-29t23:30:00.1239999-01:30").value()), "2024-03-01T01:00:00.123Z");
  EXPECT_EQ(format_rfc3339(parse_rfc3339("2024-02-29 00:00:00+00:30").value()), "2024-02-28T23:30:00.000Z");
  EXPECT_EQ(format_rfc3339(parse_rfc3339("2016-12-31T23:59:60Z").value()), "2017-01-01T00:00:00.000Z");
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text : {"", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01", "2024-01-01T00:00:00",
                           "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:00.Z",
                           "2024-01-01T00:00:00Zx", "24-01-01T00:00:00Z", "2024-01-01T00:00:00+24:00"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Uid, IsAVersion7UuidThatSortsByTime) {
  const std::int64_t before = to_millis(now());
  std::string last;
  std::set<std::string> all;
  for (int i = 0; i < 10'000; ++i) {
    const std::string uid = new_uid();
    ASSERT_EQ(uid.size(), 36u);
    ASSERT_EQ(uid[14], '7');
    ASSERT_NE(std::string_view("89ab").find(uid[19]), std::string_view::npos);
    ASSERT_LT(last, uid);
    last = uid;
    all.insert(uid);
  }
  EXPECT_EQ(all.size(), 10'000u);
  const std::int64_t millis = std::stoll(last.substr(0, 8) + last.substr(9, 4), nullptr, 16);
  EXPECT_GE(millis, before);
  EXPECT_LE(millis, to_millis(now()) + 5);
}

TEST(Digest, KnownAnswers) {
  EXPECT_EQ(sha256("").string(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 hash;
  hash.update(as_bytes("a"));
  hash.update(as_bytes("bc"));
  EXPECT_EQ(hash.finish().hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash.finish(), sha256(""));  // finish begins anew
}

TEST(Digest, ParsesOnlyItsOwnForm) {
  const std::string text = sha256("x").string();
  EXPECT_EQ(Digest::parse(text).value(), sha256("x"));
  EXPECT_FALSE(Digest::parse(text.substr(1)));
  EXPECT_FALSE(Digest::parse(text + "0"));
  EXPECT_FALSE(Digest::parse("sha512:" + text.substr(7)));
  std::string upper = text;
  upper[70] = 'A';
  EXPECT_FALSE(Digest::parse(upper));
}

TEST(Base64, RoundTripAndRefusals) {
  for (const std::string_view bytes : {std::string_view(""), std::string_view("f"), std::string_view("fo"),
                                       std::string_view("foo"), std::string_view("\0\xff\xfe", 3)}) {
    EXPECT_EQ(from_base64(to_base64(bytes)).value(), bytes);
  }
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(from_base64("Zm8").value(), "fo");
  for (const char* text : {"Z", "Zm9v\n", "Zm9=v", "Zm8==", "Zm_8", "====", "Zm9", "=", " Zm8="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Random, TokensAreOfTheAlphabetAndDiffer) {
  const std::string token = random_token(200);
  EXPECT_EQ(token.size(), 200u);
  for (const char c : token) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)));
  EXPECT_NE(token, random_token(200));
  EXPECT_TRUE(equal_in_constant_time(token, std::string(token)));
  EXPECT_FALSE(equal_in_constant_time(token, token.substr(1)));
}

TEST(Pool, RefusesWhenFullAndRunsTheRestOnClose) {
  Pool pool("test", 1, 2);
  std::latch busy(1);
  std::latch go(1);
  int ran = 0;
  ASSERT_TRUE(pool.post([&] {
    busy.count_down();
    go.wait();
    ++ran;
  }));
  busy.wait();
  ASSERT_TRUE(pool.post([&] { ++ran; }));
  ASSERT_TRUE(pool.post([&] { ++ran; }));
  EXPECT_EQ(pool.queued(), 2u);
  const Status full = pool.post([&] { ++ran; });
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Code::unavailable);
  EXPECT_TRUE(full.error().retry_after);
  go.count_down();
  pool.close();
  EXPECT_EQ(ran, 3);
  EXPECT_FALSE(pool.post([] {}));
}

TEST(Pool, OutlivesWorkThatThrows) {
  Pool pool("test", 1, 8);
  std::latch done(1);
  ASSERT_TRUE(pool.post([] { throw std::runtime_error("expected by the test"); }));
  ASSERT_TRUE(pool.post([&] { done.count_down(); }));
  done.wait();
}

}  // namespace
}  // namespace souk
