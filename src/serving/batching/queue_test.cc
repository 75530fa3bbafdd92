// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/queue.h"

#include <gtest/gtest.h>

#include <cstring>
#include <future>

namespace souk::serving {
namespace {

using runtimes::Datatype;
using runtimes::InferRequest;
using runtimes::InferResult;
using runtimes::Tensor;

registry::Signature any_matrix() {
  registry::Signature signature;
  signature.inputs = {{"x", Datatype::FP32, {-1, -1}}};
  signature.outputs = {{"y", Datatype::FP32, {-1, -1}}};
  return signature;
}

// Gives back what it got, once it is let go; notes what each run was over.
class Gated : public runtimes::Runtime {
 public:
  const registry::Signature& signature() const override { return signature_; }
  runtimes::MemoryUse memory() const override { return {}; }

  void infer(const InferRequest& request, Deadline, runtimes::Completion done) override {
    auto bytes = std::make_shared<std::vector<std::byte>>(request.inputs[0].data.begin(), request.inputs[0].data.end());
    std::vector<float> values(bytes->size() / sizeof(float));
    std::memcpy(values.data(), bytes->data(), bytes->size());
    {
      std::unique_lock lock(mutex_);
      runs_.push_back(values);
      changed_.notify_all();
      changed_.wait(lock, [&] { return open_ > 0; });
      --open_;
    }
    done(std::vector<Tensor>{{"y", Datatype::FP32, request.inputs[0].shape, *bytes, {}, bytes}});
  }

  // Lets so many runs end.
  void let_go(std::int64_t runs) {
    const std::lock_guard lock(mutex_);
    open_ += runs;
    changed_.notify_all();
  }
  void wait_for_runs(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return runs_.size() >= count; });
  }
  std::vector<std::vector<float>> runs() {
    const std::lock_guard lock(mutex_);
    return runs_;
  }

 private:
  const registry::Signature signature_ = any_matrix();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<float>> runs_;
  std::int64_t open_ = 0;
};

class QueueTest : public ::testing::Test {
 protected:
  // A request of one row, and its answer.
  struct One {
    std::vector<float> values;
    InferRequest request;
    std::promise<InferResult> answer;
    InferResult get() { return answer.get_future().get(); }
  };

