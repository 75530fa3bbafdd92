// SPDX-License-Identifier: Apache-2.0
#include "access/visible.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "store/test_database.h"

namespace souk::access {
namespace {

using store::TestDatabase;

struct Thing {
  NamespaceId id;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id))

// 4,000 things in 200 namespaces, by a made-up time with many ties.
class VisibleTest : public testing::TestWithParam<store::Dialect> {
 protected:
  static constexpr std::int64_t kThings = 4000, kNamespaces = 200;
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database_ = std::make_unique<TestDatabase>(GetParam());
    store_ = database_->open_migrated();
    TestDatabase::must(store_->write([](store::Tx& tx) -> Status {
      SOUK_TRY(
          tx.exec("CREATE TABLE things (id BIGINT PRIMARY KEY, namespace_id BIGINT NOT NULL, at BIGINT NOT NULL)"));
      SOUK_TRY(tx.exec("CREATE INDEX things_at ON things (at, id, namespace_id)"));
      SOUK_TRY(tx.exec("CREATE INDEX things_namespace ON things (namespace_id, at, id)"));
      for (std::int64_t i = 1; i <= kThings; ++i) {
        SOUK_TRY(
            tx.defer("INSERT INTO things (id, namespace_id, at) VALUES ($1, $2, $3)", i, namespace_of(i), time_of(i)));
      }
      return {};
    }));
  }
  static std::int64_t namespace_of(std::int64_t id) { return 1 + id * 7 % kNamespaces; }
  static std::int64_t time_of(std::int64_t id) { return id * 7919 % 500; }

  // The ids of all pages.
  std::vector<std::int64_t> read(const Visible& visible, bool descending, std::int64_t page_size) {
    static const store::ListSchema schema{
        .filter = {.columns = {{"at", "t.at", store::ColumnType::integer, true}}}, .id = "t.id", .default_order = "at"};
    const VisibleTable table{"t.id", "things t", "t.namespace_id", "t.id"};
    std::vector<std::int64_t> out;
    store::ListQuery query{.order_by = descending ? "at desc" : "at", .page_size = page_size};
    do {
      const auto listing = TestDatabase::must(compile_listing(query, schema, GetParam(), "key", "things", 1));
      auto rows =
          TestDatabase::must(store_->read([&](store::Tx& tx) { return read_visible(tx, visible, table, listing); }));
      const auto page = TestDatabase::must(store::page_of<Thing>(std::move(rows), listing, "key"));
      for (const Thing& thing : page.items) out.push_back(thing.id.value);
      query.page_token = page.next_page_token;
    } while (!query.page_token.empty());
    return out;
  }
  static std::vector<std::int64_t> expected(const Visible& visible, bool descending) {
    std::vector<std::int64_t> out;
    for (std::int64_t i = 1; i <= kThings; ++i) {
      if (std::ranges::count(visible.namespaces, namespace_of(i)) || std::ranges::count(visible.objects, i))
        out.push_back(i);
    }
    std::ranges::sort(out, [&](std::int64_t a, std::int64_t b) {
      const std::pair x(time_of(a), a), y(time_of(b), b);
      return descending ? y < x : x < y;
    });
    return out;
  }

  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<store::Store> store_;
};
SOUK_ON_BOTH_DATABASES(VisibleTest);

Visible some(std::int64_t namespaces, std::vector<std::int64_t> objects) {
  Visible visible;
  for (std::int64_t i = 1; i <= namespaces; ++i) visible.namespaces.push_back(i);
  visible.objects = std::move(objects);
  return visible;
}

TEST_P(VisibleTest, FindsTheSameRowsHoweverLittleIsSeen) {
  const Visible cases[] = {some(1, {}),   some(3, {5, 6, 4000}), some(0, {1, 17, 3999}), some(64, {}),
                           some(65, {2}), some(150, {}),         some(200, {}),          some(0, {999'999})};
  for (const Visible& visible : cases) {
    for (const bool descending : {false, true}) {
      EXPECT_EQ(read(visible, descending, 7), expected(visible, descending))
          << visible.namespaces.size() << " namespaces, " << visible.objects.size() << " objects";
    }
    EXPECT_EQ(read(visible, true, 1000), expected(visible, true));
  }
}

}  // namespace
}  // namespace souk::access
