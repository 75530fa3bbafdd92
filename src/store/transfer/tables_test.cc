// SPDX-License-Identifier: Apache-2.0
#include "store/transfer/tables.h"

#include <gtest/gtest.h>

#include <cmath>

#include "store/test_database.h"

namespace souk::store {
namespace {

// Two tables that refer to each other and to themselves, a key of two columns, every kind of value.
constexpr const char* kSchema[] = {
    "CREATE TABLE folders (id {{id}}, parent BIGINT REFERENCES folders (id), name {{text}} NOT NULL)",
    "CREATE TABLE files (folder BIGINT NOT NULL REFERENCES folders (id), name {{text}} NOT NULL, xid BIGINT NOT NULL "
    "DEFAULT 0, size BIGINT, weight DOUBLE PRECISION, bytes {{blob}}, PRIMARY KEY (name, folder))",
    "CREATE TABLE notes (id {{id}}, text {{text}} NOT NULL)",
};

struct Dump {
  std::vector<Table> tables;
  std::vector<std::string> lines;  // of all tables, each with its table's name
  std::vector<LastIdentity> identities;
};

Result<Dump> dump(Store& store) {
  return store.read([](Tx& tx) -> Result<Dump> {
    Dump out;
    out.tables = SOUK_TRY(tables(tx));
    for (const Table& table : out.tables) {
      SOUK_TRY(each_line(tx, table, [&](std::string_view line) -> Status {
        out.lines.push_back(table.name + " " + std::string(line));
        return {};
      }));
    }
    out.identities = SOUK_TRY(last_identities(tx));
    return out;
  });
}

Status load(Store& store, const Dump& from) {
  return store.write([&](Tx& tx) -> Status {
    Loader loader(tx);
    SOUK_TRY(loader.begin());
    for (const Table& table : from.tables) {
      SOUK_TRY(loader.open_table(table.name, table.columns));
      for (const std::string& line : from.lines) {
        const std::string mark = table.name + " ";
        if (line.starts_with(mark)) SOUK_TRY(loader.add_line(std::string_view(line).substr(mark.size())));
      }
    }
    for (const LastIdentity& last : from.identities) SOUK_TRY(loader.set_last_identity(last));
    return loader.finish();
  });
}

class TablesTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override { SOUK_NEEDS_DATABASE(GetParam()); }

  struct Place {
    explicit Place(Dialect dialect) : database(dialect), store(database.open()) {
      for (const char* sql : kSchema) run(sql);
    }
    void run(const std::string& sql, const std::vector<Value>& parameters = {}) {
      TestDatabase::must(store->write([&](Tx& tx) -> Status {
        SOUK_TRY(tx.run(expand_tokens(sql, tx.dialect()), parameters));
        return {};
      }));
    }
    TestDatabase database;
    std::unique_ptr<Store> store;
  };

