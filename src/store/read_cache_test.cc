// SPDX-License-Identifier: Apache-2.0
#include "store/read_cache.h"

#include <gtest/gtest.h>

#include <optional>

#include "store/test_database.h"

namespace souk::store {
namespace {

class ReadCacheTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database.emplace(GetParam());
    store = database->open();
    cache.emplace(*store, 2);
    ASSERT_TRUE(store->write([](Tx& tx) { return tx.exec("CREATE TABLE words (id BIGINT PRIMARY KEY, word TEXT)"); }));
  }
  void put(std::int64_t id, const std::string& word) {
    const auto written = store->write([&](Tx& tx) {
      return tx.exec("INSERT INTO words (id, word) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET word = $2", id, word);
    });
    ASSERT_TRUE(written) << written.error().describe();
  }
  std::string get(std::int64_t id) {
    const auto found = cache->get(id, [&](Tx& tx) {
      ++reads;
      return tx.scalar<std::string>("SELECT word FROM words WHERE id = $1", id);
    });
    EXPECT_TRUE(found) << found.error().describe();
    return found && *found ? **found : "";
  }

  std::optional<TestDatabase> database;
  std::unique_ptr<Store> store;
  std::optional<ReadCache<std::int64_t, std::string>> cache;
  int reads = 0;
};

TEST_P(ReadCacheTest, EveryWriteIsSeenByTheNextGet) {
  for (int i = 0; i < 20; ++i) {
    put(1, "word " + std::to_string(i));
    EXPECT_EQ(get(1), "word " + std::to_string(i));
    EXPECT_EQ(get(1), "word " + std::to_string(i));
  }
  EXPECT_EQ(reads, GetParam() == Dialect::sqlite ? 20 : 40);
}

TEST_P(ReadCacheTest, WhatIsMissingIsAskedForEachTime) {
  EXPECT_EQ(get(7), "");
  EXPECT_EQ(get(7), "");
  EXPECT_EQ(reads, 2);
  put(7, "seven");
  EXPECT_EQ(get(7), "seven");
}

TEST_P(ReadCacheTest, KeepsNoMoreThanItsLimit) {
  for (std::int64_t id : {1, 2, 3}) put(id, "x");
  for (std::int64_t id : {1, 2, 3, 1, 2}) EXPECT_EQ(get(id), "x");
  EXPECT_GE(reads, 4);
}

TEST_P(ReadCacheTest, AnErrorIsGivenOnAndNotKept) {
  const auto failed = cache->get(1, [](Tx&) -> Result<std::optional<std::string>> { return internal("no luck"); });
  ASSERT_FALSE(failed);
  put(1, "one");
  EXPECT_EQ(get(1), "one");
}

SOUK_ON_BOTH_DATABASES(ReadCacheTest);

}  // namespace
}  // namespace souk::store
