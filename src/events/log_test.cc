// SPDX-License-Identifier: Apache-2.0
#include "events/log.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "events/cursor.h"
#include "store/test_database.h"

namespace souk::events {
namespace {

using namespace std::chrono_literals;
using store::Dialect;
using store::TestDatabase;
using store::Tx;

NewEvent event_of(std::string type, std::string name, std::int64_t namespace_id = 1) {
  return {.type = std::move(type),
          .namespace_id = NamespaceId(namespace_id),
          .namespace_ = "default",
          .kind = "model",
          .id = 7,
          .name = std::move(name),
          .actor = "ann",
          .trace_id = "0af7651916cd43dd8448eb211c80319c",
          .data = {R"({"n":1})"}};
}

// What a subscriber was told, and a way to wait for it.
class Told {
 public:
  std::function<void(const EventPtr&)> callback() {
    return [this](const EventPtr& event) {
      const std::lock_guard lock(mutex_);
      names_.push_back(event->name);
      changed_.notify_all();
    };
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return names_.size() >= count; });
  }
  std::vector<std::string> names() {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> names_;
};

class LogTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database.emplace(GetParam());
    store = database->open_migrated();
    log = std::make_unique<Log>(*store, database->log, database->metrics);
  }
  void TearDown() override {
    log.reset();
    store.reset();
    database.reset();
  }
  void append(const NewEvent& event) {
    const Status done = store->write([&](Tx& tx) { return log->append(tx, event); });
    ASSERT_TRUE(done) << done.error().describe();
  }
  // On PostgreSQL what was committed is read once no older transaction runs, of other tests too.
  Page read_until(std::string_view after, const Filter& filter, std::size_t count, std::size_t limit = 100) {
    Page page;
    for (int i = 0; i < 2000; ++i) {
      page = TestDatabase::must(log->read(after, filter, limit));
      if (page.events.size() >= count) break;
      std::this_thread::yield();
    }
    return page;
  }
  static std::vector<std::string> names(const Page& page) {
    std::vector<std::string> out;
    for (const Event& event : page.events) out.push_back(event.name);
    return out;
  }

  std::optional<TestDatabase> database;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Log> log;
};

using Names = std::vector<std::string>;

