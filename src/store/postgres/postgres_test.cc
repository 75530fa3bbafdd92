// SPDX-License-Identifier: Apache-2.0
//
// What only PostgreSQL has: conflicts, connections that end, notifications, pipelines.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "store/test_database.h"

namespace souk::store {
namespace {

class PostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(Dialect::postgresql);
    database.emplace(Dialect::postgresql);
    store = database->open();
    ASSERT_TRUE(run("CREATE TABLE accounts (name TEXT PRIMARY KEY, amount BIGINT NOT NULL)"));
    ASSERT_TRUE(run("INSERT INTO accounts VALUES ('a', 100), ('b', 100)"));
  }
  void TearDown() override {
    store.reset();
    database.reset();
  }
  Result<std::int64_t> run(std::string_view sql) {
    return store->write([&](Tx& tx) { return tx.exec(sql); });
  }
  Result<std::optional<std::int64_t>> ask(std::string_view sql) {
    return store->read([&](Tx& tx) { return tx.scalar<std::int64_t>(sql); });
  }
  std::uint64_t retries() { return database->metrics.counter("souk_store_retries_total", "").with().value(); }
  std::string schema() const { return database->url().substr(database->url().rfind("%3D") + 3); }

  std::optional<TestDatabase> database;
  std::unique_ptr<Store> store;
};

// Write skew: each takes from one account after looking at both. One after the other, only one may.
TEST_F(PostgresTest, AConflictIsTriedAgain) {
  std::latch both_have_read(2);
  std::atomic<int> runs = 0, effects = 0;
  const auto take = [&](const char* account) {
    bool first = true;
    return store->write([&, account](Tx& tx) mutable -> Status {
      ++runs;
      tx.on_commit([&] { ++effects; });
      const auto sum = SOUK_TRY(tx.scalar<std::int64_t>("SELECT CAST(sum(amount) AS BIGINT) FROM accounts"));
      if (std::exchange(first, false)) both_have_read.arrive_and_wait();
      if (*sum < 200) return failed_precondition("too little is left");
      return tx.defer("UPDATE accounts SET amount = amount - 100 WHERE name = $1", account);
    });
  };
  auto other = std::async(std::launch::async, [&] { return take("a"); });
  const Status mine = take("b");
  const Status others = other.get();
  EXPECT_NE(mine.has_value(), others.has_value());
  EXPECT_EQ((mine ? others : mine).error().code, Code::failed_precondition);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(effects, 1);
  EXPECT_EQ(retries(), 1u);
  EXPECT_EQ(ask("SELECT CAST(sum(amount) AS BIGINT) FROM accounts"), 100);
}

TEST_F(PostgresTest, AConflictWithoutEndIsGivenUp) {
  StoreSettings settings;
  settings.busy_timeout = std::chrono::milliseconds(100);
  auto impatient = database->open(settings);
  int runs = 0;
  const Status done = impatient->write([&](Tx& tx) -> Status {
    ++runs;
    SOUK_TRY(tx.scalar<std::int64_t>("SELECT amount FROM accounts WHERE name = 'a'"));
    std::thread([&] { EXPECT_TRUE(run("UPDATE accounts SET amount = amount + 1 WHERE name = 'a'")); }).join();
    return tx.defer("UPDATE accounts SET amount = 0 WHERE name = 'a'");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::aborted);
  EXPECT_TRUE(done.error().retry_after);
  EXPECT_GT(runs, 1);
}

TEST_F(PostgresTest, ADeferredConstraintFailsTheCommit) {
  ASSERT_TRUE(run("CREATE TABLE entries (account TEXT REFERENCES accounts (name) DEFERRABLE INITIALLY DEFERRED)"));
  const auto failed = run("INSERT INTO entries VALUES ('nobody')");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::failed_precondition);
  EXPECT_EQ(ask("SELECT count(*) FROM entries"), 0);
  EXPECT_TRUE(run("INSERT INTO entries VALUES ('a')"));
}

