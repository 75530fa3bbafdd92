// SPDX-License-Identifier: Apache-2.0
//
// What only the embedded database has: one holder, groups, and a file that outlives a killed process.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <latch>
#include <thread>

#include "store/sqlite/connection.h"
#include "store/test_database.h"

namespace souk::store {
namespace {

Status insert(Store& store, std::int64_t number) {
  return store.write([&](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("INSERT INTO numbers (n) VALUES ($1)", number));
    return {};
  });
}

std::int64_t count(Store& store, const char* sql = "SELECT count(*) FROM numbers") {
  const auto counted = store.read([&](Tx& tx) { return tx.scalar<std::int64_t>(sql); });
  EXPECT_TRUE(counted) << counted.error().describe();
  return counted ? counted->value_or(-1) : -1;
}

class SqliteTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open(StoreSettings settings = {}) {
    store.reset();
    store = database.open(settings);
    const auto made = store->write([](Tx& tx) { return tx.exec("CREATE TABLE IF NOT EXISTS numbers (n BIGINT)"); });
    ASSERT_TRUE(made) << made.error().describe();
  }
  std::uint64_t commits() { return database.metrics.counter("souk_store_commits_total", "").with().value(); }

  TestDatabase database{Dialect::sqlite};
  std::unique_ptr<Store> store;
};

TEST_F(SqliteTest, ASecondHolderIsRefusedAndTheFirstNamed) {
  const auto second = Store::open(database.url(), {}, database.log, database.metrics);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::failed_precondition);
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid()) + " on host "), std::string::npos)
      << second.error().message;
  EXPECT_NE(second.error().message.find("started 2"), std::string::npos);
  // The refusal took nothing from the holder, and the database is free once it is gone.
  EXPECT_TRUE(insert(*store, 1));
  EXPECT_FALSE(Store::open(database.url(), {}, database.log, database.metrics));
  store.reset();
  EXPECT_TRUE(Store::open(database.url(), {}, database.log, database.metrics));
}

TEST_F(SqliteTest, ALockFileThatSomebodyForgedIsShownAsPlainText) {
  { std::ofstream(database.folder() / "souk.db.lock") << "\x1b[31m\n{\"ready\":true}\n" << std::string(5000, 'x'); }
  const auto second = Store::open(database.url(), {}, database.log, database.metrics);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message.find_first_of("\x1b\n"), std::string::npos);
  EXPECT_LT(second.error().message.size(), 1000u);
}

