// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

#include "base/digest.h"
#include "base/json/fault.h"

namespace souk::json {
namespace {

enum class State { PENDING, READY };
BOOST_DESCRIBE_ENUM(State, PENDING, READY)

struct Input {
  std::string name;
  std::vector<std::int64_t> shape;
};
BOOST_DESCRIBE_STRUCT(Input, (), (name, shape))

struct Object {
  std::string namespace_;
  std::optional<std::string> owner;
  std::vector<Input> inputs;
  std::map<std::string, std::optional<int>> counts;
};
BOOST_DESCRIBE_STRUCT(Object, (), (namespace_, owner, inputs, counts))

struct Everything {
  bool flag = false;
  std::int8_t tiny = 0;
  std::uint64_t big = 0;
  float single = 0;
  double number = 0;
  Time time;
  ModelId id;
  Digest digest;
  State state = State::PENDING;
  Raw raw;
  std::vector<bool> flags;
};
BOOST_DESCRIBE_STRUCT(Everything, (), (flag, tiny, big, single, number, time, id, digest, state, raw, flags))

struct Change {
  Patch<std::string> owner;
  Patch<std::vector<int>> numbers;
};
BOOST_DESCRIBE_STRUCT(Change, (), (owner, numbers))

template <class T>
std::string failure(std::string_view text, UnknownFields unknown = UnknownFields::refuse) {
  const Result<T> result = read<T>(text, unknown);
  if (result) return "no error";
  EXPECT_EQ(result.error().code, Code::invalid_argument);
  return result.error().field + "|" + result.error().message;
}

TEST(Json, ObjectRoundTrip) {
  const std::string text =
      R"({"namespace":"default","inputs":[{"name":"pixels","shape":[-1,64]}],"counts":{"a":1,"b":null}})";
  const Object object = read<Object>(text).value();
  EXPECT_EQ(object.namespace_, "default");
  EXPECT_FALSE(object.owner);
  EXPECT_EQ(object.inputs[0].shape, (std::vector<std::int64_t>{-1, 64}));
  EXPECT_EQ(object.counts.at("a"), 1);
  EXPECT_EQ(write(object), text);
}

TEST(Json, EveryTypeRoundTrips) {
  Everything all;
  all.flag = true;
  all.tiny = -128;
  all.big = UINT64_MAX;
  all.single = 0.1f;
  all.number = 0.1;
  all.time = from_millis(1795256280123);
  all.id = ModelId(42);
  all.digest = sha256("x");
  all.state = State::READY;
  all.raw = Raw::parse(R"( {"a" : [1.0, 1e2, "\u00e9"] } )").value();
  all.flags = {true, false};
  const std::string text = write(all);
  EXPECT_EQ(text, R"({"flag":true,"tiny":-128,"big":18446744073709551615,"single":0.1,"number":0.1,)"
                  R"("time":"2026-11-21T10:18:00.123Z","id":42,"digest":")" +
                      sha256("x").string() +
                      R"(","state":"READY","raw":{"a":[1.0,1e2,"\u00e9"]},"flags":[true,false]})");
  const Everything back = read<Everything>(text).value();
  EXPECT_EQ(back.digest, all.digest);
  EXPECT_EQ(back.big, all.big);
  EXPECT_EQ(back.single, all.single);
  EXPECT_EQ(back.raw.text, "{\"a\":[1.0,100.0,\"é\"]}");
}

TEST(Json, ErrorsSayWhereWhatWasExpectedAndWhatCame) {
  EXPECT_EQ(failure<Object>(R"({"namespace":{}})"), "namespace|expected a string, got an object");
  EXPECT_EQ(failure<Object>(R"({"namespace":"a","inputs":[{"name":"x","shape":[1,"2"]}]})"),
            "inputs[0].shape[1]|expected an integer, got a string");
  EXPECT_EQ(failure<Object>(R"({"inputs":[]})"), "namespace|field \"namespace\" is required");
  EXPECT_EQ(failure<Object>(R"({"namespace":"a","inputs":[{}]})"), "inputs[0].name|field \"name\" is required");
  EXPECT_EQ(failure<Object>(R"({"namespace":"a","colour":1})"),
            "colour|unknown field \"colour\"; known are namespace, owner, inputs, counts");
  EXPECT_EQ(failure<Object>(R"({"namespace":"a","namespace":"b"})"), "namespace|field \"namespace\" is given twice");
  EXPECT_EQ(failure<Object>(R"({"namespace":"a","counts":{"k":1,"k":2}})"), "counts.k|field \"k\" is given twice");
  EXPECT_EQ(failure<Object>("[]"), "|expected an object, got an array");
  EXPECT_EQ(failure<std::vector<State>>(R"(["READY","GONE"])"), "[1]|expected one of PENDING, READY, got \"GONE\"");
  EXPECT_EQ(failure<std::vector<std::vector<int>>>("[[],[1,null]]"), "[1][1]|expected an integer, got null");
}

TEST(Json, UnknownFieldsMayBeIgnored) {
  const auto object = read<Object>(R"({"x":{"y":[1]},"namespace":"a","z":1})", UnknownFields::ignore);
  EXPECT_EQ(object.value().namespace_, "a");
}