TEST_F(PostgresTest, AnErrorInThePipelineIsToldOnceAndTheConnectionLivesOn) {
  StoreSettings settings;
  settings.connections = 1;
  auto one = database->open(settings);
  for (int i = 0; i < 3; ++i) {
    const Status failed = one->write([i](Tx& tx) -> Status {
      SOUK_TRY(tx.defer("INSERT INTO accounts VALUES ($1, $2)", "c", 1));
      SOUK_TRY(tx.defer("INSERT INTO accounts VALUES ($1, $2)", "a", 1));
      SOUK_TRY(tx.defer("INSERT INTO accounts VALUES ($1, $2 + 0)", "d", 1));
      SOUK_TRY(tx.scalar<std::int64_t>("SELECT count(*) FROM accounts WHERE amount > $1", i));
      ADD_FAILURE() << "the second statement failed";
      return {};
    });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::already_exists);
    const auto count = one->read([](Tx& tx) { return tx.scalar<std::int64_t>("SELECT count(*) FROM accounts"); });
    ASSERT_TRUE(count) << count.error().describe();
    EXPECT_EQ(*count, 2);
  }
  const Status skipped = one->write([](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("INSERT INTO accounts VALUES ($1, $2 + 0)", "d", 1));  // its preparation was skipped above
    return {};
  });
  EXPECT_TRUE(skipped) << skipped.error().describe();
}

TEST_F(PostgresTest, MoreStatementsThanAreKept) {
  StoreSettings settings;
  settings.connections = 1;
  auto one = database->open(settings);
  for (int i = 0; i < 600; ++i) {
    const auto got =
        one->read([&](Tx& tx) { return tx.scalar<std::int64_t>("SELECT " + std::to_string(i) + "::bigint"); });
    ASSERT_TRUE(got) << got.error().describe();
    ASSERT_EQ(*got, i);
  }
  const auto prepared =
      one->read([](Tx& tx) { return tx.scalar<std::int64_t>("SELECT count(*) FROM pg_prepared_statements"); });
  ASSERT_TRUE(prepared);
  EXPECT_LE(**prepared, 256);
}

TEST_F(PostgresTest, AChangedTableIsReadWithItsNewColumns) {
  const auto read = [&] {
    return store->read([](Tx& tx) { return tx.run("SELECT * FROM accounts WHERE name = 'a'", {}); });
  };
  ASSERT_EQ(read()->rows.at(0).size(), 2u);
  ASSERT_TRUE(run("ALTER TABLE accounts ADD COLUMN note TEXT"));
  const auto after = read();
  ASSERT_TRUE(after) << after.error().describe();
  EXPECT_EQ(after->rows.at(0).size(), 3u);
}

TEST_F(PostgresTest, ConnectionsThatWereEndedAreReplaced) {
  const std::string name = schema() + "_doomed";
  auto doomed = TestDatabase::must(
      Store::open(database->url() + "&application_name=" + name, {}, database->log, database->metrics));
  const auto end_all = [&] {
    const auto ended = store->write([&](Tx& tx) {
      return tx.scalar<std::int64_t>(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1", name);
    });
    EXPECT_EQ(ended, 1);
  };
  const auto change = [&](const char* sql) { return doomed->write([&](Tx& tx) { return tx.exec(sql); }); };
  ASSERT_TRUE(change("UPDATE accounts SET amount = 7"));
  end_all();
  EXPECT_TRUE(change("UPDATE accounts SET amount = amount + 1"));
  end_all();
  const auto amount =
      doomed->read([](Tx& tx) { return tx.scalar<std::int64_t>("SELECT amount FROM accounts WHERE name = 'a'"); });
  ASSERT_TRUE(amount) << amount.error().describe();
  EXPECT_EQ(*amount, 8);

  // In the middle of a transaction, before its commit: f runs again, and its change is kept once.
  int runs = 0;
  const Status written = doomed->write([&](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("UPDATE accounts SET amount = amount + 1"));
    if (++runs == 1) end_all();
    SOUK_TRY(tx.exec("UPDATE accounts SET amount = amount + 1"));
    return {};
  });
  EXPECT_TRUE(written) << written.error().describe();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(ask("SELECT amount FROM accounts WHERE name = 'a'"), 10);

  // The commit was on its way: nobody knows, and the error says so.
  const Status unknown = doomed->write([&](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("UPDATE accounts SET amount = 0"));
    end_all();
    return {};
  });
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::unavailable);
  EXPECT_NE(unknown.error().message.find("may have been kept"), std::string::npos) << unknown.error().message;
  EXPECT_EQ(ask("SELECT amount FROM accounts WHERE name = 'a'"), 10);
}

