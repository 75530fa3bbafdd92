// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "store/checked_tx.h"
#include "store/lists/pages.h"
#include "store/migrations.h"
#include "store/test_database.h"

namespace souk::store {
namespace {

constexpr std::string_view kKey = "key";
constexpr int kRows = 3000;

struct Row {
  Id<struct RowKind> id;
  std::int64_t rank = 0;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, rank))

const ListSchema& schema() {
  static const ListSchema one{
      .filter = {.columns = {{"id", "r.id", ColumnType::integer, true}, {"rank", "r.rank", ColumnType::integer, true}},
                 .properties = {"props", "r.id", {"p"}}},
      .id = "r.id",
      .default_order = "id"};
  return one;
}

// Row i has: half (even or odd), team (one of 50), only (the last row's alone), whole (i % 100), real (i / 1000).
class PageTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database_ = std::make_unique<TestDatabase>(GetParam());
    store_ = database_->open();
    TestDatabase::must(store_->write([](Tx& tx) -> Status {
      SOUK_TRY(tx.exec("CREATE TABLE rows_ (id BIGINT PRIMARY KEY, rank BIGINT)"));
      SOUK_TRY(
          tx.exec(expand_tokens("CREATE TABLE props (owner_id BIGINT, field {{text}}, name {{text}}, string_value "
                                "{{text}}, int_value BIGINT, double_value DOUBLE PRECISION, bool_value BIGINT, "
                                "PRIMARY KEY (owner_id, field, name))",
                                tx.dialect())));
      for (const char* value : {"string", "int", "double"}) {
        const std::string column = std::string(value) + "_value";
        const bool text = column == "string_value";
        SOUK_TRY(tx.exec("CREATE INDEX props_" + std::string(value) + " ON props (field, name, " + column +
                         ", owner_id) WHERE " + (text ? "length(string_value) <= 200" : column + " IS NOT NULL")));
      }
      const std::string insert = "INSERT INTO props (owner_id, field, name, string_value, int_value, double_value) ";
      for (std::int64_t i = 1; i <= kRows; ++i) {
        SOUK_TRY(tx.defer("INSERT INTO rows_ VALUES ($1, $2)", i, (i * 7) % 1000));
        const std::string half = i % 2 == 0 ? "even" : "odd", team = "team-" + std::to_string(i % 50);
        SOUK_TRY(tx.defer(insert + "VALUES ($1, 'p', 'half', $2, NULL, NULL), ($1, 'p', 'team', $3, NULL, NULL), "
                                   "($1, 'p', 'whole', NULL, $4, NULL), ($1, 'p', 'real', NULL, NULL, $5)",
                          i, half, team, i % 100, static_cast<double>(i) / 1000));
        if (i == kRows) SOUK_TRY(tx.defer(insert + "VALUES ($1, 'p', 'only', 'this', NULL, NULL)", i));
        const std::string text(static_cast<std::size_t>(i % 2 == 0 ? 200 : 201), 'x');
        if (i <= 2) SOUK_TRY(tx.defer(insert + "VALUES ($1, 'p', 'long', $2, NULL, NULL)", i, text));
      }
      return {};
    }));
  }

  // The ids of all pages, one after the other.
  std::vector<std::int64_t> all(const std::string& filter, const std::string& order, std::int64_t page_size = 30) {
    ListQuery query{.filter = filter, .order_by = order, .page_size = page_size};
    std::vector<std::int64_t> ids;
    Pages pages(*store_);
    do {
      const Listing listing = TestDatabase::must(compile_listing(query, schema(), GetParam(), kKey, "", 2));
      const PageSource source{columns<Row>("r"), "rows_ r", "r.id > $1", {std::int64_t{0}}};
      auto rows = TestDatabase::must(pages.read(source, listing));
      const auto page = TestDatabase::must(page_of<Row>(std::move(rows), listing, kKey));
      for (const Row& row : page.items) ids.push_back(row.id.value);
      query.page_token = page.next_page_token;
    } while (!query.page_token.empty());
    return ids;
  }

  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<Store> store_;
};
SOUK_ON_BOTH_DATABASES(PageTest);

