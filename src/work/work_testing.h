// SPDX-License-Identifier: Apache-2.0
//
// For tests of this room: a migrated database of either kind with nodes and work over it, and waiting by signal.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/test_database.h"
#include "work/leases.h"
#include "work/work.h"

namespace souk::work {

// What happened, in order, and a way to wait for it.
class Journal {
 public:
  void add(std::string what) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(what));
    changed_.notify_all();
  }
  // What there is when `count` are, or after ten seconds.
  std::vector<std::string> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return entries_.size() >= count; });
    return entries_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> entries_;
};

// Looks every few milliseconds whether `f` is true, for ten seconds.
template <class F>
bool eventually(F&& f) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < until) {
    if (f()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return f();
}

// One node: what a `souk serve` has of this room.
struct TestNode {
  TestNode(store::Store& store, std::string name, WorkSettings settings = {})
      : store(store),
        nodes(settings.nodes, store, std::move(name), log),
        leases(store, nodes, log),
        work(settings, store, nodes, log, metrics) {}
  ~TestNode() {
    work.stop();
    nodes.stop();
  }
  void start() {
    const Status started = nodes.start();
    ASSERT_TRUE(started) << started.error().describe();
    work.start();
  }
  ItemId enqueue(const NewItem& item) {
    const auto made = store.write([&](store::Tx& tx) { return work.enqueue(tx, item); });
    EXPECT_TRUE(made) << made.error().describe();
    return made ? made->id : ItemId();
  }
  bool cancel(ItemId id) {
    const auto done = store.write([&](store::Tx& tx) { return work.cancel(tx, id); });
    EXPECT_TRUE(done) << done.error().describe();
    return done && *done;
  }
  std::optional<Item> find(const std::string& queue, ItemId id) {
    auto item = work.get(queue, id);
    return item ? std::optional(std::move(*item)) : std::nullopt;
  }

  store::Store& store;
  Logger log{Logger::Level::error};
  Metrics metrics;
  Nodes nodes;
  Leases leases;
  Work work;
};

class WorkRoomTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database.emplace(GetParam());
    store = database->open_migrated();
  }
  void TearDown() override {
    store.reset();
    database.reset();
  }
  bool shared() const { return GetParam() == store::Dialect::postgresql; }
  std::int64_t count(const std::string& sql) {
    const auto found = store->read([&](store::Tx& tx) { return tx.scalar<std::int64_t>(sql); });
    EXPECT_TRUE(found) << found.error().describe();
    return found ? found->value_or(0) : -1;
  }
  void run(const std::string& sql) {
    const Status done = store->write([&](store::Tx& tx) -> Status {
      SOUK_TRY(tx.exec(store::expand_tokens(sql, tx.dialect())));
      return {};
    });
    ASSERT_TRUE(done) << done.error().describe();
  }

  std::optional<store::TestDatabase> database;
  std::unique_ptr<store::Store> store;
};

// One node, and a queue "q" that tells the journal what it gave up.
class WorkTest : public WorkRoomTest {
 protected:
  void SetUp() override {
    WorkRoomTest::SetUp();
    if (store) node.emplace(*store, "one");
  }
  void TearDown() override {
    node.reset();
    WorkRoomTest::TearDown();
  }
  Queue queue(std::function<Status(Attempt&)> run) {
    Queue out{.name = "q", .run = std::move(run)};
    out.first_retry = Duration(1);
    out.gave_up = [this](store::Tx& tx, const Item& item, const Error& error) -> Status {
      tx.on_commit([this, id = item.id, code = error.code] {
        journal.add("gave up " + std::to_string(id.value) + " " + std::string(code_name(code)));
      });
      return {};
    };
    return out;
  }
  std::optional<TestNode> node;
  Journal journal;
};

inline std::string text(std::int64_t number) {
  return std::to_string(number);
}

}  // namespace souk::work