TEST_F(PostgresTest, ADatabaseThatIsGoneIsUnavailableUntilItIsBack) {
  const std::string name = schema();
  const auto administer = [&](const std::string& sql) {
    // CREATE DATABASE and its like want to be alone, which a transaction cannot be: through a shell of their own.
    const std::string command =
        "psql -q -X '" + std::string(std::getenv("SOUK_TEST_POSTGRES_URL")) + "' -c '" + sql + "' > /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << sql;
  };
  administer("CREATE DATABASE " + name);
  std::string url = std::getenv("SOUK_TEST_POSTGRES_URL");
  url.replace(url.rfind('/') + 1, std::string::npos, name);
  {
    auto opened = TestDatabase::must(Store::open(url, {}, database->log, database->metrics));
    const auto alive = [&] { return opened->read([](Tx& tx) { return tx.scalar<std::int64_t>("SELECT 1"); }); };
    EXPECT_TRUE(alive());
    administer("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
    administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $$" + name + "$$");
    for (int i = 0; i < 2; ++i) {
      const auto gone = alive();
      ASSERT_FALSE(gone);
      EXPECT_EQ(gone.error().code, Code::unavailable);
      EXPECT_TRUE(gone.error().retry_after);
    }
    administer("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
    EXPECT_TRUE(alive());
  }
  administer("DROP DATABASE " + name + " WITH (FORCE)");
}

TEST_F(PostgresTest, NotificationsArrive) {
  const std::string channel = "A \"channel\" of " + schema();
  std::promise<void> listening;
  std::promise<std::string> heard;
  store->listen(channel, [&, told = false](const std::string& payload) mutable {
    if (payload.empty() && !std::exchange(told, true)) listening.set_value();
    if (payload == "hello") heard.set_value(payload);
  });
  listening.get_future().wait();
  ASSERT_TRUE(store->write([&](Tx& tx) { return tx.exec("SELECT pg_notify($1, $2)", channel, "hello"); }));
  EXPECT_EQ(heard.get_future().get(), "hello");
}

TEST_F(PostgresTest, APoolThatIsBusyForTooLongSaysSo) {
  StoreSettings settings;
  settings.connections = 1;
  settings.busy_timeout = std::chrono::milliseconds(20);
  auto one = database->open(settings);
  const Status held = one->read([&](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("SELECT 1"));
    std::thread([&] {
      const Status waited = one->read([](Tx&) -> Status { return {}; });
      ASSERT_FALSE(waited);
      EXPECT_EQ(waited.error().code, Code::unavailable);
      EXPECT_NE(waited.error().message.find("1 database connections"), std::string::npos);
    }).join();
    return {};
  });
  EXPECT_TRUE(held);
}

TEST_F(PostgresTest, AStatementWithoutAnAnswerIsGivenUpAndTheNextOneTriesAgain) {
  StoreSettings settings;
  settings.connections = 4;
  settings.answer_timeout = std::chrono::milliseconds(100);
  auto impatient = database->open(settings);
  const auto begun = std::chrono::steady_clock::now();
  const Status slept = impatient->read([](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("SELECT pg_sleep(3)"));
    return {};
  });
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().code, Code::unavailable) << slept.error().describe();
  EXPECT_TRUE(slept.error().retry_after);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  std::vector<std::thread> many;  // the first finds out that it answers again; nobody is refused for good
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) {
    many.emplace_back([&] {
      for (int attempt = 0; attempt < 100; ++attempt) {
        if (impatient->read([](Tx& tx) { return tx.exec("SELECT 1"); })) {
          ++answered;
          return;
        }
        std::this_thread::yield();
      }
    });
  }
  for (std::thread& one : many) one.join();
  EXPECT_GT(answered, 0);
  EXPECT_TRUE(impatient->read([](Tx& tx) { return tx.exec("SELECT 1"); }));
}

TEST(PostgresOpen, SaysWhatIsWrongWithTheUrlOrTheServer) {
  Logger log(Logger::Level::off);
  Metrics metrics;
  const auto bad = Store::open("postgresql://user:secret@host:port:again/x", {}, log, metrics);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().describe().find("secret"), std::string::npos) << bad.error().describe();
  const auto nobody = Store::open("postgresql://user:secret@127.0.0.1:1/x", {}, log, metrics);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Code::unavailable);
  EXPECT_EQ(nobody.error().describe().find("secret"), std::string::npos) << nobody.error().describe();
}

}  // namespace
}  // namespace souk::store