TEST(Json, IntegersKeepTheirBounds) {
  EXPECT_EQ(read<std::int64_t>("-9223372036854775808").value(), INT64_MIN);
  EXPECT_EQ(read<std::uint64_t>("18446744073709551615").value(), UINT64_MAX);
  EXPECT_EQ(failure<std::int8_t>("128"), "|expected an integer from -128 to 127, got 128");
  EXPECT_EQ(failure<std::uint8_t>("-1"), "|expected an integer from 0 to 255, got -1");
  EXPECT_EQ(failure<std::int64_t>("9223372036854775808"),
            "|expected an integer from -9223372036854775808 to 9223372036854775807, got 9223372036854775808");
  EXPECT_EQ(failure<int>("1.5"), "|expected an integer, got a number");
  EXPECT_EQ(failure<ModelId>("0"), "|expected an integer from 1 to 999999999, got 0");
  EXPECT_NE(failure<std::uint64_t>("18446744073709551616"), "no error");
  EXPECT_EQ(failure<float>("1e39"), "|expected a number that fits a 32-bit float, got 1e+39");
}

TEST(Json, AbsentIsNotNull) {
  const Change none = read<Change>("{}").value();
  EXPECT_FALSE(none.owner.given());
  const Change some = read<Change>(R"({"owner":null,"numbers":[1]})").value();
  EXPECT_TRUE(some.owner.is_null());
  EXPECT_EQ(some.numbers.value, std::vector<int>{1});
  EXPECT_EQ(write(none), "{}");
  EXPECT_EQ(write(some), R"({"owner":null,"numbers":[1]})");
  EXPECT_EQ(failure<Object>(R"({"namespace":null})"), "namespace|expected a string, got null");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "[1 2]",
                           "01",
                           "+1",
                           "1.",
                           ".5",
                           "nul",
                           "tru",
                           "NaN",
                           "Infinity",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\t\"",
                           "{a:1}",
                           "{\"a\" 1}",
                           "1 2",
                           "[1]]",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\"\\ud800\"",
                           "1e999",
                           "//x\n1",
                           "-",
                           "\x01",
                           "[\"a\":1]"}) {
    EXPECT_NE(failure<Raw>(text), "no error") << text;
    EXPECT_FALSE(Raw::parse(text)) << text;
  }
  EXPECT_FALSE(Raw::parse(std::string_view("1\0", 2)));
}

TEST(Json, ErrorsSayWhichByte) {
  const auto message = [](std::string_view text) { return Raw::parse(text).error().message; };
  EXPECT_EQ(message(""), "expected JSON, got an empty text");
  EXPECT_EQ(message("  "), "not JSON at byte 2: expected a value");
  EXPECT_EQ(message(R"({"a":1 "b":2})"), "not JSON at byte 7: expected ',' or '}'");
  EXPECT_EQ(message(R"({"a":[1,2}})"), "not JSON at byte 9: expected ',' or ']'");
  EXPECT_EQ(message(R"({"a":[1,2])"), "not JSON at byte 10: expected ',' or '}'");
  EXPECT_EQ(message(R"({"a" 1})"), "not JSON at byte 5: expected ':'");
  EXPECT_EQ(message(R"({a:1})"), "not JSON at byte 1: expected a field's name in double quotes");
  EXPECT_EQ(message("[1,]"), "not JSON at byte 3: expected a value");
  EXPECT_EQ(message("[nul]"), "not JSON at byte 1: expected a value");
  EXPECT_EQ(message("01"), "not JSON at byte 1: expected the end of the text");
  EXPECT_EQ(message("1."), "not JSON at byte 2: expected a digit");
  EXPECT_EQ(message("\"a"), "not JSON at byte 2: expected the string's closing quote");
  EXPECT_EQ(message("\"\\x\""), "not JSON at byte 1: expected an escape");
  EXPECT_EQ(message("\"\t\""), "not JSON at byte 1: expected an escape in place of a control character");
  EXPECT_EQ(message("\"\xff\""), "not JSON at byte 1: expected UTF-8");
  EXPECT_EQ(message("\"\\ud800\""), "not JSON at byte 7: expected the second half of a surrogate pair");
  EXPECT_EQ(message("1e999"), "expected a number that 64 bits or a double hold, got 1e999");
  EXPECT_EQ(message(R"({"a":{"n":1},"in":[[1,2],{"x":[1e-999,2.5,-18446744073709551616]}]})"),
            "in[1].x[2]: expected a number that 64 bits or a double hold, got -18446744073709551616");
}

// Two readers of one grammar: simdjson, and the one that only looks for the fault.
TEST(Json, FaultsAreFoundWhereSimdjsonSeesThem) {
  constexpr std::string_view kPieces[] = {
      "{",    "}",    "[",    "]", ",",  ":",  "\"",      "\"a\"",   "1",       "-",    "0",    ".5",      "e3",
      "true", "null", "fals", " ", "\n", "\\", "\\u00e9", "\\ud83d", "\\ude00", "\xc3", "\xa9", "\"\\n\"", "\x01"};
  std::mt19937 random(5);
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (std::size_t n = 1 + random() % 8; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    const bool parsed = Document::parse(text).has_value();
    ASSERT_EQ(parsed, !find_fault(text)) << text;
  }
}

