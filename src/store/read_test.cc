// SPDX-License-Identifier: Apache-2.0
//
// Reads of one statement: alike on both databases, and refused what would need a snapshot.
#include <gtest/gtest.h>

#include <thread>

#include "store/test_database.h"

namespace souk::store {
namespace {

struct Name {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Name, (), (name))
struct Number {
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Number, (), (number))

class ReadTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database.emplace(GetParam());
    store = database->open();
    const auto made = store->write([](Tx& tx) -> Status {
      SOUK_TRY(tx.exec(expand_tokens("CREATE TABLE items (name {{text}} NOT NULL, number BIGINT)", tx.dialect())));
      SOUK_TRY(tx.exec("INSERT INTO items (name, number) VALUES ($1, $2), ($3, $4)", "a", 1, "b", nullptr));
      return {};
    });
    ASSERT_TRUE(made) << made.error().describe();
  }
  Result<std::optional<std::string>> name_of(std::int64_t number) {
    return store->read(
        [&](Tx& tx) { return tx.scalar<std::string>("SELECT name FROM items WHERE number = $1", number); },
        Statements::one);
  }

  std::optional<TestDatabase> database;
  std::unique_ptr<Store> store;
};
SOUK_ON_BOTH_DATABASES(ReadTest);

TEST_P(ReadTest, OneStatementSeesTheLatestCommit) {
  EXPECT_EQ(name_of(1).value(), "a");
  EXPECT_EQ(name_of(2).value(), std::nullopt);
  ASSERT_TRUE(store->write([](Tx& tx) { return tx.exec("UPDATE items SET number = 2 WHERE name = 'b'"); }));
  EXPECT_EQ(name_of(2).value(), "b");
}

TEST_P(ReadTest, OneStatementIsASelectAndNoMore) {
  const auto second = store->read(
      [](Tx& tx) -> Result<std::int64_t> {
        SOUK_TRY(tx.exec("SELECT 1"));
        return tx.exec("SELECT 2");
      },
      Statements::one);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::internal);
  const auto written = store->read([](Tx& tx) { return tx.exec("DELETE FROM items"); }, Statements::one);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::internal);
  const auto sent = store->read([](Tx& tx) { return tx.defer("DELETE FROM items"); }, Statements::one);
  EXPECT_FALSE(sent);
  EXPECT_EQ(name_of(1).value(), "a");
}

TEST_P(ReadTest, AfterOneThatFailsTheNextIsWell) {
  for (int i = 0; i < 3; ++i) {
    const auto failed = store->read([](Tx& tx) { return tx.exec("SELECT nothing FROM nowhere"); }, Statements::one);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::internal);
    EXPECT_EQ(name_of(1).value(), "a");
    EXPECT_EQ(store->read([](Tx& tx) { return tx.scalar<std::int64_t>("SELECT count(*) FROM items"); }).value(), 2);
  }
}

TEST_P(ReadTest, InsideAnotherItUsesThatOnesSnapshot) {
  const Status read = store->read([&](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("SELECT 1 FROM items"));
    std::thread([&] {
      EXPECT_TRUE(store->write([](Tx& in) { return in.exec("UPDATE items SET number = 2 WHERE name = 'b'"); }));
    }).join();
    EXPECT_EQ(SOUK_TRY(name_of(2)), std::nullopt);
    EXPECT_EQ(SOUK_TRY(name_of(1)), "a");  // a second in the same snapshot
    return {};
  });
  EXPECT_TRUE(read) << read.error().describe();
  EXPECT_EQ(name_of(2).value(), "b");
}

TEST_P(ReadTest, APairTakesTheColumnsOfBoth) {
  const auto pair = [&](std::string_view columns) {
    return store->read(
        [&](Tx& tx) {
          return tx.first_pair<Name, Number>("SELECT " + std::string(columns) + " FROM items WHERE name = $1", "a");
        },
        Statements::one);
  };
  const auto found = pair("name, number").value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->first.name, "a");
  EXPECT_EQ(found->second.number, 1);
  EXPECT_FALSE(pair("name"));
  EXPECT_FALSE(pair("name, number, number"));
}

TEST_P(ReadTest, OneInsertTakesAnyTypesInTheSamePlaces) {
  const auto insert = [&](const Value& name, const Value& number) {
    return store->write(
        [&](Tx& tx) { return tx.exec("INSERT INTO items (name, number) VALUES ($1, $2)", name, number); });
  };
  EXPECT_TRUE(insert("c", nullptr));
  EXPECT_TRUE(insert("d", std::int64_t{4}));
  EXPECT_TRUE(insert("e", nullptr));
  EXPECT_EQ(name_of(4).value(), "d");
  const auto refused = insert(nullptr, std::int64_t{5});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
}

}  // namespace
}  // namespace souk::store
