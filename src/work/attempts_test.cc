// SPDX-License-Identifier: Apache-2.0
//
// What becomes of attempts and their items, on both databases.
#include <algorithm>
#include <condition_variable>
#include <latch>

#include "work/running.h"
#include "work/work_testing.h"

namespace souk::work {
namespace {

class AttemptsTest : public WorkTest {};
SOUK_ON_BOTH_DATABASES(AttemptsTest);

TEST_P(AttemptsTest, CompletionAndEffectAreOneTransaction) {
  run("CREATE TABLE effects (item BIGINT NOT NULL)");
  std::atomic<int> runs{0};
  node->work.add(queue([&](Attempt& attempt) -> Status {
    const int number = ++runs;
    const Status kept = store->write([&](store::Tx& tx) -> Status {
      SOUK_TRY(attempt.complete(tx));
      SOUK_TRY(tx.defer("INSERT INTO effects (item) VALUES ($1)", attempt.item().id));
      if (number == 1) return unavailable("fails after both");
      return {};
    });
    if (kept) journal.add("kept");
    // What fails after the commit does not undo it.
    return kept ? Status(unavailable("late trouble")) : kept;
  }));
  node->start();
  node->enqueue({.queue = "q"});
  EXPECT_EQ(journal.wait(1).size(), 1u);
  EXPECT_TRUE(eventually([&] { return node->work.queues()->at(0).running == 0; }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(count("SELECT count(*) FROM effects"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM work_items"), 0);
}

TEST_P(AttemptsTest, AnAttemptThatLostItsItemIsRefused) {
  run("CREATE TABLE effects (item BIGINT NOT NULL)");
  std::latch taken(1);
  node->work.add(queue([&](Attempt& attempt) -> Status {
    if (attempt.item().payload.text == "2") return {};
    if (attempt.item().attempts == 1) {
      taken.wait();
      const Status late = store->write([&](store::Tx& tx) -> Status {
        SOUK_TRY(tx.defer("INSERT INTO effects (item) VALUES (1)"));
        return attempt.complete(tx);
      });
      journal.add(late ? "late one wrote" : std::string(code_name(late.error().code)));
      return late;
    }
    journal.add("second");
    return {};
  }));
  node->start();
  node->enqueue({.queue = "q"});
  ASSERT_TRUE(eventually([&] { return count("SELECT count(*) FROM work_items WHERE state = 'RUNNING'") == 1; }));
  // As after the death of its node: given to another attempt.
  run("UPDATE work_items SET state = 'WAITING', node_id = 0");
  node->enqueue({.queue = "q", .payload = {"2"}});
  ASSERT_EQ(journal.wait(1), std::vector<std::string>{"second"});
  taken.count_down();
  const auto all = journal.wait(2);
  EXPECT_EQ(std::ranges::count(all, "ABORTED"), 1) << testing::PrintToString(all);
  EXPECT_EQ(count("SELECT count(*) FROM effects"), 0);
}

TEST_P(AttemptsTest, CancelsWhatWaitsAndWhatRuns) {
  Queue q = queue([&](Attempt& attempt) -> Status {
    journal.add("began");
    std::mutex mutex;
    std::condition_variable_any asked;
    std::unique_lock lock(mutex);
    asked.wait(lock, attempt.stop(), [] { return false; });
    return cancelled("was asked to end");
  });
  q.concurrency = 1;
  node->work.add(std::move(q));
  node->start();
  const ItemId running = node->enqueue({.queue = "q"});
  ASSERT_EQ(journal.wait(1).size(), 1u);
  const ItemId waiting = node->enqueue({.queue = "q"});
  EXPECT_TRUE(node->cancel(waiting));
  EXPECT_FALSE(node->find("q", waiting));
  EXPECT_TRUE(node->cancel(running));
  const auto all = journal.wait(3);
  EXPECT_EQ(std::ranges::count(all, "gave up " + text(waiting.value) + " CANCELLED"), 1);
  EXPECT_EQ(std::ranges::count(all, "gave up " + text(running.value) + " CANCELLED"), 1);
  EXPECT_TRUE(eventually([&] { return !node->find("q", running); }));
  EXPECT_FALSE(node->cancel(running));
}

TEST_P(AttemptsTest, ADeadlineEndsWhatWaitsAndWhatRuns) {
  Queue q = queue([&](Attempt& attempt) -> Status {
    std::mutex mutex;
    std::condition_variable_any asked;
    std::unique_lock lock(mutex);
    asked.wait(lock, attempt.stop(), [] { return false; });
    return unavailable("interrupted");
  });
  q.concurrency = 1;
  node->work.add(std::move(q));
  node->start();
  const ItemId running = node->enqueue({.queue = "q", .deadline = Duration(150)});
  const ItemId waiting = node->enqueue({.queue = "q", .deadline = Duration(60)});
  const auto all = journal.wait(2);
  EXPECT_EQ(std::ranges::count(all, "gave up " + text(waiting.value) + " DEADLINE_EXCEEDED"), 1);
  EXPECT_EQ(std::ranges::count(all, "gave up " + text(running.value) + " DEADLINE_EXCEEDED"), 1);
  EXPECT_EQ(node->find("q", waiting)->state, ItemState::DEAD);
}

TEST_P(AttemptsTest, AnAttemptOutOfTimeIsTriedAgain) {
  Queue q = queue([&](Attempt& attempt) -> Status {
    journal.add(text(attempt.item().attempts));
    if (attempt.item().attempts == 2) return {};
    std::mutex mutex;
    std::condition_variable_any asked;
    std::unique_lock lock(mutex);
    asked.wait(lock, attempt.stop(), [] { return false; });
    return cancelled("out of time");
  });
  q.timeout = Duration(30);
  node->work.add(std::move(q));
  node->start();
  node->enqueue({.queue = "q"});
  EXPECT_EQ(journal.wait(2), (std::vector<std::string>{"1", "2"}));
}

TEST_P(AttemptsTest, ACheckpointIsThereForTheNextAttempt) {
  node->work.add(queue([&](Attempt& attempt) -> Status {
    journal.add(attempt.item().checkpoint.text);
    if (attempt.item().attempts > 1) return {};
    SOUK_TRY(store->write([&](store::Tx& tx) { return attempt.save(tx, json::Raw{R"({"part":3})"}); }));
    return unavailable("broken off");
  }));
  node->start();
  node->enqueue({.queue = "q"});
  EXPECT_EQ(journal.wait(2), (std::vector<std::string>{"null", R"({"part":3})"}));
}

TEST_P(AttemptsTest, AgainIsNoFailure) {
  std::atomic<int> runs{0};
  node->work.add(queue([&](Attempt& attempt) -> Status {
    const bool more = ++runs < 8;
    journal.add(text(attempt.item().attempts));  // who waits for the last takes `runs` away
    if (more) attempt.again(Duration(1));
    return {};
  }));
  node->start();
  node->enqueue({.queue = "q"});
  EXPECT_EQ(journal.wait(8), std::vector<std::string>(8, "1"));
}

TEST_P(AttemptsTest, StoppingLeavesTheItemAsIfItHadNotBegun) {
  node->work.add(queue([&](Attempt& attempt) -> Status {
    journal.add("began");
    std::mutex mutex;
    std::condition_variable_any asked;
    std::unique_lock lock(mutex);
    asked.wait(lock, attempt.stop(), [] { return false; });
    return cancelled("stopping");
  }));
  node->start();
  const ItemId id = node->enqueue({.queue = "q"});
  ASSERT_EQ(journal.wait(1).size(), 1u);
  node->work.stop();
  const auto item = node->find("q", id);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->state, ItemState::WAITING);
  EXPECT_EQ(item->attempts, 0);
}

TEST_P(AttemptsTest, StoppingDoesNotWaitForAnEndThatCannotBeWritten) {
  node.reset();
  WorkSettings settings;
  settings.goodbye = Duration(100);
  node.emplace(*store, "one", settings);
  Queue q = queue([](Attempt&) -> Status { return invalid_argument("this can never be"); });
  q.gave_up = [this](store::Tx&, const Item&, const Error&) -> Status {
    journal.add("tried");
    return unavailable("the disk is full");
  };
  node->work.add(std::move(q));
  node->start();
  const ItemId id = node->enqueue({.queue = "q"});
  ASSERT_FALSE(journal.wait(1).empty());
  node->work.stop();
  // Left to whoever starts next.
  EXPECT_EQ(node->find("q", id)->state, ItemState::RUNNING);
}

TEST_P(AttemptsTest, WhatADeadNodeRanIsRunAgain) {
  // As a crash leaves it: running on a node that is no more.
  run("INSERT INTO work_items (queue, namespace_id, state, priority, payload, checkpoint, attempts, error, node_id, "
      "token, cancel, create_time, update_time) VALUES ('q', 0, 'RUNNING', 0, '{}', '{\"at\":1}', 1, '', 999, 1, 0, 1, "
      "1)");
  run("INSERT INTO work_items (queue, namespace_id, state, priority, payload, checkpoint, attempts, error, node_id, "
      "token, cancel, create_time, update_time) VALUES ('q', 0, 'RUNNING', 0, '{}', 'null', 5, '', 999, 5, 0, 1, 1)");
  node->work.add(queue([&](Attempt& attempt) -> Status {
    journal.add(text(attempt.item().attempts) + attempt.item().checkpoint.text);
    return {};
  }));
  node->start();
  auto all = journal.wait(2);
  std::ranges::sort(all);
  // One that brought down five nodes is not given to a sixth.
  EXPECT_EQ(all, (std::vector<std::string>{R"(2{"at":1})", "gave up 2 INTERNAL"}));
}

TEST_P(AttemptsTest, AnErrorOfAnyTextIsKept) {
  node->work.add(queue([&](Attempt&) -> Status { return invalid_argument(std::string("bad \xff\0 bytes", 13)); }));
  node->start();
  const ItemId id = node->enqueue({.queue = "q"});
  ASSERT_EQ(journal.wait(1).size(), 1u);
  EXPECT_EQ(node->find("q", id)->state, ItemState::DEAD);
}

TEST(BackOff, DoublesUpToABoundLessARandomPart) {
  Queue queue;
  queue.first_retry = Duration(100);
  queue.longest_retry = Duration(1000);
  EXPECT_EQ(back_off(queue, 1, 0.0), Duration(100));
  EXPECT_EQ(back_off(queue, 2, 0.0), Duration(200));
  EXPECT_EQ(back_off(queue, 2, 0.999), Duration(100));
  EXPECT_EQ(back_off(queue, 5, 0.0), Duration(1000));
  EXPECT_EQ(back_off(queue, 1'000'000, 0.0), Duration(1000));
}

}  // namespace
}  // namespace souk::work
