// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "store/store.h"
#include "store/test_database.h"
#include "store/value_check.h"

namespace souk::store {
namespace {

enum class Colour { RED, GREEN };
BOOST_DESCRIBE_ENUM(Colour, RED, GREEN)

struct Everything {
  std::int64_t id = 0;
  std::int64_t whole = 0;
  double number = 0;
  std::string text;
  Blob bytes;
  bool flag = false;
  Time time;
  ModelId model;
  Colour colour = Colour::RED;
  json::Raw raw;
  std::optional<std::string> maybe;
  std::int32_t small_ = 0;
};
BOOST_DESCRIBE_STRUCT(Everything, (), (id, whole, number, text, bytes, flag, time, model, colour, raw, maybe, small_))

class ValuesTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database.emplace(GetParam());
    store = database->open();
    const Status made = store->write([](Tx& tx) -> Status {
      SOUK_TRY(tx.exec(expand_tokens(
          "CREATE TABLE everything (id {{id}}, whole BIGINT, number DOUBLE PRECISION, text {{text}}, bytes {{blob}}, "
          "flag BIGINT, time BIGINT, model BIGINT, colour {{text}}, raw {{text}}, maybe {{text}}, small BIGINT)",
          tx.dialect())));
      return {};
    });
    ASSERT_TRUE(made) << made.error().describe();
  }
  void TearDown() override {
    store.reset();
    database.reset();
  }

  // Writes a value into a column and gives back what is read from it.
  template <class T>
  Result<T> round_trip(std::string_view column, const T& value) {
    return store->write([&](Tx& tx) -> Result<T> {
      const std::string name(column);
      const auto id =
          SOUK_TRY(tx.scalar<std::int64_t>("INSERT INTO everything (" + name + ") VALUES ($1) RETURNING id", value));
      auto back = SOUK_TRY(tx.scalar<T>("SELECT " + name + " FROM everything WHERE id = $1", *id));
      if (!back) return not_found("null");
      return *back;
    });
  }

  std::optional<TestDatabase> database;
  std::unique_ptr<Store> store;
};

TEST_P(ValuesTest, IntegersAreExact) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, (std::int64_t{1} << 53) + 1, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(round_trip("whole", value), value);
  }
}

TEST_P(ValuesTest, DoublesAreExact) {
  for (const double value :
       {0.1, 1.0 / 3, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 123.0, 9007199254740993.0,
        0.1 + 0.2, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(round_trip("number", value), value) << value;
  }
  EXPECT_FALSE(std::signbit(*round_trip("number", -0.0)));
  const auto nan = round_trip("number", std::nan(""));
  ASSERT_FALSE(nan);
  EXPECT_EQ(nan.error().code, Code::invalid_argument);
}

TEST_P(ValuesTest, TextOfEveryPlane) {
  std::string all;
  for (char32_t point = 1; point <= 0x10FFFF; point += point < 0x800 ? 1 : 997) {
    if (point >= 0xD800 && point <= 0xDFFF) continue;
    if (point < 0x80) {
      all += static_cast<char>(point);
    } else if (point < 0x800) {
      all += {static_cast<char>(0xC0 | point >> 6), static_cast<char>(0x80 | (point & 63))};
    } else if (point < 0x10000) {
      all += {static_cast<char>(0xE0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 63)),
              static_cast<char>(0x80 | (point & 63))};
    } else {
      all += {static_cast<char>(0xF0 | point >> 18), static_cast<char>(0x80 | (point >> 12 & 63)),
              static_cast<char>(0x80 | (point >> 6 & 63)), static_cast<char>(0x80 | (point & 63))};
    }
  }
  EXPECT_TRUE(is_utf8(all));
  EXPECT_EQ(round_trip("text", all), all);
  EXPECT_EQ(round_trip("text", std::string()), std::string());
  EXPECT_EQ(round_trip("text", std::string("'; DROP TABLE everything; --\\")), "'; DROP TABLE everything; --\\");
  EXPECT_EQ(round_trip("text", std::string("12")), "12");
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(round_trip("text", large), large);
}

TEST_P(ValuesTest, RefusesTextThatOneOfThemCannotKeep) {
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\0", 1), std::string("\xff"), std::string("\xed\xa0\x80"),
        std::string("\xc0\x80"), std::string("abcdefgh\xf0\x9f")}) {
    const auto kept = round_trip("text", text);
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, Code::invalid_argument);
  }
}