TEST_P(PageTest, FindsTheSameWhateverItStartsFrom) {
  const auto expected = [](const std::function<bool(std::int64_t)>& is, bool by_rank, bool down) {
    std::vector<std::int64_t> ids;
    for (std::int64_t i = 1; i <= kRows; ++i) {
      if (is(i)) ids.push_back(i);
    }
    std::ranges::sort(ids, [&](std::int64_t a, std::int64_t b) {
      const std::pair x((by_rank ? a * 7 % 1000 : 0), a), y((by_rank ? b * 7 % 1000 : 0), b);
      return down ? y < x : x < y;
    });
    return ids;
  };
  const std::vector<std::pair<std::string, std::function<bool(std::int64_t)>>> filters{
      {"p.half = 'even'", [](auto i) { return i % 2 == 0; }},
      {"p.half = 'even' AND p.team = 'team-8'", [](auto i) { return i % 50 == 8; }},
      {"p.half = 'odd' AND p.team = 'team-8'", [](auto) { return false; }},
      {"p.half = 'even' AND p.only = 'this'", [](auto i) { return i == kRows; }},
      {"p.team IN ('team-1', 'team-2') AND p.whole > 50",
       [](auto i) { return i % 50 < 3 && i % 50 > 0 && i % 100 > 50; }},
      {"p.whole > 98.5", [](auto i) { return i % 100 == 99; }},
      {"p.whole >= 98.5 AND p.half = 'odd'", [](auto i) { return i % 100 == 99; }},
      {"p.whole < 0.5", [](auto i) { return i % 100 == 0; }},
      {"p.whole <= -0.5", [](auto) { return false; }},
      {"p.whole = 0.5", [](auto) { return false; }},
      {"p.whole = 7.0", [](auto i) { return i % 100 == 7; }},
      {"p.whole != 0.5 AND p.team = 'team-8'", [](auto i) { return i % 50 == 8; }},
      {"p.whole < 1e300 AND p.whole > -1e300 AND p.team = 'team-8'", [](auto i) { return i % 50 == 8; }},
      {"p.real > 2 AND p.half = 'odd'", [](auto i) { return i > 2000 && i % 2 == 1; }},
      {"p.half = 'even' AND (p.team = 'team-8' OR p.only = 'this')", [](auto i) { return i % 50 == 8 || i == kRows; }},
      {"p.half = 'even' AND id > 2990", [](auto i) { return i % 2 == 0 && i > 2990; }},
      {"p.half LIKE 'ev%' AND p.team = 'team-8'", [](auto i) { return i % 50 == 8; }}};
  for (const auto& [filter, is] : filters) {
    for (const bool by_rank : {false, true}) {
      for (const bool down : {false, true}) {
        const std::string order = std::string(by_rank ? "rank" : "id") + (down ? " desc" : " asc");
        EXPECT_EQ(all(filter, order), expected(is, by_rank, down)) << filter << ", " << order;
      }
    }
  }
}

TEST_P(PageTest, FindsTextsThatNoIndexHolds) {
  EXPECT_EQ(all("p.long = '" + std::string(200, 'x') + "'", "id"), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(all("p.long = '" + std::string(201, 'x') + "'", "id"), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(all("p.long IN ('" + std::string(200, 'x') + "', '" + std::string(201, 'x') + "')", "rank").size(), 2u);
}

// A list of many rows is not walked for one of them: what is read says so.
TEST_P(PageTest, StartsFromTheIndexOfTheRarestProperty) {
  if (GetParam() != Dialect::sqlite) return;  // whose plan follows from the statement alone
  const Listing listing = TestDatabase::must(
      compile_listing({.filter = "p.half = 'even' AND p.only = 'this'"}, schema(), GetParam(), kKey, "", 2));
  ASSERT_EQ(listing.filter.leads.size(), 2u);
  const auto counted = TestDatabase::must(
      store_->read([&](Tx& tx) { return tx.run(listing.filter.probe, listing.filter.probe_parameters); }));
  EXPECT_EQ(std::get<std::int64_t>(counted.rows.at(0).at(0)), kFewRows);
  EXPECT_EQ(std::get<std::int64_t>(counted.rows.at(0).at(1)), 1);
  for (const auto& [what, index] : {std::pair("half = 'even'", "props_string"), std::pair("whole > 3", "props_int"),
                                    std::pair("real < 0.1", "props_double")}) {
    const Listing one =
        TestDatabase::must(compile_listing({.filter = std::string("p.") + what}, schema(), GetParam(), kKey, "", 2));
    const auto plan = TestDatabase::must(store_->read(
        [&](Tx& tx) { return tx.run("EXPLAIN QUERY PLAN " + one.filter.probe, one.filter.probe_parameters); }));
    std::string text;
    for (const auto& row : plan.rows) text += std::get<std::string>(row.at(3)) + "\n";
    EXPECT_NE(text.find(index), std::string::npos) << what << ":\n" << text;
  }
}

// What was counted for a filter's first page is not counted again for the next.
TEST_P(PageTest, CountsOnceForAFilter) {
  Pages pages(*store_);
  const Counter& statements = statements_counter(database_->metrics);
  const auto cost = [&](const ListQuery& query) {
    const Listing listing = TestDatabase::must(compile_listing(query, schema(), GetParam(), kKey, "", 2));
    const std::uint64_t before = statements.value();
    const Rows rows =
        TestDatabase::must(pages.read({columns<Row>("r"), "rows_ r", "r.id > $1", {std::int64_t{0}}}, listing));
    EXPECT_EQ(rows.rows.size(), 1u) << query.filter;
    return statements.value() - before;
  };
  const ListQuery rare{.filter = "p.half = 'even' AND p.only = 'this'"};
  EXPECT_EQ(cost(rare), 2u);
  EXPECT_EQ(cost(rare), 1u);
  EXPECT_EQ(cost({.filter = "p.half = 'even' AND p.team = 'team-0' AND p.only = 'this'"}), 2u);
  EXPECT_EQ(cost({.filter = "p.only = 'this'"}), 1u);  // there is nothing to choose from
}

}  // namespace
}  // namespace souk::store