  QueueTest() {
    auto target = std::make_unique<Target>();
    target->signature = runtime_->signature();
    replica_->runtime = runtime_;
    auto metrics = std::make_shared<DeploymentMetrics>();
    metrics->name = "default/slow";
    metrics->requests = metrics_.counter("requests", "", {"deployment", "code"});
    metrics->ok = &metrics->requests.with({"default/slow", "OK"});
    metrics->duration = &metrics_.histogram("seconds", "").with();
    metrics->violations = &metrics_.counter("violations", "").with();
    replica_->metrics = metrics;
    replica_->series = std::make_unique<RevisionSeries>(families_, "default/slow", "default/slow", Revision{});
    replica_->target = std::move(target);
  }
  ~QueueTest() override {
    runtime_->let_go(1'000);
    pool_.close();
  }

  void make(Batching batching, std::int64_t limit = 100, std::int64_t runs = 1, std::chrono::nanoseconds wait = {}) {
    queue_ = std::make_shared<Queue>(pool_, std::move(batching), limit, runs, wait);
  }
  One& push(float value, Waiting how = {}, std::size_t rows = 1, std::int64_t columns = 1) {
    return put(value, std::move(how), rows, columns, &Queue::push);
  }
  One& gather(float value) { return put(value, {}, 1, 1, &Queue::gather); }
  One& put(float value, Waiting how, std::size_t rows, std::int64_t columns, Status (Queue::*way)(Waiting&)) {
    One& one = *all_.emplace_back(std::make_unique<One>());
    one.values.assign(rows * static_cast<std::size_t>(columns), value);
    one.request.inputs = {
        {"x", Datatype::FP32, {static_cast<std::int64_t>(rows), columns}, std::as_bytes(std::span(one.values)), {}}};
    how.replica = replica_.get();
    how.request = &one.request;
    how.begun = std::chrono::steady_clock::now();
    how.done = [&one](InferResult result) { one.answer.set_value(std::move(result)); };
    if (Status queued = (*queue_.*way)(how); !queued) fail(std::move(how), queued.error());
    return one;
  }
  One& occupy() {
    const std::size_t before = runtime_->runs().size();
    One& one = push(-1);
    runtime_->wait_for_runs(before + 1);
    return one;
  }

  using Runs = std::vector<std::vector<float>>;
  std::shared_ptr<Gated> runtime_ = std::make_shared<Gated>();
  Metrics metrics_;
  RevisionFamilies families_{metrics_};
  std::shared_ptr<Replicated> replica_ = std::make_shared<Replicated>(DeploymentId{1}, Revision{});
  std::vector<std::unique_ptr<One>> all_;
  Pool pool_{"compute", 2, 1000};
  std::shared_ptr<Queue> queue_;
};

TEST_F(QueueTest, WhatComesWhileABatchRunsIsTheNextBatch) {
  make({.max_batch_size = 4});
  One& first = push(1);
  runtime_->wait_for_runs(1);
  for (float value : {2.F, 3.F, 4.F, 5.F, 6.F}) push(value);
  EXPECT_EQ(replica_->metrics->waiting, 5);
  runtime_->let_go(3);
  for (auto& one : all_) ASSERT_TRUE(one->get());
  EXPECT_EQ(runtime_->runs(), (Runs{{1}, {2, 3, 4, 5}, {6}})) << "a lone one did not wait for others";
  EXPECT_EQ(replica_->metrics->waiting, 0);
  (void)first;
}

TEST_F(QueueTest, EachGetsItsOwnRows) {
  make({.max_batch_size = 8});
  occupy();
  One& two = push(2, {}, 2);
  One& three = push(3, {}, 3);
  runtime_->let_go(2);
  auto answer = two.get();
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)[0].shape, (std::vector<std::int64_t>{2, 1}));
  answer = three.get();
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)[0].shape, (std::vector<std::int64_t>{3, 1}));
  float value = 0;
  std::memcpy(&value, (*answer)[0].data.data(), sizeof value);
  EXPECT_EQ(value, 3);
}

TEST_F(QueueTest, WhatDoesNotFitRunsByItself) {
  make({.max_batch_size = 4});
  occupy();
  push(1);
  push(2, {}, 1, 2);  // another shape
  push(3, {}, 9);     // larger than a batch
  push(4);
  push(5, {.caller = 1});  // passes by what its batch has no place for
  runtime_->let_go(5);
  for (auto& one : all_) EXPECT_TRUE(one->get());
  EXPECT_EQ(runtime_->runs(), (Runs{{-1}, {1, 5}, {2, 2}, std::vector<float>(9, 3), {4}}));
}

TEST_F(QueueTest, CallersTakeTurns) {
  make({});
  occupy();
  for (float value : {11.F, 12.F, 13.F}) push(value, {.caller = 1});
  push(21, {.caller = 2});
  push(31, {.caller = 3});
  runtime_->let_go(6);
  for (auto& one : all_) EXPECT_TRUE(one->get());
  EXPECT_EQ(runtime_->runs(), (Runs{{-1}, {11}, {21}, {31}, {12}, {13}}));
}

TEST_F(QueueTest, TheMoreUrgentLevelGoesFirst) {
  make({.max_batch_size = 2, .priority_levels = 3});
  occupy();
  for (float value : {31.F, 32.F}) push(value, {.priority = 3});
  for (float value : {11.F, 12.F, 13.F}) push(value, {.priority = 1});
  runtime_->let_go(4);
  for (auto& one : all_) EXPECT_TRUE(one->get());
  EXPECT_EQ(runtime_->runs(), (Runs{{-1}, {11, 12}, {13, 31}, {32}}));
}

TEST_F(QueueTest, AFullQueueSaysSoAtOnce) {
  make({.max_queue_size = 2});
  occupy();
  push(1);
  push(2);
  auto refused = push(3).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_EQ(refused.error().message, "deployment default/slow has 2 requests waiting, its limit");
  EXPECT_TRUE(refused.error().retry_after);
}