  static void fill(Place& place) {
    place.run(
        "INSERT INTO folders (id, parent, name) VALUES (1, NULL, 'ä \"quoted\"\n\t\\'), (7, 1, ''), (900, 7, 'z')");
    place.run("UPDATE folders SET parent = 900 WHERE id = 1");  // a circle
    place.run("DELETE FROM folders WHERE id = 901");
    const std::string bytes("\0\1\xff'\"\\\n", 7);
    place.run("INSERT INTO files (folder, name, size, weight, bytes) VALUES (1, 'b', $1, $2, $3)",
              {std::numeric_limits<std::int64_t>::min(), 0.1, Blob{bytes}});
    place.run("INSERT INTO files (folder, name, size, weight, bytes) VALUES (7, 'B', $1, $2, $3)",
              {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<double>::infinity(), Blob{}});
    place.run("INSERT INTO files (folder, name, size, weight, bytes) VALUES (900, 'b', $1, $2, $3)",
              {nullptr, 5e-324, nullptr});
    place.run("INSERT INTO files (folder, name, size, weight) VALUES (1, 'a', 1, 3)");
    place.run("INSERT INTO notes (text) VALUES ('one'), ('two')");
    place.run("DELETE FROM notes WHERE text = 'two'");
  }
};

TEST_P(TablesTest, EveryRowComesBackInEitherDatabase) {
  Place from(GetParam());
  fill(from);
  const auto before = dump(*from.store);
  ASSERT_TRUE(before) << before.error().describe();
  EXPECT_EQ(before->tables.size(), 3u);
  EXPECT_EQ(before->lines.size(), 8u);
  EXPECT_EQ(before->lines[1], "files [1,\"a\",1,3,null]\n");  // after "B": bytewise
  EXPECT_EQ(before->tables[0].key, (std::vector<std::string>{"name", "folder"}));
  for (const Dialect dialect : {Dialect::sqlite, Dialect::postgresql}) {
    if (!TestDatabase::available(dialect)) continue;
    Place to(dialect);
    to.run("INSERT INTO notes (text) VALUES ('made by a migration')");
    const Status loaded = load(*to.store, *before);
    ASSERT_TRUE(loaded) << loaded.error().describe();
    const auto after = dump(*to.store);
    ASSERT_TRUE(after) << after.error().describe();
    EXPECT_EQ(after->tables.size(), before->tables.size());
    EXPECT_EQ(after->lines, before->lines);
    to.run("INSERT INTO notes (text) VALUES ('next')");  // a number that was given does not come again
    const auto id =
        to.store->read([](Tx& tx) { return tx.scalar<std::int64_t>("SELECT id FROM notes WHERE text = 'next'"); });
    EXPECT_EQ(id->value_or(0), 3);
  }
}

TEST_P(TablesTest, AForeignKeyThatLeadsNowhereIsRefusedAsAWhole) {
  Place from(GetParam()), to(GetParam());
  fill(from);
  auto broken = dump(*from.store);
  ASSERT_TRUE(broken);
  std::erase_if(broken->lines, [](const std::string& line) { return line.starts_with("folders [7,"); });
  const Status loaded = load(*to.store, *broken);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::failed_precondition) << loaded.error().describe();
  EXPECT_TRUE(dump(*to.store)->lines.empty());
  to.run("INSERT INTO folders (id, name) VALUES (1, 'still checked at once')");
  const Status wrong = to.store->write([](Tx& tx) -> Status {
    return tx.exec("INSERT INTO files (folder, name) VALUES (2, 'x')") ? Status() : internal("refused");
  });
  EXPECT_FALSE(wrong);
}

TEST_P(TablesTest, LinesThatAreNoRows) {
  Place place(GetParam());
  for (const char* line :
       {"", "{}", "[1]", "[1,2,3,4]", "[\"1\",null,\"x\"]", "[1,null,5]", "[1.5,null,\"x\"]", "[1,"}) {
    const Status added = place.store->write([&](Tx& tx) -> Status {
      Loader loader(tx);
      SOUK_TRY(loader.begin());
      SOUK_TRY(loader.open_table(
          "folders", {{"id", ValueKind::INTEGER}, {"parent", ValueKind::INTEGER}, {"name", ValueKind::TEXT}}));
      return loader.add_line(line);
    });
    ASSERT_FALSE(added) << line;
    EXPECT_EQ(added.error().code, Code::invalid_argument) << added.error().describe();
  }
}

TEST_P(TablesTest, ManyRowsComeInPages) {
  Place place(GetParam());
  const std::string wide(3000, 'x');
  TestDatabase::must(place.store->write([&](Tx& tx) -> Status {
    for (int i = 0; i < 5000; ++i) SOUK_TRY(tx.defer("INSERT INTO notes (text) VALUES ($1)", wide + std::to_string(i)));
    return {};
  }));
  const auto all = dump(*place.store);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->lines.size(), 5000u);
  EXPECT_TRUE(all->lines[4999].starts_with("notes [5000,"));
}

TEST_P(TablesTest, ATableWithoutAKeyIsTold) {
  Place place(GetParam());
  place.run("CREATE TABLE heap (x BIGINT NOT NULL)");
  const auto refused = dump(*place.store);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("heap"), std::string::npos);
}

// What lets a backup of one kind of database be restored into the other.
TEST(Migrations, MakeTheSameTablesOnBothDatabases) {
  std::vector<std::vector<Table>> found;
  for (const Dialect dialect : {Dialect::sqlite, Dialect::postgresql}) {
    if (!TestDatabase::available(dialect)) GTEST_SKIP() << "SOUK_TEST_POSTGRES_URL names no server";
    TestDatabase database(dialect);
    const auto store = database.open_migrated();
    found.push_back(TestDatabase::must(store->read(tables)));
  }
  ASSERT_EQ(found[0].size(), found[1].size());
  for (std::size_t i = 0; i < found[0].size(); ++i) {
    EXPECT_EQ(found[0][i].name, found[1][i].name);
    EXPECT_EQ(found[0][i].columns, found[1][i].columns) << found[0][i].name;
    EXPECT_EQ(found[0][i].key, found[1][i].key) << found[0][i].name;
  }
}

SOUK_ON_BOTH_DATABASES(TablesTest);

}  // namespace
}  // namespace souk::store
