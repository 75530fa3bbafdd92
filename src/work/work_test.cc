// SPDX-License-Identifier: Apache-2.0
//
// The contract of Work on both databases: what is put in, runs in its turn, and is seen by operators.
#include "work/work.h"

#include <algorithm>
#include <condition_variable>
#include <map>

#include "work/work_testing.h"

namespace souk::work {

namespace {

SOUK_ON_BOTH_DATABASES(WorkTest);

TEST_P(WorkTest, RunsWhatIsEnqueuedAndForgetsIt) {
  node->work.add(queue([&](Attempt& attempt) -> Status {
    journal.add(attempt.item().payload.text);
    EXPECT_EQ(attempt.item().attempts, 1);
    return {};
  }));
  node->start();
  const ItemId id = node->enqueue({.queue = "q", .payload = {R"({"n":1})"}});
  EXPECT_EQ(journal.wait(1), std::vector<std::string>{R"({"n":1})"});
  EXPECT_TRUE(eventually([&] { return !node->find("q", id); }));
}

TEST_P(WorkTest, StartsSoonerThanAnyPollWould) {
  std::atomic<std::int64_t> started{0};
  node->work.add(queue([&](Attempt&) -> Status {
    started = std::chrono::steady_clock::now().time_since_epoch().count();
    journal.add("ran");
    return {};
  }));
  node->start();
  std::vector<double> milliseconds;
  for (std::size_t i = 1; i <= 40; ++i) {
    node->enqueue({.queue = "q"});
    const auto begun = std::chrono::steady_clock::now().time_since_epoch().count();
    ASSERT_EQ(journal.wait(i).size(), i);
    milliseconds.push_back(static_cast<double>(started - begun) / 1e6);
  }
  std::ranges::sort(milliseconds);
  EXPECT_LT(milliseconds[20], 50) << "the median of enqueue to start, in ms";
}

TEST_P(WorkTest, AnItemThatIsNotCommittedIsNotThere) {
  node->work.add(queue([&](Attempt&) -> Status {
    journal.add("ran");
    return {};
  }));
  node->start();
  const auto failed = store->write([&](store::Tx& tx) -> Status {
    SOUK_TRY(node->work.enqueue(tx, {.queue = "q"}));
    return not_found("changed its mind");
  });
  EXPECT_FALSE(failed);
  node->enqueue({.queue = "q"});
  EXPECT_EQ(journal.wait(1).size(), 1u);
  EXPECT_TRUE(eventually([&] { return count("SELECT count(*) FROM work_items") == 0; }));
  EXPECT_EQ(journal.wait(1).size(), 1u);
}

TEST_P(WorkTest, ErrorsThatMayPassAreTriedAgainAndOthersAreNot) {
  node->work.add(queue([&](Attempt& attempt) -> Status {
    journal.add(text(attempt.item().attempts));
    if (attempt.item().payload.text == "1") return invalid_argument("this can never be");
    if (attempt.item().attempts < 3) return unavailable("not just now");
    return {};
  }));
  node->start();
  const ItemId passing = node->enqueue({.queue = "q"});
  EXPECT_EQ(journal.wait(3), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_TRUE(eventually([&] { return !node->find("q", passing); }));
  const ItemId final = node->enqueue({.queue = "q", .payload = {"1"}});
  EXPECT_EQ(journal.wait(5).back(), "gave up " + text(final.value) + " INVALID_ARGUMENT");
  const auto dead = node->find("q", final);
  ASSERT_TRUE(dead);
  EXPECT_EQ(dead->state, ItemState::DEAD);
  EXPECT_NE(dead->error.find("this can never be"), std::string::npos);
}

TEST_P(WorkTest, TooManyAttemptsMakeItDeadAndAnOperatorRevivesIt) {
  std::atomic<bool> broken{true};
  Queue q = queue([&](Attempt& attempt) -> Status {
    if (broken) return unavailable("broken");
    journal.add("ran " + text(attempt.item().attempts));
    return {};
  });
  q.max_attempts = 2;
  q.revived = [&](store::Tx& tx, const Item&) -> Status {
    tx.on_commit([&] { journal.add("revived"); });
    return {};
  };
  node->work.add(std::move(q));
  node->start();
  const ItemId id = node->enqueue({.queue = "q"});
  EXPECT_EQ(journal.wait(1).at(0), "gave up " + text(id.value) + " UNAVAILABLE");
  EXPECT_EQ(node->find("q", id)->attempts, 2);
  const auto status = node->work.queues();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->at(0).dead, 1);
  broken = false;
  EXPECT_EQ(node->work.retry("q", id).value_or(0), 1);
  EXPECT_EQ(journal.wait(3).at(1), "revived");
  EXPECT_EQ(journal.wait(3).at(2), "ran 1");
  ASSERT_TRUE(eventually([&] { return !node->find("q", id); }));
  EXPECT_EQ(node->work.retry("q", id).error().code, Code::not_found);
}

TEST_P(WorkTest, DroppingTakesAllTheDeadOfAQueueAndNothingElse) {
  node->work.add(queue([](Attempt&) -> Status { return invalid_argument("no"); }));
  node->start();
  for (int i = 0; i < 3; ++i) node->enqueue({.queue = "q"});
  const ItemId delayed = node->enqueue({.queue = "q", .delay = std::chrono::hours(1)});
  ASSERT_EQ(journal.wait(3).size(), 3u);
  EXPECT_EQ(node->work.drop("q", delayed).error().code, Code::failed_precondition);
  EXPECT_EQ(node->work.drop("q", {}).value_or(0), 3);
  EXPECT_EQ(count("SELECT count(*) FROM work_items"), 1);
}

TEST_P(WorkTest, AKeyIsDoneOnce) {
  node->work.add(queue([&](Attempt&) -> Status {
    journal.add("ran");
    return {};
  }));
  node->start();
  const NewItem item{.queue = "q", .namespace_id = NamespaceId(1), .key = "order 7"};
  const ItemId id = node->enqueue(item);
  ASSERT_EQ(journal.wait(1).size(), 1u);
  ASSERT_TRUE(eventually([&] { return node->find("q", id)->state == ItemState::DONE; }));
  const auto again = store->write([&](store::Tx& tx) { return node->work.enqueue(tx, item); });
  EXPECT_EQ(again->id, id);
  EXPECT_FALSE(again->created);
  NewItem other = item;
  other.namespace_id = NamespaceId(2);
  EXPECT_NE(node->enqueue(other), id);
  EXPECT_EQ(journal.wait(2).size(), 2u);
}

TEST_P(WorkTest, WhatIsDoneIsForgottenAfterAWhile) {
  node.reset();
  WorkSettings settings;
  settings.keep_done = Duration(50);
  node.emplace(*store, "one", settings);
  node->work.add(queue([](Attempt&) -> Status { return {}; }));
  node->start();
  const ItemId id = node->enqueue({.queue = "q", .key = "k"});
  EXPECT_TRUE(eventually([&] {
    node->enqueue({.queue = "q"});  // an alarm set by a turn is found by the next
    return !node->find("q", id);
  }));
}

TEST_P(WorkTest, PutOffItemsWaitForTheirTime) {
  const auto begun = std::chrono::steady_clock::now();
  // Times are kept in whole milliseconds.
  const auto waited = [begun] { return std::chrono::steady_clock::now() - begun + Duration(1); };
  node->work.add(queue([&](Attempt& attempt) -> Status {
    const bool due = waited() >= Duration(attempt.item().payload.text == "1" ? 40 : 120);
    journal.add(attempt.item().payload.text + (due ? "" : " too soon"));
    return {};
  }));
  node->start();
  node->enqueue({.queue = "q", .payload = {"2"}, .delay = Duration(120)});
  node->enqueue({.queue = "q", .payload = {"1"}, .delay = Duration(40)});
  std::vector<std::string> ran = journal.wait(2);
  std::ranges::sort(ran);
  EXPECT_EQ(ran, (std::vector<std::string>{"1", "2"}));
}

TEST_P(WorkTest, NamespacesTakeTurnsAndPrioritiesOrderEach) {
  Queue q = queue([&](Attempt& attempt) -> Status {
    journal.add(text(attempt.item().namespace_id.value) + ":" + attempt.item().payload.text);
    return {};
  });
  q.concurrency = 1;
  node->work.add(std::move(q));
  const auto put = [&](std::int64_t ns, std::int64_t priority, int number) {
    node->enqueue({.queue = "q", .payload = {text(number)}, .namespace_id = NamespaceId(ns), .priority = priority});
  };
  for (int i = 0; i < 20; ++i) put(1, 0, i);
  put(2, 0, 0);
  put(2, 5, 1);
  put(3, 0, 0);
  node->start();
  const auto all = journal.wait(23);
  ASSERT_EQ(all.size(), 23u);
  // Whoever asked for twenty does not keep the others waiting, and the higher priority comes first in its namespace.
  const auto place = [&](const std::string& what) { return std::ranges::find(all, what) - all.begin(); };
  EXPECT_LT(place("2:1"), place("2:0"));
  EXPECT_LT(place("2:0"), 6) << testing::PrintToString(all);
  EXPECT_LT(place("3:0"), 4) << testing::PrintToString(all);
  EXPECT_LT(place("1:3"), place("1:17"));
}

TEST_P(WorkTest, ConcurrencyIsBoundedByQueueAndByNamespace) {
  std::mutex mutex;
  std::condition_variable began;
  std::map<std::int64_t, int> now;
  int most = 0, most_of_one = 0, total = 0;
  Queue q = queue([&](Attempt& attempt) -> Status {
    {
      std::unique_lock lock(mutex);
      most_of_one = std::max(most_of_one, ++now[attempt.item().namespace_id.value]);
      most = std::max(most, ++total);
      began.notify_all();
      began.wait_for(lock, std::chrono::seconds(20), [&] { return most >= 3; });  // the first wait for each other
    }
    {
      const std::lock_guard lock(mutex);
      --now[attempt.item().namespace_id.value];
      --total;
    }
    journal.add("done");
    return {};
  });
  q.concurrency = 3;
  q.per_namespace = 2;
  node->work.add(std::move(q));
  for (int i = 0; i < 40; ++i) node->enqueue({.queue = "q", .namespace_id = NamespaceId(1 + i % 2)});
  node->start();
  ASSERT_EQ(journal.wait(40).size(), 40u);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(most_of_one, 2);
}

TEST_P(WorkTest, RefusesWhatIsTooLargeAndKeepsOddTexts) {
  node->work.add(queue([&](Attempt& attempt) -> Status {
    journal.add(attempt.item().payload.text);
    return {};
  }));
  node->start();
  const auto put = [&](NewItem item) {
    item.queue = "q";
    return store->write([&](store::Tx& tx) { return node->work.enqueue(tx, item); });
  };
  EXPECT_EQ(put({.payload = {'"' + std::string(70'000, 'x') + '"'}}).error().code, Code::invalid_argument);
  EXPECT_EQ(put({.key = std::string(201, 'k')}).error().code, Code::invalid_argument);
  EXPECT_EQ(put({.priority = 101}).error().code, Code::invalid_argument);
  EXPECT_EQ(put({.key = std::string("a\0b", 3)}).error().code, Code::invalid_argument);
  EXPECT_TRUE(put({.payload = {R"("ä\u0000'; DROP TABLE work_items")"}, .key = "'; --"}));
  EXPECT_EQ(journal.wait(1).at(0), R"("ä\u0000'; DROP TABLE work_items")");
}

TEST_P(WorkTest, ListsItemsByPages) {
  for (int i = 0; i < 25; ++i) node->enqueue({.queue = "q", .priority = i});
  std::size_t seen = 0;
  store::ListQuery query{.filter = "state = 'WAITING' AND priority >= 5", .order_by = "priority desc", .page_size = 10};
  do {
    const auto page = node->work.items("q", query, "key");
    ASSERT_TRUE(page) << page.error().describe();
    for (const Item& item : page->items) EXPECT_EQ(item.priority, 24 - static_cast<std::int64_t>(seen++));
    query.page_token = page->next_page_token;
  } while (!query.page_token.empty());
  EXPECT_EQ(seen, 20u);
  EXPECT_EQ(node->work.items("q", {.filter = "payload = 1"}, "key").error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace souk::work