TEST_F(QueueTest, AFullQueueIsSharedAmongCallers) {
  make({.max_queue_size = 4});
  occupy();
  for (float value : {11.F, 12.F, 13.F, 14.F}) push(value, {.caller = 1});
  EXPECT_EQ(push(15, {.caller = 1}).get().error().code, Code::unavailable) << "its own line is the longest";
  One& other = push(21, {.caller = 2});
  auto dropped = all_[4]->get();
  ASSERT_FALSE(dropped) << "the newest of the longest line";
  EXPECT_EQ(dropped.error().code, Code::unavailable);
  EXPECT_TRUE(dropped.error().retry_after);
  push(22, {.caller = 2});
  EXPECT_EQ(all_[3]->get().error().code, Code::unavailable);
  EXPECT_EQ(push(23, {.caller = 2}).get().error().code, Code::unavailable) << "both have two";
  EXPECT_EQ(replica_->metrics->waiting, 4);
  runtime_->let_go(5);
  EXPECT_TRUE(other.get());
  for (std::size_t i : {1U, 2U, 7U}) EXPECT_TRUE(all_[i]->get());
  EXPECT_EQ(runtime_->runs(), (Runs{{-1}, {11}, {21}, {12}, {22}}));
}

TEST_F(QueueTest, NobodyIsDroppedForALessUrgentOne) {
  make({.max_queue_size = 3, .priority_levels = 2});
  occupy();
  for (float value : {11.F, 12.F, 13.F}) push(value, {.caller = 1, .priority = 1});
  EXPECT_EQ(push(21, {.caller = 2, .priority = 2}).get().error().code, Code::unavailable);
  push(22, {.caller = 2, .priority = 1});
  EXPECT_EQ(all_[3]->get().error().code, Code::unavailable);
  runtime_->let_go(4);
  for (std::size_t i : {0U, 1U, 2U, 5U}) EXPECT_TRUE(all_[i]->get());
}

TEST_F(QueueTest, LetsFewerInWhileTheyWaitTooLong) {
  make({}, 1'000, 1, std::chrono::milliseconds(1));
  const std::int64_t before = queue_->limit();
  One& slow = occupy();
  std::vector<One*> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(&push(static_cast<float>(i)));
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(5));  // they have to wait
  runtime_->let_go(21);
  EXPECT_TRUE(slow.get());
  for (One* one : waiting) EXPECT_TRUE(one->get()) << "who was let in is answered";
  EXPECT_LT(queue_->limit(), before);
}

TEST_F(QueueTest, WhatIsGatheredBeginsTogetherOrWhenItIsFull) {
  make({.max_batch_size = 4});
  for (float value : {1.F, 2.F, 3.F}) gather(value);
  EXPECT_TRUE(runtime_->runs().empty());
  queue_->begin();
  runtime_->wait_for_runs(1);
  runtime_->let_go(1);
  for (float value : {4.F, 5.F, 6.F, 7.F}) gather(value);
  runtime_->wait_for_runs(2);
  runtime_->let_go(1);
  EXPECT_EQ(runtime_->runs(), (Runs{{1, 2, 3}, {4, 5, 6, 7}}));
  queue_->begin();  // nothing is left
}

TEST_F(QueueTest, TakesOtherSettingsWhileItRuns) {
  make({});
  occupy();
  for (float value : {1.F, 2.F, 3.F}) push(value);
  queue_->configure({.max_batch_size = 2, .max_queue_size = 3}, 1);
  EXPECT_EQ(push(4).get().error().code, Code::unavailable);
  EXPECT_EQ(queue_->batching().max_batch_size, 2);
  runtime_->let_go(3);
  for (std::size_t i : {0U, 1U, 2U, 3U}) EXPECT_TRUE(all_[i]->get());
  EXPECT_EQ(runtime_->runs(), (Runs{{-1}, {1, 2}, {3}}));
}

TEST_F(QueueTest, NoHopeBeforeTheDeadlineIsToldAtOnce) {
  make({});
  // One run took long, so the next will.
  One& slow = occupy();
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  std::this_thread::sleep_until(until);  // what a run takes is measured
  runtime_->let_go(1);
  EXPECT_TRUE(slow.get());
  occupy();
  push(1);
  auto refused = push(2, {.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(2)}).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_NE(refused.error().message.find("would not come to this one"), std::string::npos);
  runtime_->let_go(2);
  EXPECT_TRUE(all_[2]->get());
}