TEST_P(LogTest, KeepsEveryField) {
  append(event_of("model.updated", "digits", 5));
  const Page page = read_until("", {}, 1);
  ASSERT_EQ(page.events.size(), 1u);
  const Event& event = page.events[0];
  EXPECT_EQ(event.type, "model.updated");
  EXPECT_EQ(event.namespace_, "default");
  EXPECT_EQ(event.namespace_id, NamespaceId(5));
  EXPECT_EQ(event.kind, "model");
  EXPECT_EQ(event.id, 7);
  EXPECT_EQ(event.name, "digits");
  EXPECT_EQ(event.actor, "ann");
  EXPECT_EQ(event.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(event.data.text, R"({"n":1})");
  EXPECT_LT(now() - event.time, 60s);
  EXPECT_EQ(page.cursor, event.cursor);
  EXPECT_FALSE(page.more);
  const std::string json = json::write(event);
  EXPECT_NE(json.find(R"("namespace":"default")"), std::string::npos) << json;
  EXPECT_EQ(json.find("namespace_id"), std::string::npos) << json;
}

TEST_P(LogTest, GoesOnFromACursor) {
  for (int i = 0; i < 5; ++i) append(event_of("model.updated", std::to_string(i)));
  ASSERT_EQ(read_until("", {}, 5).events.size(), 5u);
  const Page first = read_until("", {}, 2, 2);
  EXPECT_EQ(names(first), (Names{"0", "1"}));
  EXPECT_TRUE(first.more);
  const Page rest = read_until(first.cursor, {}, 3);
  EXPECT_EQ(names(rest), (Names{"2", "3", "4"}));
  EXPECT_FALSE(rest.more);
  const Page nothing = TestDatabase::must(log->read(rest.cursor, {}, 10));
  EXPECT_TRUE(nothing.events.empty());
  EXPECT_EQ(nothing.cursor, rest.cursor);
  EXPECT_EQ(TestDatabase::must(log->head()), rest.cursor);
}

TEST_P(LogTest, AFilterLeavesOutAndTheCursorStillGoesOn) {
  for (int i = 0; i < 40; ++i) append(event_of(i % 4 == 0 ? "model.deleted" : "alias.moved", std::to_string(i), i % 2));
  ASSERT_EQ(read_until("", {}, 40).events.size(), 40u);
  EXPECT_EQ(read_until("", {.types = {"model.deleted"}}, 10).events.size(), 10u);
  EXPECT_EQ(read_until("", {.types = {"model.*", "job.*"}}, 10).events.size(), 10u);
  EXPECT_TRUE(TestDatabase::must(log->read("", {.types = {"mode"}}, 10)).events.empty());
  const Filter even{.visible = [](const Event& event) { return event.namespace_id == NamespaceId(1); }};
  EXPECT_EQ(read_until("", even, 20).events.size(), 20u);

  Names all;
  std::string cursor;
  for (bool more = true; more;) {
    const Page page = TestDatabase::must(log->read(cursor, {.types = {"model.deleted"}}, 3));
    for (const std::string& name : names(page)) all.push_back(name);
    cursor = page.cursor;
    more = page.more;
  }
  EXPECT_EQ(all.size(), 10u);
  const Page none = TestDatabase::must(log->read("", {.types = {"nothing.like.it"}}, 2));
  EXPECT_TRUE(none.events.empty());
  EXPECT_TRUE(none.more);  // it did not read the whole log in one call
  EXPECT_NE(none.cursor, to_cursor({}));
}

TEST_P(LogTest, AnEventIsThereExactlyWhenItsChangeIs) {
  (void)store->write([&](Tx& tx) -> Status {
    SOUK_TRY(log->append(tx, event_of("model.created", "ghost")));
    return not_found("on purpose");
  });
  append(event_of("model.created", "real"));
  EXPECT_EQ(names(read_until("", {}, 1)), Names{"real"});
}

TEST_P(LogTest, TellsWhatHappenedToOneObject) {
  for (const char* name : {"one", "two", "three"}) append(event_of("model.updated", name));
  NewEvent other = event_of("model.updated", "other");
  other.id = 8;
  append(other);
  auto events = log->of_object("model", 7, 2);
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(events->at(0).name, "two");
  EXPECT_EQ(events->at(1).name, "three");
  EXPECT_TRUE(log->of_object("deployment", 7, 2)->empty());
}

TEST_P(LogTest, RefusesCursorsItNeverGave) {
  append(event_of("model.created", "a"));
  const std::string head = read_until("", {}, 1).cursor;
  std::string damaged = head;
  damaged.back() = damaged.back() == '0' ? '1' : '0';
  for (const std::string& forged :
       {std::string("0"), std::string("now"), std::string("1-1"), std::string("1-1-abcdef"), damaged, head + "0",
        "0" + head, std::string(100'000, 'f'), std::string("a\0b", 3), to_cursor({0, std::int64_t{1} << 60}),
        to_cursor({std::int64_t{1} << 60, 1}), std::string("-1-1-abcdef"), std::string("' OR 1=1 --")}) {
    // A place on SQLite has no transaction; on PostgreSQL place (0, n) is before everything and does no harm.
    if (GetParam() == Dialect::postgresql && forged == to_cursor({0, std::int64_t{1} << 60})) continue;
    const auto page = log->read(forged, {}, 10);
    ASSERT_FALSE(page) << forged;
    EXPECT_EQ(page.error().code, Code::invalid_argument) << forged;
    const auto subscription = log->subscribe(
        {}, [](const EventPtr&) {}, forged);
    ASSERT_FALSE(subscription) << forged;
    EXPECT_EQ(subscription.error().code, Code::invalid_argument) << forged;
  }
  EXPECT_TRUE(log->read(head, {}, 10));
}

TEST_P(LogTest, SubscribersHearWhatComesAndNothingTwice) {
  append(event_of("model.created", "before"));
  ASSERT_EQ(read_until("", {}, 1).events.size(), 1u);
  Told all, some;
  const auto one = TestDatabase::must(log->subscribe({}, all.callback()));
  const auto two = TestDatabase::must(log->subscribe({.types = {"alias.*"}}, some.callback()));
  for (int i = 0; i < 50; ++i) append(event_of(i % 2 == 0 ? "alias.moved" : "model.updated", std::to_string(i)));
  ASSERT_TRUE(all.wait_for(50));
  ASSERT_TRUE(some.wait_for(25));
  Names expected;
  for (int i = 0; i < 50; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(all.names(), expected);
  EXPECT_EQ(some.names().size(), 25u);
}

TEST_P(LogTest, SubscribersResumeFromACursor) {
  for (int i = 0; i < 1200; i += 100) {
    ASSERT_TRUE(store->write([&](Tx& tx) -> Status {
      for (int j = i; j < i + 100; ++j) SOUK_TRY(log->append(tx, event_of("model.updated", std::to_string(j))));
      return {};
    }));
  }
  const Page first = read_until("", {}, 1000, 1000);
  const std::string cursor = first.events.at(9).cursor;
  Told told, late;
  const auto subscription = TestDatabase::must(log->subscribe({}, told.callback(), cursor));
  const auto from_now = TestDatabase::must(log->subscribe({}, late.callback()));
  append(event_of("model.updated", "last"));
  ASSERT_TRUE(told.wait_for(1191));
  const Names names = told.names();
  EXPECT_EQ(names.front(), "10");
  EXPECT_EQ(names.back(), "last");
  EXPECT_EQ(names.size(), 1191u);
  ASSERT_TRUE(late.wait_for(1));
  EXPECT_EQ(late.names().back(), "last");
}

TEST_P(LogTest, AnEndedSubscriptionHearsNothing) {
  Told told, other;
  auto subscription = TestDatabase::must(log->subscribe({}, told.callback()));
  const auto stays = TestDatabase::must(log->subscribe({}, other.callback()));
  EXPECT_TRUE(subscription);
  append(event_of("model.updated", "a"));
  ASSERT_TRUE(told.wait_for(1));
  subscription.reset();
  append(event_of("model.updated", "b"));
  ASSERT_TRUE(other.wait_for(2));
  EXPECT_EQ(told.names(), Names{"a"});
}

TEST_P(LogTest, ACallbackMayEndItsOwnSubscriptionAndMayThrow) {
  std::optional<Subscription> own;
  std::mutex mutex;
  int heard = 0;
  Told other;
  {
    const std::lock_guard lock(mutex);
    own = TestDatabase::must(log->subscribe({}, [&](const EventPtr&) {
      const std::lock_guard inner(mutex);
      ++heard;
      own.reset();
    }));
  }
  const auto throws =
      TestDatabase::must(log->subscribe({}, [](const EventPtr&) { throw std::runtime_error("on purpose"); }));
  const auto stays = TestDatabase::must(log->subscribe({}, other.callback()));
  append(event_of("model.updated", "a"));
  append(event_of("model.updated", "b"));
  ASSERT_TRUE(other.wait_for(2));
  EXPECT_EQ(heard, 1);
}

TEST_P(LogTest, AThousandSubscribersShareAQuery) {
  Told last;
  std::atomic<int> heard = 0;
  std::vector<Subscription> subscriptions;
  for (int i = 0; i < 1000; ++i) {
    subscriptions.push_back(TestDatabase::must(log->subscribe({}, [&](const EventPtr&) { ++heard; })));
  }
  subscriptions.push_back(TestDatabase::must(log->subscribe({}, last.callback())));
  append(event_of("model.updated", "warm"));  // now all stand at the same place
  ASSERT_TRUE(last.wait_for(1));
  auto& queries = database->metrics.counter("souk_events_queries_total", "").with();
  const auto before = queries.value();
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) append(event_of("model.updated", std::to_string(i)));
  ASSERT_TRUE(last.wait_for(11));
  const auto looked = (std::chrono::steady_clock::now() - begun) / 50ms;  // PostgreSQL looks by itself, too
  EXPECT_LE(queries.value() - before, 30u + static_cast<std::uint64_t>(looked));
  EXPECT_EQ(heard, 11'000);
}

// A takes its number first and commits last. Whoever has read B already must still hear A.
TEST_P(LogTest, ALateCommitIsNotSkipped) {
  Told told;
  const auto subscription = TestDatabase::must(log->subscribe({}, told.callback()));
  std::latch a_has_its_number(1), b_is_committed(1);
  std::atomic<bool> first = true;
  std::thread a([&] {
    const Status done = store->write([&](Tx& tx) -> Status {
      SOUK_TRY(log->append(tx, event_of("model.updated", "A")));
      SOUK_TRY(tx.scalar<std::int64_t>("SELECT count(*) FROM schema_migrations"));  // takes the event along
      if (first.exchange(false)) {
        a_has_its_number.count_down();
        if (tx.dialect() == Dialect::postgresql) b_is_committed.wait();
      }
      return {};
    });
    EXPECT_TRUE(done) << done.error().describe();
  });
  a_has_its_number.wait();
  append(event_of("model.updated", "B"));
  if (GetParam() == Dialect::postgresql) {
    // B is committed, but A may still come before it: nobody is told of B, and no cursor passes A.
    EXPECT_TRUE(names(TestDatabase::must(log->read("", {}, 10))).empty());
    EXPECT_TRUE(told.names().empty());
  }
  b_is_committed.count_down();
  a.join();
  ASSERT_TRUE(told.wait_for(2));
  EXPECT_EQ(told.names(), (Names{"A", "B"}));
  EXPECT_EQ(names(read_until("", {}, 2)), (Names{"A", "B"}));
}

TEST_P(LogTest, ManyWritersAndReadersMissNothing) {
  constexpr int kThreads = 8, kRounds = 40;
  Told told;
  const auto subscription = TestDatabase::must(log->subscribe({}, told.callback()));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) append(event_of("model.updated", std::to_string(t) + "/" + std::to_string(i)));
    });
  }
  // A reader that goes on from its cursor sees the same as the subscriber.
  Names read;
  std::string cursor;
  while (read.size() < kThreads * kRounds) {
    const Page page = TestDatabase::must(log->read(cursor, {}, 7));
    for (const std::string& name : names(page)) read.push_back(name);
    cursor = page.cursor;
  }
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(told.wait_for(kThreads * kRounds));
  EXPECT_EQ(told.names(), read);
  EXPECT_EQ(std::set<std::string>(read.begin(), read.end()).size(), read.size());
}

