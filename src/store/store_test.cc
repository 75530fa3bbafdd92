// SPDX-License-Identifier: Apache-2.0
//
// The contract of Store: what holds on both databases. Values are in values_test.cc.
#include "store/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include "store/test_database.h"

namespace souk::store {
namespace {

struct Item {
  std::int64_t id = 0;
  std::string name;
  std::int64_t amount = 0;
};
BOOST_DESCRIBE_STRUCT(Item, (), (id, name, amount))

class StoreTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database.emplace(GetParam());
    store = database->open();
    make(
        "CREATE TABLE items (id {{id}}, name {{text}} NOT NULL UNIQUE, amount BIGINT NOT NULL DEFAULT 0, "
        "CONSTRAINT amount_is_not_negative CHECK (amount >= 0))");
    make("CREATE TABLE parts (item_id BIGINT NOT NULL REFERENCES items (id))");
  }
  void TearDown() override {
    store.reset();
    database.reset();
  }

  void make(std::string_view sql) {
    const Status made = store->write([&](Tx& tx) -> Status {
      SOUK_TRY(tx.exec(expand_tokens(sql, tx.dialect())));
      return {};
    });
    ASSERT_TRUE(made) << made.error().describe();
  }
  Result<std::int64_t> add(const std::string& name, std::int64_t amount = 0) {
    return store->write([&](Tx& tx) -> Result<std::int64_t> {
      auto id = SOUK_TRY(
          tx.scalar<std::int64_t>("INSERT INTO items (name, amount) VALUES ($1, $2) RETURNING id", name, amount));
      return id.value_or(0);
    });
  }
  std::vector<Item> items() {
    auto found =
        store->read([](Tx& tx) { return tx.all<Item>("SELECT " + columns<Item>() + " FROM items ORDER BY name"); });
    EXPECT_TRUE(found) << found.error().describe();
    return found ? *found : std::vector<Item>();
  }

  std::optional<TestDatabase> database;
  std::unique_ptr<Store> store;
};

TEST_P(StoreTest, KeepsWhatIsCommitted) {
  const auto id = add("bolt", 7);
  ASSERT_TRUE(id) << id.error().describe();
  EXPECT_GT(*id, 0);
  const auto all = items();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].id, *id);
  EXPECT_EQ(all[0].name, "bolt");
  EXPECT_EQ(all[0].amount, 7);
}

