// SPDX-License-Identifier: Apache-2.0
#include "store/lists/listing.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace souk::store {
namespace {

constexpr std::string_view kKey = "key";

struct Row {
  Id<struct RowKind> id;
  std::string name;
  std::int64_t rank = 0;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, name, rank))

const ListSchema& schema() {
  static const ListSchema one{.filter = {.columns = {{"id", "r.id", ColumnType::integer, true},
                                                     {"name", "r.name", ColumnType::text, true},
                                                     {"rank", "r.rank", ColumnType::integer, true},
                                                     {"secret", "r.secret", ColumnType::text}}},
                              .id = "r.id",
                              .default_order = "id desc"};
  return one;
}

class ListingTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database_ = std::make_unique<TestDatabase>(GetParam());
    store_ = database_->open();
    TestDatabase::must(store_->write([](Tx& tx) -> Status {
      SOUK_TRY(tx.exec("CREATE TABLE rows_ (id BIGINT PRIMARY KEY, name TEXT, rank BIGINT)"));
      return {};
    }));
    for (int i = 1; i <= 10; ++i) add(i * 10, "n" + std::to_string(i), i / 4);
  }
  void add(std::int64_t id, const std::string& name, std::int64_t rank) {
    TestDatabase::must(
        store_->write([&](Tx& tx) { return tx.exec("INSERT INTO rows_ VALUES ($1, $2, $3)", id, name, rank); }));
  }
  Result<Page<Row>> list(const ListQuery& query, std::string_view scope = "all") {
    const Listing listing = SOUK_TRY(compile_listing(query, schema(), GetParam(), kKey, scope, 1));
    std::vector<Value> parameters = listing.parameters;
    parameters.emplace_back(listing.fetch());
    const std::string sql = "SELECT " + columns<Row>("r") + ", " + listing.order_column + " FROM rows_ r WHERE " +
                            listing.where + " ORDER BY " + listing.order + " LIMIT $" +
                            std::to_string(parameters.size());
    auto rows = SOUK_TRY(store_->read([&](Tx& tx) { return tx.run(sql, parameters); }));
    return page_of<Row>(std::move(rows), listing, kKey);
  }
  static std::string ids(const Page<Row>& page) {
    std::string out;
    for (const Row& row : page.items) out += (out.empty() ? "" : ",") + std::to_string(row.id.value);
    return out;
  }

  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<Store> store_;
};
SOUK_ON_BOTH_DATABASES(ListingTest);

TEST_P(ListingTest, WalksAllPagesInEveryOrder) {
  for (const char* order : {"", "id", "id desc", "rank", "rank desc", "name asc", "name DESC"}) {
    ListQuery query{.order_by = order, .page_size = 3};
    std::vector<std::int64_t> seen;
    int pages = 0;
    do {
      const auto page = TestDatabase::must(list(query));
      for (const Row& row : page.items) seen.push_back(row.id.value);
      query.page_token = page.next_page_token;
      ++pages;
    } while (!query.page_token.empty());
    EXPECT_EQ(pages, 4) << order;
    EXPECT_EQ(seen.size(), 10u) << order;
    EXPECT_EQ(std::set<std::int64_t>(seen.begin(), seen.end()).size(), 10u) << order;
  }
}

TEST_P(ListingTest, NeitherSkipsNorRepeatsWhenRowsComeBetweenPages) {
  ListQuery query{.order_by = "rank asc", .page_size = 4};
  const auto first = TestDatabase::must(list(query));
  EXPECT_EQ(ids(first), "10,20,30,40");
  add(5, "early", 0);     // before the position: not shown
  add(45, "between", 1);  // after it: shown in place
  query.page_token = first.next_page_token;
  const auto second = TestDatabase::must(list(query));
  EXPECT_EQ(ids(second), "45,50,60,70");
}

TEST_P(ListingTest, ATokenBelongsToItsQuery) {
  const auto first = TestDatabase::must(list({.filter = "rank >= 0", .order_by = "name", .page_size = 2}));
  const std::string token = first.next_page_token;
  ASSERT_FALSE(token.empty());
  EXPECT_TRUE(list({.filter = "rank >= 0", .order_by = "name asc", .page_size = 5, .page_token = token}));
  EXPECT_FALSE(list({.filter = "rank >= 1", .order_by = "name", .page_token = token}));
  EXPECT_FALSE(list({.filter = "rank >= 0", .order_by = "name desc", .page_token = token}));
  EXPECT_FALSE(list({.filter = "rank >= 0", .order_by = "name", .page_token = token}, "another namespace"));
}

TEST_P(ListingTest, RefusesForgedTokens) {
  const std::string token = TestDatabase::must(list({.page_size = 2})).next_page_token;
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    if (forged == token) continue;
    const auto result = list({.page_size = 2, .page_token = forged});
    ASSERT_FALSE(result) << i;
    EXPECT_EQ(result.error().code, Code::invalid_argument);
    EXPECT_EQ(result.error().field, "page_token");
  }
  for (const char* forged : {"x", "AAAA", "====", "!", "eyJpZCI6MX0"})
    EXPECT_FALSE(list({.page_token = forged})) << forged;
  EXPECT_FALSE(list({.page_token = std::string(100'000, 'A')}));
}

TEST_P(ListingTest, ChecksOrderAndSize) {
  EXPECT_EQ(list({.order_by = "secret"}).error().field, "order_by");
  EXPECT_FALSE(list({.order_by = "name; DROP TABLE rows_"}));
  EXPECT_FALSE(list({.order_by = "name sideways"}));
  EXPECT_FALSE(list({.order_by = "   "}));
  EXPECT_EQ(list({.page_size = 0}).error().field, "page_size");
  EXPECT_FALSE(list({.page_size = 1001}));
  EXPECT_EQ(list({.page_size = 1000}).value().items.size(), 10u);
}

}  // namespace
}  // namespace souk::store
