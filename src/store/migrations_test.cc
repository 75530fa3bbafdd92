// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/test_database.h"

namespace souk::store {
namespace {

const std::vector<Migration> kTwo = {
    {1, "first", "-- a comment; with a semicolon;\nCREATE TABLE a (\n  id {{id}}, -- what it is\n  t {{text}}\n);\n"},
    {2, "second", "CREATE TABLE b (id {{id}}, x {{xid}}, y {{blob}});\nINSERT INTO b (y) VALUES (NULL);\n"}};

class MigrationsTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database.emplace(GetParam());
    store = database->open();
  }
  void TearDown() override {
    store.reset();
    database.reset();
  }
  std::int64_t count(const char* sql) {
    const auto counted = store->read([&](Tx& tx) { return tx.scalar<std::int64_t>(sql); });
    return counted ? counted->value_or(-1) : -1;
  }

  std::optional<TestDatabase> database;
  std::unique_ptr<Store> store;
};

TEST_P(MigrationsTest, AppliesEachOnce) {
  const auto before = migration_status(*store, kTwo);
  ASSERT_TRUE(before) << before.error().describe();
  ASSERT_EQ(before->size(), 2u);
  EXPECT_FALSE(before->at(0).applied_at);
  for (int i = 0; i < 2; ++i) {
    const auto applied = migrate(*store, kTwo, database->log);
    ASSERT_TRUE(applied) << applied.error().describe();
    EXPECT_TRUE(applied->at(1).applied_at);
    EXPECT_EQ(applied->at(0).checksum.size(), 71u);
  }
  EXPECT_EQ(count("SELECT count(*) FROM b"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM a"), 0);
}

TEST_P(MigrationsTest, AddsWhatCameLater) {
  ASSERT_TRUE(migrate(*store, {kTwo[0]}, database->log));
  ASSERT_TRUE(migrate(*store, kTwo, database->log));
  EXPECT_EQ(count("SELECT count(*) FROM b"), 1);
}

TEST_P(MigrationsTest, RefusesANewerDatabaseNamingBothNumbers) {
  ASSERT_TRUE(migrate(*store, kTwo, database->log));
  for (const auto& refused : {migrate(*store, {kTwo[0]}, database->log), migration_status(*store, {kTwo[0]})}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::failed_precondition);
    EXPECT_NE(refused.error().message.find("number 2"), std::string::npos) << refused.error().message;
    EXPECT_NE(refused.error().message.find("up to 1"), std::string::npos);
  }
}

TEST_P(MigrationsTest, RefusesATextThatChanged) {
  ASSERT_TRUE(migrate(*store, kTwo, database->log));
  auto changed = kTwo;
  changed[0].sql += "\n";
  const auto refused = migrate(*store, changed, database->log);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("0001_first"), std::string::npos);
}

TEST_P(MigrationsTest, AFailingOneLeavesNothingOfItself) {
  const std::vector<Migration> bad = {kTwo[0], {2, "bad", "CREATE TABLE c (id {{id}});\nCREATE TABLE d (;\n"}};
  const auto failed = migrate(*store, bad, database->log);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("0002_bad"), std::string::npos);
  EXPECT_EQ(count("SELECT count(*) FROM c"), -1);
  EXPECT_TRUE(migrate(*store, kTwo, database->log));
}

TEST_P(MigrationsTest, ManyAtOnceApplyEachOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      const auto applied = migrate(*store, kTwo, database->log);
      EXPECT_TRUE(applied) << applied.error().describe();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count("SELECT count(*) FROM b"), 1);
}

TEST_P(MigrationsTest, ThoseCompiledInApply) {
  ASSERT_FALSE(migrations().empty());
  const auto applied = migrate(*store, migrations(), database->log);
  ASSERT_TRUE(applied) << applied.error().describe();
  EXPECT_EQ(applied->at(0).name, "events");
}

TEST_P(MigrationsTest, IdsAreNeverUsedAgain) {
  ASSERT_TRUE(migrate(*store, kTwo, database->log));
  const auto next = store->write([](Tx& tx) -> Result<std::int64_t> {
    const auto first = SOUK_TRY(tx.scalar<std::int64_t>("INSERT INTO a (t) VALUES ('x') RETURNING id"));
    SOUK_TRY(tx.exec("DELETE FROM a"));
    return *SOUK_TRY(tx.scalar<std::int64_t>("INSERT INTO a (t) VALUES ('y') RETURNING id")) - *first;
  });
  EXPECT_EQ(next, 1);
}

SOUK_ON_BOTH_DATABASES(MigrationsTest);

TEST(Migrations, RefusesNumbersOutOfOrder) {
  TestDatabase database(Dialect::sqlite);
  const auto store = database.open();
  EXPECT_FALSE(migrate(*store, {kTwo[1], kTwo[0]}, database.log));
}

TEST(Migrations, SplitsAtLineEndsOnly) {
  const auto statements = split_statements("-- note;\nINSERT INTO a VALUES ('x; y');  \n\n  -- more\nSELECT\n 1");
  ASSERT_EQ(statements.size(), 2u);
  EXPECT_EQ(statements[0], "INSERT INTO a VALUES ('x; y')\n");
  EXPECT_EQ(statements[1], "SELECT\n 1\n");
}

TEST(Migrations, SomeStatementsAreForOneDatabase) {
  const std::string sql = "{{sqlite}} SELECT 1;\n{{postgresql}} SELECT 2;\nSELECT '{{blob}}';\n";
  EXPECT_EQ(statements_for(Dialect::sqlite, sql), (std::vector<std::string>{" SELECT 1\n", "SELECT 'BLOB'\n"}));
  EXPECT_EQ(statements_for(Dialect::postgresql, sql), (std::vector<std::string>{" SELECT 2\n", "SELECT 'BYTEA'\n"}));
}

}  // namespace
}  // namespace souk::store