TEST_P(StoreTest, KeepsNothingOfAFunctionThatFails) {
  const Status failed = store->write([](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ($1)", "ghost"));
    return not_found("no such thing");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::not_found);
  EXPECT_TRUE(items().empty());
}

TEST_P(StoreTest, KeepsNothingOfAFunctionThatThrows) {
  const Status failed = store->write([](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ($1)", "ghost"));
    throw std::runtime_error("on purpose");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::internal);
  EXPECT_TRUE(items().empty());
  EXPECT_TRUE(add("after"));
}

TEST_P(StoreTest, AFailedStatementDecidesEvenWhenIgnored) {
  ASSERT_TRUE(add("bolt"));
  const Status failed = store->write([](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ($1)", "nut"));
    EXPECT_FALSE(tx.exec("INSERT INTO items (name) VALUES ($1)", "bolt"));
    const auto later = tx.exec("INSERT INTO items (name) VALUES ($1)", "washer");
    EXPECT_FALSE(later);
    if (!later) {
      EXPECT_EQ(later.error().code, Code::already_exists);
    }
    return {};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::already_exists);
  EXPECT_EQ(items().size(), 1u);
}

TEST_P(StoreTest, NamesTheConstraintInTheCauseOnly) {
  ASSERT_TRUE(add("bolt"));
  const auto twice = add("bolt");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Code::already_exists);
  EXPECT_EQ(twice.error().message.find("items"), std::string::npos);
  EXPECT_EQ(twice.error().message.find("INSERT"), std::string::npos);
  ASSERT_NE(twice.error().cause, nullptr);
  EXPECT_NE(twice.error().cause->message.find("items"), std::string::npos) << twice.error().cause->message;
  EXPECT_NE(twice.error().cause->message.find("name"), std::string::npos) << twice.error().cause->message;

  const auto negative = add("nut", -1);
  ASSERT_FALSE(negative);
  EXPECT_EQ(negative.error().code, Code::failed_precondition);
  EXPECT_NE(negative.error().cause->message.find("amount_is_not_negative"), std::string::npos);
}

TEST_P(StoreTest, HoldsForeignKeysAndNotNull) {
  const auto orphan = store->write([](Tx& tx) { return tx.exec("INSERT INTO parts (item_id) VALUES ($1)", 99); });
  ASSERT_FALSE(orphan);
  EXPECT_EQ(orphan.error().code, Code::failed_precondition);
  const auto null = store->write([](Tx& tx) { return tx.exec("INSERT INTO items (name) VALUES ($1)", nullptr); });
  ASSERT_FALSE(null);
  EXPECT_EQ(null.error().code, Code::failed_precondition);
}

TEST_P(StoreTest, DeferredStatementsRunInOrderAndTellTheirErrors) {
  const Status kept = store->write([](Tx& tx) -> Status {
    SOUK_TRY(tx.defer("INSERT INTO items (name, amount) VALUES ($1, $2)", "bolt", 1));
    SOUK_TRY(tx.defer("UPDATE items SET amount = amount + $1 WHERE name = $2", 5, "bolt"));
    const auto amount = SOUK_TRY(tx.scalar<std::int64_t>("SELECT amount FROM items WHERE name = $1", "bolt"));
    EXPECT_EQ(amount, 6);
    return tx.defer("UPDATE items SET amount = amount + $1", 1);
  });
  ASSERT_TRUE(kept) << kept.error().describe();
  EXPECT_EQ(items().at(0).amount, 7);

  const Status failed = store->write([](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ($1)", "nut"));
    (void)tx.defer("INSERT INTO items (name) VALUES ($1)", "bolt");
    return {};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::already_exists);
  EXPECT_EQ(items().size(), 1u);
}

TEST_P(StoreTest, CountsWhatChanged) {
  ASSERT_TRUE(add("a"));
  ASSERT_TRUE(add("b"));
  const auto changed =
      store->write([](Tx& tx) { return tx.exec("UPDATE items SET amount = 1 WHERE name >= $1", "a"); });
  EXPECT_EQ(changed, 2);
  const auto none = store->write([](Tx& tx) { return tx.exec("DELETE FROM items WHERE name = $1", "z"); });
  EXPECT_EQ(none, 0);
  const auto upsert = store->write([](Tx& tx) {
    return tx.exec("INSERT INTO items (name, amount) VALUES ($1, 5) ON CONFLICT (name) DO UPDATE SET amount = 9", "a");
  });
  EXPECT_EQ(upsert, 1);
  EXPECT_EQ(items().at(0).amount, 9);
  const auto returned = store->write([](Tx& tx) -> Result<std::vector<Item>> {
    return tx.all<Item>("UPDATE items SET amount = amount + 1 RETURNING " + columns<Item>());
  });
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->size(), 2u);
}

TEST_P(StoreTest, FirstAndScalarTellAbsence) {
  const Status read = store->read([](Tx& tx) -> Status {
    EXPECT_FALSE(SOUK_TRY(tx.first<Item>("SELECT id, name, amount FROM items")));
    EXPECT_FALSE(SOUK_TRY(tx.scalar<std::int64_t>("SELECT max(amount) FROM items")));
    EXPECT_EQ(SOUK_TRY(tx.scalar<std::int64_t>("SELECT count(*) FROM items")), 0);
    return {};
  });
  EXPECT_TRUE(read) << read.error().describe();
}

TEST_P(StoreTest, RefusesStatementsThatDoNotFitTheirCall) {
  const auto columns_differ = store->read([](Tx& tx) { return tx.all<Item>("SELECT 1"); });
  const auto nothing = items();
  ASSERT_TRUE(add("a"));
  const auto wrong = store->read([](Tx& tx) { return tx.all<Item>("SELECT id, name FROM items"); });
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::internal);
  const auto few = store->read([](Tx& tx) { return tx.exec("SELECT id FROM items WHERE id = $1 AND amount = $2", 1); });
  ASSERT_FALSE(few);
  const auto two = store->read([](Tx& tx) { return tx.exec("SELECT 1; SELECT 2"); });
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, Code::internal);
  const auto broken = store->read([](Tx& tx) { return tx.exec("SELEKT 1"); });
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::internal);
  EXPECT_EQ(broken.error().message.find("SELEKT"), std::string::npos);
  EXPECT_FALSE(columns_differ);
}