// Readers keep their snapshots between reads: they must neither show what is past nor hold the log back.
TEST_F(SqliteTest, KeptSnapshotsAreFreshAndLetTheLogStartAnew) {
  const std::string text(100'000, 'x');
  ASSERT_TRUE(store->write([](Tx& tx) { return tx.exec("CREATE TABLE texts (t TEXT)"); }));
  for (std::int64_t i = 1; i <= 600; ++i) {
    ASSERT_TRUE(store->write([&](Tx& tx) { return tx.exec("INSERT INTO texts (t) VALUES ($1)", text); }));
    ASSERT_EQ(count(*store, "SELECT count(*) FROM texts"), i);
    std::thread([&] { ASSERT_EQ(count(*store, "SELECT count(*) FROM texts"), i); }).join();
  }
  EXPECT_LT(std::filesystem::file_size(database.folder() / "souk.db-wal"), 48u << 20);
}

TEST_F(SqliteTest, OnlyTheOwnerReadsTheFile) {
  struct stat about {};
  ASSERT_EQ(::stat((database.folder() / "souk.db").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsDataLoss) {
  store.reset();
  std::ofstream(database.folder() / "souk.db") << std::string(100'000, 'x');
  const auto opened = Store::open(database.url(), {}, database.log, database.metrics);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::data_loss) << opened.error().describe();
}

TEST_F(SqliteTest, AFolderThatIsMissingIsSaid) {
  const auto opened = Store::open("sqlite:/nonexistent/folder/souk.db", {}, database.log, database.metrics);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::unavailable);
  const auto looking =
      Store::open("sqlite:/nonexistent/folder/souk.db", {}, database.log, database.metrics, Access::read_only);
  ASSERT_FALSE(looking);
  EXPECT_EQ(looking.error().code, Code::not_found);
}

// Holds the writer in one write while others queue up behind it.
TEST_F(SqliteTest, WritesThatWaitShareACommit) {
  constexpr int kWaiting = 20;
  const auto before = commits();
  std::latch held(1), queued(kWaiting);
  std::thread holder([&] {
    EXPECT_TRUE(store->write([&](Tx& tx) -> Status {
      held.count_down();
      queued.wait();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // they have announced themselves: let them queue
      SOUK_TRY(tx.exec("INSERT INTO numbers (n) VALUES (0)"));
      return {};
    }));
  });
  held.wait();
  std::vector<std::thread> threads;
  for (int i = 1; i <= kWaiting; ++i) {
    threads.emplace_back([&, i] {
      queued.count_down();
      EXPECT_TRUE(insert(*store, i));
    });
  }
  for (auto& thread : threads) thread.join();
  holder.join();
  EXPECT_EQ(count(*store), kWaiting + 1);
  EXPECT_LT(commits() - before, 10u);
}

// A deferred foreign key is checked at the commit, which the whole group shares.
TEST_F(SqliteTest, ACommitThatFailsFailsOnlyWhoCausedIt) {
  ASSERT_TRUE(store->write([](Tx& tx) -> Status {
    SOUK_TRY(tx.exec("CREATE TABLE parents (id BIGINT PRIMARY KEY)"));
    SOUK_TRY(tx.exec("CREATE TABLE children (parent BIGINT REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)"));
    return {};
  }));
  constexpr int kThreads = 8;
  std::latch start(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      const Status done = store->write([&](Tx& tx) -> Status {
        SOUK_TRY(tx.exec("INSERT INTO numbers (n) VALUES ($1)", t));
        if (t == 3) SOUK_TRY(tx.exec("INSERT INTO children (parent) VALUES (404)"));
        return {};
      });
      EXPECT_EQ(done.has_value(), t != 3);
      if (!done) {
        EXPECT_EQ(done.error().code, Code::failed_precondition);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(*store), kThreads - 1);
  EXPECT_EQ(count(*store, "SELECT count(*) FROM numbers WHERE n = 3"), 0);
}

TEST_F(SqliteTest, MoreReadersThanConnectionsTakeTurns) {
  StoreSettings settings;
  settings.readers = 2;
  open(settings);
  ASSERT_TRUE(insert(*store, 1));
  std::vector<std::thread> threads;
  for (int t = 0; t < 10; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(count(*store), 1);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(SqliteTest, ManyDifferentStatementsAreNotAllKept) {
  auto connection = SqliteConnection::open((database.folder() / "souk.db").string(), SqliteConnection::Mode::reader,
                                           std::chrono::seconds(1));
  ASSERT_TRUE(connection);
  std::string sql;
  for (int i = 0; i < 1000; ++i) {
    sql = "SELECT " + std::to_string(i);  // often at the same address, with another text
    const auto rows = (*connection)->run(sql, {});
    ASSERT_TRUE(rows);
    ASSERT_EQ(std::get<std::int64_t>(rows->rows.at(0).at(0)), i);
  }
  EXPECT_LE((*connection)->cached_statements(), 200u);
}

// A child commits numbers, tells each one it was promised, and is killed in the middle of its work.
TEST_F(SqliteTest, KeepsEveryPromiseThroughAKill) {
  store.reset();
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe_ends[0]);
    auto own = database.open();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::int64_t n = t; insert(*own, n); n += 4) (void)!::write(pipe_ends[1], &n, sizeof n);
      });
    }
    for (auto& thread : threads) thread.join();
    ::_exit(1);
  }
  ::close(pipe_ends[1]);
  std::vector<std::int64_t> promised;
  std::int64_t number = 0;
  while (promised.size() < 300 && ::read(pipe_ends[0], &number, sizeof number) == sizeof number) {
    promised.push_back(number);
  }
  ::kill(child, SIGKILL);
  while (::read(pipe_ends[0], &number, sizeof number) == sizeof number) promised.push_back(number);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ::close(pipe_ends[0]);
  ASSERT_GE(promised.size(), 300u);

  store = database.open();
  for (const std::int64_t n : promised) {
    const auto found =
        store->read([&](Tx& tx) { return tx.scalar<std::int64_t>("SELECT count(*) FROM numbers WHERE n = $1", n); });
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, 1) << n;
  }
  const auto sound = store->read([](Tx& tx) { return tx.scalar<std::string>("PRAGMA integrity_check"); });
  EXPECT_EQ(sound, "ok");
}

TEST_F(SqliteTest, AnInsertTellsTheIdItGave) {
  const auto told = store->write([](Tx& tx) -> Result<std::vector<std::optional<std::int64_t>>> {
    SOUK_TRY(tx.exec("CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)"));
    SOUK_TRY(tx.exec("CREATE TABLE named (id BIGINT PRIMARY KEY, name TEXT UNIQUE)"));
    const char* const numbered = "INSERT INTO numbered (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id";
    const char* const replaced =
        "INSERT INTO numbered (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";
    std::vector<std::optional<std::int64_t>> ids;
    const auto two = SOUK_TRY(tx.run("INSERT INTO numbered (name) VALUES ('c'), ('d') RETURNING id", {}));
    for (const auto& row : two.rows) ids.push_back(SOUK_TRY(from_value<std::int64_t>(row.front())));
    for (const char* name : {"a", "b", "a"}) ids.push_back(SOUK_TRY(tx.scalar<std::int64_t>(numbered, name)));
    ids.push_back(SOUK_TRY(tx.scalar<std::int64_t>(replaced, "a")));
    // Here id is no number of SQLite's own.
    ids.push_back(SOUK_TRY(tx.scalar<std::int64_t>("INSERT INTO named (id, name) VALUES ($1, 'a') RETURNING id", 70)));
    return ids;
  });
  ASSERT_TRUE(told) << told.error().describe();
  const std::vector<std::optional<std::int64_t>> wanted{1, 2, 3, 4, std::nullopt, 3, 70};
  EXPECT_EQ(*told, wanted);
}

TEST(StoreOpen, RefusesUrlsOfNoKnownKind) {
  Logger log(Logger::Level::off);
  Metrics metrics;
  for (const char* url : {"", "mysql://root:secret@host/db", "sqlite:", "sqlite::memory:"}) {
    const auto opened = Store::open(url, {}, log, metrics);
    ASSERT_FALSE(opened) << url;
    EXPECT_EQ(opened.error().code, Code::invalid_argument) << url;
    EXPECT_EQ(opened.error().describe().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace souk::store
