// SPDX-License-Identifier: Apache-2.0
//
// Nodes and leases, and work between two nodes; the last only where two can share a database.
#include "work/nodes.h"

#include <map>

#include "work/work_testing.h"

namespace souk::work {
namespace {

WorkSettings quick() {
  WorkSettings settings;
  settings.nodes.timeout = Duration(600);
  return settings;
}

class NodesTest : public WorkRoomTest {};
SOUK_ON_BOTH_DATABASES(NodesTest);

TEST_P(NodesTest, ANodeIsThereWhileItRuns) {
  {
    TestNode node(*store, "one", quick());
    EXPECT_FALSE(node.nodes.alive());
    node.start();
    EXPECT_TRUE(node.nodes.alive());
    const auto all = node.nodes.list();
    ASSERT_EQ(all->size(), 1u);
    EXPECT_EQ(all->at(0).name, "one");
    EXPECT_EQ(all->at(0).id, node.nodes.id());
  }
  EXPECT_EQ(count("SELECT count(*) FROM nodes"), 0);
}

TEST_P(NodesTest, ACrashedNodeComesBackUnderItsName) {
  run("INSERT INTO nodes (name, incarnation, start_time, seen_time, beats) VALUES ('one', 'gone', 1, 1, 77)");
  TestNode node(*store, "one", quick());
  node.start();
  EXPECT_EQ(node.nodes.list()->size(), 1u);
  EXPECT_NE(node.nodes.list()->at(0).incarnation, "gone");
}

TEST_P(NodesTest, ALeaseIsTakenOnceGivenBackAndTakenAgain) {
  TestNode node(*store, "one", quick());
  node.start();
  std::atomic<int> changes{0};
  auto lease = node.leases.want("audit", [&] { ++changes; });
  ASSERT_TRUE(eventually([&] { return lease->held(); }));
  EXPECT_EQ(changes, 1);
  const std::int64_t first = lease->token();
  auto other = node.leases.want("audit");
  auto another = node.leases.want("another");
  ASSERT_TRUE(eventually([&] { return another->held(); }));
  EXPECT_FALSE(other->held());
  const auto checked = [&](const Lease& one) { return store->write([&](store::Tx& tx) { return one.check(tx); }); };
  EXPECT_TRUE(checked(*lease));
  EXPECT_EQ(checked(*other).error().code, Code::aborted);
  lease.reset();
  ASSERT_TRUE(eventually([&] { return other->held(); }));
  EXPECT_GT(other->token(), first);
  EXPECT_TRUE(checked(*other));
}

TEST_P(NodesTest, ALateWriterIsRefused) {
  TestNode node(*store, "one", quick());
  node.start();
  auto lease = node.leases.want("audit");
  ASSERT_TRUE(eventually([&] { return lease->held(); }));
  run("UPDATE leases SET token = token + 1");
  const Status late = store->write([&](store::Tx& tx) -> Status {
    SOUK_TRY(lease->check(tx));
    return {};
  });
  EXPECT_EQ(late.error().code, Code::aborted);
}

TEST_P(NodesTest, ClocksThatAreSetChangeNothing) {
  TestNode node(*store, "one", quick());
  std::atomic<int> runs{0};
  node.work.add({.name = "q", .run = [&](Attempt&) -> Status {
                   ++runs;
                   return {};
                 }});
  node.start();
  auto lease = node.leases.want("audit");
  ASSERT_TRUE(eventually([&] { return lease->held(); }));
  // What another node wrote by a clock an hour ahead, or behind.
  for (const char* step : {"+ 3600000", "- 3600000"}) {
    run(std::string("UPDATE nodes SET seen_time = seen_time ") + step + ", start_time = start_time " + step);
    run(std::string("UPDATE leases SET take_time = take_time ") + step);
    node.nodes.beat_soon();
    const int before = runs;
    node.enqueue({.queue = "q"});
    EXPECT_TRUE(eventually([&] { return runs > before; }));
    EXPECT_TRUE(lease->held());
    EXPECT_TRUE(store->write([&](store::Tx& tx) { return lease->check(tx); }));
  }
}

// A clock an hour ahead at the last run, and right again now.
TEST_P(NodesTest, WhatWasPutOffByAClockAheadIsNotPutOffForAnHour) {
  if (shared()) GTEST_SKIP() << "there the database's clock counts";
  Journal journal;
  TestNode node(*store, "one", quick());
  node.work.add({.name = "q", .run = [&](Attempt&) -> Status {
                   journal.add("ran");
                   return {};
                 }});
  node.enqueue({.queue = "q", .delay = Duration(50)});
  run("UPDATE work_items SET alarm_time = alarm_time + 3600000, update_time = update_time + 3600000");
  node.start();
  EXPECT_EQ(journal.wait(1).size(), 1u);
}

class TwoNodesTest : public WorkRoomTest {
 protected:
  void SetUp() override {
    WorkRoomTest::SetUp();
    if (store) second_store = database->open();
  }
  void TearDown() override {
    second_store.reset();
    WorkRoomTest::TearDown();
  }
  std::unique_ptr<store::Store> second_store;
};
INSTANTIATE_TEST_SUITE_P(Databases, TwoNodesTest, testing::Values(store::Dialect::postgresql),
                         [](const auto&) { return "postgresql"; });

TEST_P(TwoNodesTest, ASecondOfTheSameNameIsRefused) {
  TestNode one(*store, "same", quick()), two(*second_store, "same", quick());
  one.start();
  const Status refused = two.nodes.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_TRUE(one.nodes.alive());
}

TEST_P(TwoNodesTest, ALeaseMovesWhenItsHolderDies) {
  auto one = std::make_unique<TestNode>(*store, "one");
  TestNode two(*second_store, "two");
  one->start();
  auto first = one->leases.want("audit");
  ASSERT_TRUE(eventually([&] { return first->held(); }));
  two.start();
  auto second = two.leases.want("audit");
  // Its database connections die with it, and no farewell is written.
  store->close();
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return second->held(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  EXPECT_FALSE(first->held()) << "the one that was cut off knows it before another may have it";
  EXPECT_GT(second->token(), first->token());
  first.reset();
}

TEST_P(TwoNodesTest, ANodeHeldForDeadComesBackAsANewOne) {
  TestNode one(*store, "one", quick()), two(*second_store, "two", quick());
  one.start();
  two.start();
  auto lease = one.leases.want("audit");
  ASSERT_TRUE(eventually([&] { return lease->held(); }));
  const NodeId before = one.nodes.id();
  const std::int64_t token = lease->token();
  run("DELETE FROM nodes WHERE name = 'one'");
  ASSERT_TRUE(eventually([&] { return one.nodes.id() != before && one.nodes.alive(); }));
  ASSERT_TRUE(eventually([&] { return lease->held(); }));
  EXPECT_GT(lease->token(), token);
}

TEST_P(TwoNodesTest, EachItemIsRunByOneOfThem) {
  std::mutex mutex;
  std::map<std::int64_t, int> ran;
  std::map<std::string, int> by;
  const auto queue = [&](const std::string& name) {
    Queue q{.name = "q", .run = [&, name](Attempt& attempt) -> Status {
              std::this_thread::sleep_for(std::chrono::milliseconds(2));
              const std::lock_guard lock(mutex);
              ++ran[attempt.item().id.value];
              ++by[name];
              return {};
            }};
    q.concurrency = 2;
    return q;
  };
  TestNode one(*store, "one", quick()), two(*second_store, "two", quick());
  one.work.add(queue("one"));
  two.work.add(queue("two"));
  one.start();
  two.start();
  ASSERT_TRUE(eventually([&] { return one.nodes.others() == 1; }));
  constexpr int kItems = 300;
  for (int i = 0; i < kItems; ++i) one.enqueue({.queue = "q"});
  ASSERT_TRUE(eventually([&] { return count("SELECT count(*) FROM work_items") == 0; }));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(ran.size(), static_cast<std::size_t>(kItems));
  for (const auto& [id, times] : ran) EXPECT_EQ(times, 1) << "item " << id;
  EXPECT_GT(by["one"], 0);
  EXPECT_GT(by["two"], 0) << "the second is told when the first has more than it can take";
}

TEST_P(TwoNodesTest, ASchedulePutOnBothIsRunByOne) {
  std::atomic<int> ran{0};
  TestNode one(*store, "one", quick()), two(*second_store, "two", quick());
  for (TestNode* node : {&one, &two}) {
    node->work.add({.name = "q", .run = [&](Attempt&) -> Status {
                      ++ran;
                      return {};
                    }});
    const Status put = node->store.write([&](store::Tx& tx) {
      return node->work.put_schedule(tx, {.name = "s", .cron = "0 0 1 1 *", .item = {.queue = "q"}, .overlap = true});
    });
    ASSERT_TRUE(put) << put.error().describe();
  }
  run("UPDATE work_schedules SET next_time = 1");
  one.start();
  two.start();
  ASSERT_TRUE(eventually([&] { return ran > 0; }));
  ASSERT_TRUE(eventually([&] { return count("SELECT count(*) FROM work_items") == 0; }));
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(one.work.schedules()->size(), 1u);
}

TEST_P(TwoNodesTest, RenderingMetricsWaitsForNoDatabase) {
  TestNode node(*store, "one", quick());
  node.work.add({.name = "q", .run = [](Attempt&) -> Status { return {}; }});
  node.start();
  const Status held = second_store->write([&](store::Tx& tx) -> Status {
    SOUK_TRY(tx.exec("LOCK TABLE work_items IN ACCESS EXCLUSIVE MODE"));
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) node.metrics.render();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
    return {};
  });
  ASSERT_TRUE(held) << held.error().describe();
  EXPECT_TRUE(eventually(
      [&] { return node.metrics.render().find(R"(souk_work_items{queue="q",state="dead"} 0)") != std::string::npos; }));
}

TEST_P(TwoNodesTest, CancellingReachesTheNodeThatRunsIt) {
  Journal journal;
  TestNode one(*store, "one", quick()), two(*second_store, "two", quick());
  one.work.add({.name = "q", .run = [&](Attempt& attempt) -> Status {
                  journal.add("began");
                  std::mutex m;
                  std::condition_variable_any asked;
                  std::unique_lock lock(m);
                  asked.wait(lock, attempt.stop(), [] { return false; });
                  journal.add("asked to end");
                  return cancelled("");
                }});
  one.start();
  two.start();
  const ItemId id = one.enqueue({.queue = "q"});
  ASSERT_EQ(journal.wait(1).size(), 1u);
  EXPECT_TRUE(two.cancel(id));
  EXPECT_EQ(journal.wait(2).size(), 2u);
  EXPECT_TRUE(eventually([&] { return !one.find("q", id); }));
}

TEST_P(TwoNodesTest, ANodeCutOffTakesNothingAndCannotWriteLate) {
  auto cut = database->open();
  auto one = std::make_unique<TestNode>(*cut, "one", quick());
  TestNode two(*second_store, "two", quick());
  Journal journal;
  std::atomic<bool> go_on{false};
  one->work.add({.name = "q", .run = [&](Attempt&) -> Status {
                   journal.add("one began");
                   while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                   return {};
                 }});
  two.work.add({.name = "q", .run = [&](Attempt& attempt) -> Status {
                  journal.add("two attempt " + std::to_string(attempt.item().attempts));
                  return store->write([&](store::Tx& tx) { return attempt.complete(tx); });
                }});
  one->start();
  one->enqueue({.queue = "q"});
  ASSERT_EQ(journal.wait(1).size(), 1u);
  two.start();
  cut->close();
  EXPECT_EQ(journal.wait(2).at(1), "two attempt 2");
  EXPECT_FALSE(one->nodes.alive());
  go_on = true;
  one.reset();
  EXPECT_TRUE(eventually([&] { return count("SELECT count(*) FROM work_items") == 0; }));
}

}  // namespace
}  // namespace souk::work