TEST_F(QueueTest, WhatNobodyWaitsForDoesNotRun) {
  make({.max_batch_size = 8});
  occupy();
  std::atomic<bool> gone{false};
  push(1, {.gone = [&] { return gone.load(); }});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
  push(2, {.deadline = deadline});
  push(3);
  gone = true;
  std::this_thread::sleep_until(deadline);  // it has to pass
  runtime_->let_go(2);
  EXPECT_EQ(all_[1]->get().error().code, Code::cancelled);
  EXPECT_EQ(all_[2]->get().error().code, Code::deadline_exceeded);
  EXPECT_TRUE(all_[3]->get());
  EXPECT_EQ(runtime_->runs(), (Runs{{-1}, {3}}));
}

TEST_F(QueueTest, WithAQueueTimeoutNothingWaitsLonger) {
  make({.queue_timeout_microseconds = 500'000});
  occupy();
  One& one = push(1);
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(500));  // it has to pass
  runtime_->let_go(1);
  EXPECT_EQ(one.get().error().code, Code::deadline_exceeded);
}

TEST_F(QueueTest, ADelayHoldsABatchWhileAnotherRunsAndNeverALoneRequest) {
  make({.max_batch_size = 8, .preferred_batch_size = {3}, .max_queue_delay_microseconds = 9'000'000}, 100, 2);
  occupy();  // at once, whatever the delay
  push(1);
  push(2);
  EXPECT_EQ(runtime_->runs().size(), 1U);
  push(3);
  runtime_->wait_for_runs(2);  // long before the delay is over
  EXPECT_EQ(runtime_->runs()[1], (std::vector<float>{1, 2, 3}));
  runtime_->let_go(2);
  for (auto& one : all_) EXPECT_TRUE(one->get());
}

TEST_F(QueueTest, ADelayEndsWhenTheModelIsIdle) {
  make({.max_batch_size = 8, .max_queue_delay_microseconds = 9'000'000}, 100, 2);
  occupy();
  push(1);
  runtime_->let_go(1);
  runtime_->wait_for_runs(2);
  runtime_->let_go(1);
  for (auto& one : all_) EXPECT_TRUE(one->get());
}

TEST_F(QueueTest, BatchesHaveAPreferredSize) {
  make({.max_batch_size = 8, .preferred_batch_size = {4, 2}});
  occupy();
  for (float value : {1.F, 2.F, 3.F, 4.F, 5.F, 6.F, 7.F}) push(value);
  runtime_->let_go(4);
  for (auto& one : all_) EXPECT_TRUE(one->get());
  EXPECT_EQ(runtime_->runs(), (Runs{{-1}, {1, 2, 3, 4}, {5, 6}, {7}}));
}

TEST_F(QueueTest, WhatWaitsWhenThePoolClosesIsTold) {
  make({});
  occupy();
  One& one = push(1);
  std::thread closing([&] { pool_.close(); });
  while (pool_.post([] {})) std::this_thread::yield();  // until it is closing
  runtime_->let_go(1);
  EXPECT_EQ(one.get().error().code, Code::unavailable);
  closing.join();
}

TEST_F(QueueTest, ManyThreadsPushAndEachIsAnsweredOnce) {
  runtime_->let_go(1'000'000);
  make({.max_batch_size = 16}, 1'000'000, 2);
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        auto values = std::make_shared<std::vector<float>>(1, static_cast<float>(t));
        auto request = std::make_shared<InferRequest>();
        request->inputs = {{"x", Datatype::FP32, {1, 1}, std::as_bytes(std::span(*values)), {}}};
        Waiting one{replica_.get(), request.get(), kNoDeadline, std::chrono::steady_clock::now(),
                    [values, request, t, &answered](InferResult result) {
                      ASSERT_TRUE(result);
                      float value = -1;
                      std::memcpy(&value, (*result)[0].data.data(), sizeof value);
                      EXPECT_EQ(value, static_cast<float>(t));
                      ++answered;
                    }};
        one.caller = t;
        ASSERT_TRUE(queue_->push(one));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  while (answered < 2000) std::this_thread::yield();
  pool_.close();
  EXPECT_EQ(answered, 2000);
  EXPECT_EQ(replica_->metrics->waiting, 0);
}

}  // namespace
}  // namespace souk::serving