TEST_P(StoreTest, ParametersMayComeInAnyOrderAndTwice) {
  const auto sum = store->read([](Tx& tx) {
    return tx.scalar<std::int64_t>("SELECT CAST($2 AS BIGINT) * 10 + CAST($1 AS BIGINT) + CAST($2 AS BIGINT)", 1, 2);
  });
  ASSERT_TRUE(sum) << sum.error().describe();
  EXPECT_EQ(*sum, 23);
}

TEST_P(StoreTest, AReadMayNotWrite) {
  const auto written = store->read([](Tx& tx) { return tx.exec("INSERT INTO items (name) VALUES ($1)", "ghost"); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::internal);
  EXPECT_TRUE(items().empty());
}

TEST_P(StoreTest, AReadSeesOneSnapshot) {
  ASSERT_TRUE(add("a"));
  const Status read = store->read([&](Tx& tx) -> Status {
    EXPECT_EQ(SOUK_TRY(tx.scalar<std::int64_t>("SELECT count(*) FROM items")), 1);
    std::thread([&] { EXPECT_TRUE(add("b")); }).join();  // a read keeps no write waiting, either
    EXPECT_EQ(SOUK_TRY(tx.scalar<std::int64_t>("SELECT count(*) FROM items")), 1);
    const auto nested = store->read([](Tx& inner) { return inner.scalar<std::int64_t>("SELECT count(*) FROM items"); });
    EXPECT_EQ(nested, 1);
    return {};
  });
  EXPECT_TRUE(read) << read.error().describe();
  EXPECT_EQ(items().size(), 2u);
}

TEST_P(StoreTest, AReadWaitsForNoWrite) {
  ASSERT_TRUE(add("a"));
  const Status written = store->write([&](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("UPDATE items SET amount = 5"));
    std::thread([&] { EXPECT_EQ(items().at(0).amount, 0); }).join();
    return {};
  });
  EXPECT_TRUE(written);
}

TEST_P(StoreTest, RefusesTransactionsInsideTransactions) {
  const Status outer = store->write([&](Tx& tx) -> Status {
    const auto inner = add("inner");
    EXPECT_FALSE(inner);
    const Status read = store->read([](Tx&) -> Status { return {}; });
    EXPECT_FALSE(read);
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ($1)", "outer"));
    return {};
  });
  EXPECT_TRUE(outer);
  const Status reading = store->read([&](Tx&) -> Status {
    EXPECT_FALSE(add("inside a read"));
    return {};
  });
  EXPECT_TRUE(reading);
  EXPECT_EQ(items().size(), 1u);
}

TEST_P(StoreTest, EffectsComeAfterTheCommitAndBeforeTheAnswer) {
  std::vector<std::string> seen;
  const Status written = store->write([&](Tx& tx) -> Status {
    tx.on_commit([&] { seen.push_back("first, with " + std::to_string(items().size())); });
    tx.on_commit([&] { throw std::runtime_error("on purpose"); });
    tx.on_commit([&] { seen.push_back("third"); });
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ($1)", "a"));
    EXPECT_TRUE(seen.empty());
    return {};
  });
  ASSERT_TRUE(written);
  EXPECT_EQ(seen, (std::vector<std::string>{"first, with 1", "third"}));
  (void)store->write([&](Tx& tx) -> Status {
    tx.on_commit([&] { seen.push_back("never"); });
    return not_found("on purpose");
  });
  EXPECT_EQ(seen.size(), 2u);
}