TEST_P(LogTest, AnotherNodeHears) {
  if (GetParam() == Dialect::sqlite) GTEST_SKIP() << "one process holds a SQLite database";
  const auto other_store = database->open();
  Log other(*other_store, database->log, database->metrics);
  Told told;
  const auto subscription = TestDatabase::must(other.subscribe({}, told.callback()));
  append(event_of("model.updated", "a"));
  EXPECT_TRUE(told.wait_for(1));
}

TEST_P(LogTest, PruneDeletesWhatIsOld) {
  append(event_of("model.updated", "a"));
  append(event_of("model.updated", "b"));
  const std::string cursor = read_until("", {}, 2).cursor;
  EXPECT_EQ(log->prune(now() - 1h), 0);
  EXPECT_EQ(log->prune(now() + 1h), 2);
  EXPECT_TRUE(TestDatabase::must(log->read("", {}, 10)).events.empty());
  EXPECT_TRUE(log->read(cursor, {}, 10));
  append(event_of("model.updated", "c"));
  EXPECT_EQ(names(read_until(cursor, {}, 1)), Names{"c"});
}

TEST_P(LogTest, ASubscriptionMayOutliveTheLog) {
  Told told;
  auto subscription = TestDatabase::must(log->subscribe({}, told.callback()));
  log.reset();
  subscription.reset();
  EXPECT_TRUE(told.names().empty());
}

SOUK_ON_BOTH_DATABASES(LogTest);

TEST(Cursor, SurvivesARoundTrip) {
  for (const Position position :
       {Position{}, Position{0, 1}, Position{1'234'567, 89}, Position{INT64_MAX, INT64_MAX}}) {
    const auto back = parse_cursor(to_cursor(position));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, position);
  }
}

}  // namespace
}  // namespace souk::events