TEST_P(ValuesTest, BytesKeepNul) {
  std::string all;
  for (int i = 0; i < 512; ++i) all += static_cast<char>(i);
  EXPECT_EQ(round_trip("bytes", Blob{all})->bytes, all);
  EXPECT_EQ(round_trip("bytes", Blob{})->bytes, "");
}

TEST_P(ValuesTest, DescribedRowsOfEveryType) {
  Everything in{1,
                -7,
                2.5,
                "text",
                {"b\0b"},
                true,
                from_millis(1'700'000'000'123),
                ModelId(42),
                Colour::GREEN,
                json::Raw{R"({"a":[1]})"},
                std::nullopt,
                -2'147'483'647};
  const auto out = store->write([&](Tx& tx) -> Result<Everything> {
    SOUK_TRY(tx.exec("INSERT INTO everything (" + columns<Everything>() +
                         ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                     in.id, in.whole, in.number, in.text, in.bytes, in.flag, in.time, in.model, in.colour, in.raw,
                     in.maybe, in.small_));
    return *SOUK_TRY(tx.first<Everything>("SELECT " + columns<Everything>("e") + " FROM everything e"));
  });
  ASSERT_TRUE(out) << out.error().describe();
  EXPECT_EQ(out->whole, in.whole);
  EXPECT_EQ(out->bytes.bytes, in.bytes.bytes);
  EXPECT_TRUE(out->flag);
  EXPECT_EQ(out->time, in.time);
  EXPECT_EQ(out->model, in.model);
  EXPECT_EQ(out->colour, Colour::GREEN);
  EXPECT_EQ(out->raw, in.raw);
  EXPECT_EQ(out->maybe, std::nullopt);
  EXPECT_EQ(out->small_, in.small_);
}

TEST_P(ValuesTest, AParameterMayBeNullAtOneTimeAndNotAtAnother) {
  for (const std::optional<std::int64_t> value :
       {std::optional<std::int64_t>(), std::optional<std::int64_t>(5'000'000'000), std::optional<std::int64_t>()}) {
    const auto back = store->write([&](Tx& tx) -> Result<std::optional<std::int64_t>> {
      const auto id =
          SOUK_TRY(tx.scalar<std::int64_t>("INSERT INTO everything (whole) VALUES ($1) RETURNING id", value));
      return tx.scalar<std::int64_t>("SELECT whole FROM everything WHERE id = $1", *id);
    });
    ASSERT_TRUE(back) << back.error().describe();
    EXPECT_EQ(*back, value);
  }
}

TEST_P(ValuesTest, TextOrdersBytewise) {
  const std::vector<std::string> ordered = {
      "", " ", "-", "10", "9", "B", "Z", "_", "a", "ab", "b", "z", "\x7f", "ä", "\xEF\xBF\xBD", "\xF0\x9F\x98\x80"};
  const auto sorted = store->write([&](Tx& tx) -> Result<std::vector<std::string>> {
    for (auto text = ordered.rbegin(); text != ordered.rend(); ++text) {
      SOUK_TRY(tx.defer("INSERT INTO everything (text) VALUES ($1)", *text));
    }
    const Rows rows = SOUK_TRY(tx.run("SELECT text FROM everything ORDER BY text", {}));
    std::vector<std::string> out;
    for (const auto& row : rows.rows) out.push_back(std::get<std::string>(row.at(0)));
    return out;
  });
  ASSERT_TRUE(sorted);
  EXPECT_EQ(*sorted, ordered);
}

SOUK_ON_BOTH_DATABASES(ValuesTest);

TEST(Values, ReadingTellsWhatDoesNotFit) {
  EXPECT_FALSE(from_value<std::int64_t>(Value("5")));
  EXPECT_FALSE(from_value<std::int64_t>(Value(nullptr)));
  EXPECT_FALSE(from_value<std::string>(Value(std::int64_t{5})));
  EXPECT_FALSE(from_value<bool>(Value(std::int64_t{2})));
  EXPECT_FALSE(from_value<std::int8_t>(Value(std::int64_t{200})));
  EXPECT_FALSE(from_value<Colour>(Value("BLUE")));
  EXPECT_FALSE(from_value<Digest>(Value("sha256:12")));
  EXPECT_EQ(from_value<double>(Value(std::int64_t{5})), 5.0);
  EXPECT_EQ(columns<Everything>("e").substr(0, 13), "e.id, e.whole");
  EXPECT_TRUE(columns<Everything>().ends_with(", small"));
}

}  // namespace
}  // namespace souk::store