TEST_P(StoreTest, MoreStatementsThanAreKeptDisturbNoTransaction) {
  // So many that a connection has forgotten how it begins and ends its transactions.
  const auto use_up = [](Tx& tx) -> Status {
    for (int i = 0; i < 300; ++i) SOUK_TRY(tx.scalar<std::int64_t>("SELECT " + std::to_string(i)));
    return {};
  };
  ASSERT_TRUE(store->write(use_up));
  auto count = [&] {
    return store->read([](Tx& tx) { return tx.scalar<std::int64_t>("SELECT count(*) FROM items"); });
  };
  EXPECT_EQ(count(), 0);
  ASSERT_TRUE(store->write([&](Tx& tx) -> Status {
    SOUK_TRY(use_up(tx));
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ('kept')"));
    return {};
  }));
  EXPECT_FALSE(store->write([&](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ('lost')"));
    SOUK_TRY(use_up(tx));
    SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ('kept')"));  // there already: rolled back
    return {};
  }));
  EXPECT_EQ(count(), 1);
}

TEST_P(StoreTest, ManyThreadsLoseNothing) {
  ASSERT_TRUE(add("counter"));
  constexpr int kThreads = 12, kRounds = 25;
  std::atomic<int> effects = 0, errors = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        // Reads and then writes what it read: lost updates would show.
        const Status done = store->write([&](Tx& tx) -> Status {
          tx.on_commit([&] { ++effects; });
          const auto amount = SOUK_TRY(tx.scalar<std::int64_t>("SELECT amount FROM items WHERE name = $1", "counter"));
          SOUK_TRY(tx.defer("UPDATE items SET amount = $1 WHERE name = $2", *amount + 1, "counter"));
          return tx.defer("INSERT INTO items (name) VALUES ($1)", std::to_string(t) + "/" + std::to_string(i));
        });
        if (!done && ++errors == 1) ADD_FAILURE() << done.error().describe();
        EXPECT_FALSE(items().empty());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(errors, 0);
  EXPECT_EQ(effects, kThreads * kRounds);
  const auto all = items();
  EXPECT_EQ(all.size(), 1u + kThreads * kRounds);
  for (const Item& item : all) {
    if (item.name == "counter") {
      EXPECT_EQ(item.amount, kThreads * kRounds);
    }
  }
}

TEST_P(StoreTest, NeighboursThatFailDisturbNobody) {
  ASSERT_TRUE(add("taken"));
  constexpr int kThreads = 8, kRounds = 25;
  std::latch start(kThreads);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0, bad = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int i = 0; i < kRounds; ++i) {
        const std::string name = std::to_string(t) + "/" + std::to_string(i);
        const Status done = store->write([&](Tx& tx) -> Status {
          SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ($1)", name));
          if (t % 2 == 1) SOUK_TRY(tx.exec("INSERT INTO items (name) VALUES ($1)", "taken"));
          return {};
        });
        ++(done ? good : bad);
        if (!done) {
          EXPECT_EQ(done.error().code, Code::already_exists);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, kThreads / 2 * kRounds);
  EXPECT_EQ(bad, kThreads / 2 * kRounds);
  EXPECT_EQ(items().size(), 1u + static_cast<std::size_t>(good));
}

TEST_P(StoreTest, ClosingWhileBusyAnswersEveryone) {
  constexpr int kThreads = 8;
  std::latch busy(kThreads);
  std::atomic<int> kept = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0;; ++i) {
        const auto id = add(std::to_string(t) + "/" + std::to_string(i));
        if (!id) {
          EXPECT_EQ(id.error().code, Code::unavailable) << id.error().describe();
          break;
        }
        ++kept;
        if (i == 0) busy.count_down();
      }
      const Status read = store->read([](Tx&) -> Status { return {}; });
      if (!read) {
        EXPECT_EQ(read.error().code, Code::unavailable);
      }
    });
  }
  busy.wait();
  store->close();
  for (auto& thread : threads) thread.join();
  store->close();
  store.reset();
  store = database->open();
  EXPECT_EQ(items().size(), static_cast<std::size_t>(kept));
}

TEST_P(StoreTest, ReadOnlyRefusesToWrite) {
  ASSERT_TRUE(add("a"));
  const auto looking = database->open({}, Access::read_only);
  const auto count = looking->read([](Tx& tx) { return tx.scalar<std::int64_t>("SELECT count(*) FROM items"); });
  EXPECT_EQ(count, 1);
  const auto written = looking->write([](Tx& tx) { return tx.exec("DELETE FROM items"); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::failed_precondition);
}

SOUK_ON_BOTH_DATABASES(StoreTest);

}  // namespace
}  // namespace souk::store