TEST(Json, NestingIsLimited) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Raw::parse(nested(kMaxDepth)));
  EXPECT_TRUE(Raw::parse(std::string(kMaxDepth, '[') + "1" + std::string(kMaxDepth, ']')));
  EXPECT_FALSE(Raw::parse(std::string(kMaxDepth + 1, '[') + "1" + std::string(kMaxDepth + 1, ']')));
  const Result<Raw> deep = Raw::parse(nested(100'000));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().message, "JSON is nested deeper than 64 levels");
}

TEST(Json, RawRefusesDuplicatesInside) {
  const Result<Raw> twice = Raw::parse(R"({"a":[{"b":1,"c":2,"b":3}]})");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().field, "a[0].b");
  EXPECT_TRUE(Raw::parse(R"([{"b":1},{"b":1}])"));
}

TEST(Json, DoublesAreExactBothWays) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    const double back = read<double>(write(number)).value();
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(number)) << write(number);
    const float single = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(single)) continue;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(read<float>(write(single)).value()), std::bit_cast<std::uint32_t>(single));
  }
  for (const double number :
       {0.0, -0.0, 1e22, 18446744073709551616.0, 1e20, 9007199254740992.0, 5e-324, 1.7976931348623157e308}) {
    const double back = read<double>(write(number)).value();
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(number)) << write(number);
  }
  EXPECT_EQ(write(NAN), "null");
  EXPECT_EQ(write(std::vector<float>{1.0f, -INFINITY}), "[1,null]");
}

TEST(Json, StringsAreEscapedAndRepaired) {
  EXPECT_EQ(write(std::string("a\"\\\n\r\t\x01\x7f/é\0b", 13)), "\"a\\\"\\\\\\n\\r\\t\\u0001\x7f/é\\u0000b\"");
  EXPECT_EQ(write(std::string("\xc3(\n\xf0\x9f\x98\x80\xed\xa0\x80")),
            "\"\xef\xbf\xbd(\\n\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
  std::mt19937 random(2);
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes(random() % 20, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 4 == 0 ? random() : 0xe0 + random() % 32);
    ASSERT_TRUE(read<std::string>(write(bytes))) << write(bytes);
  }
  EXPECT_EQ(read<std::string>(R"("\u0000\ud83d\ude00")").value(), std::string("\0\xf0\x9f\x98\x80", 5));
}

TEST(Json, DocumentsOfOneThreadStandBesideEachOther) {
  const Document first = Document::parse(R"({"a":"one"})").value();
  const Document second = Document::parse(R"({"a":"two"})").value();
  { const Document third = Document::parse(R"({"a":"three"})").value(); }
  const Document fourth = Document::parse(R"({"a":"four"})").value();
  EXPECT_EQ(first.root().find("a")->string(), "one");
  EXPECT_EQ(second.root().find("a")->string(), "two");
  EXPECT_EQ(fourth.root().find("a")->string(), "four");
  EXPECT_FALSE(fourth.root().find("b"));
  std::optional<Document> other;
  std::thread([&] { other = Document::parse(R"([1,2])").value(); }).join();
  EXPECT_EQ(other->root().size(), 2u);
}

TEST(Json, LargeTextsAreRead) {
  std::string text = "[";
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i) + ",";
  text.back() = ']';
  const auto numbers = read<std::vector<int>>(text).value();
  EXPECT_EQ(numbers.size(), 200'000u);
  EXPECT_EQ(numbers.back(), 199'999);
}

TEST(Json, EnumNames) {
  EXPECT_EQ(enum_name(State::READY), "READY");
  EXPECT_EQ(enum_value<State>("PENDING"), State::PENDING);
  EXPECT_FALSE(enum_value<State>("pending"));
}

TEST(Json, MessagesRepeatOnlyAPartOfLongInput) {
  const std::string message = failure<Object>("{\"" + std::string(100'000, 'x') + "\":1}");
  EXPECT_LT(message.size(), 400u);
}

TEST(Json, EveryByteIsEscapedWhereverItStands) {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t length = 1; length <= 20; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, 'x');
        text[at] = static_cast<char>(c);
        const std::string written = write(text);
        const auto read = json::read<std::string>(written);
        ASSERT_TRUE(read) << written;
        ASSERT_EQ(*read, text) << written;
        const bool escaped = c < 0x20 || c == '"' || c == '\\';
        ASSERT_EQ(written.size() > length + 2, escaped) << written;
      }
    }
  }
}

TEST(Json, WhatIsNotUtf8IsRepairedWhereverItStands) {
  for (std::size_t at = 0; at < 20; ++at) {
    std::string text(20, 'x'), repaired(20, 'x');
    text[at] = '\xff';
    repaired.replace(at, 1, "\xef\xbf\xbd");
    ASSERT_EQ(write(text), '"' + repaired + '"');
  }
}

}  // namespace
}  // namespace souk::json
