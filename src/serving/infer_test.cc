// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "serving/model.h"
#include "serving/test_serving.h"

namespace souk::serving {
namespace {

using runtimes::Datatype;
using runtimes::InferRequest;

// A request of the model `loop`, which runs as long as `times` says.
struct LoopRequest {
  explicit LoopRequest(std::int64_t times) : times(times) {
    request.inputs = {{"times", Datatype::INT64, {1}, std::as_bytes(std::span(&this->times, 1)), {}},
                      {"x", Datatype::FP32, {1}, std::as_bytes(std::span(&x, 1)), {}}};
  }
  LoopRequest(const LoopRequest&) = delete;
  std::int64_t times;
  float x = 0;
  InferRequest request;
};

TEST(Infer, NamesWhatDoesNotFitTheSignature) {
  TestServing w(store::Dialect::sqlite);
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.deploy("digits:1");
  auto pinned = TestServing::must(w.serving->pin(w.call, "digits"));
  auto result = w.infer(pinned, {});
  EXPECT_EQ(result.error().message, "input \"pixels\" is missing: the model takes \"pixels\"");
  EXPECT_EQ(w.view("digits").metrics.errors, 1);
  EXPECT_EQ(w.view("digits").metrics.requests, 1);
}

TEST(Infer, CatchesAnAnswerThatIsNotTheSignatures) {
  TestServing w(store::Dialect::sqlite);
  w.push_model("liar", "1", w.model_bytes("wrong_output"));
  w.deploy("liar:1");
  auto pinned = TestServing::must(w.serving->pin(w.call, "liar"));
  std::vector<float> x(4);
  auto result = w.infer(pinned, {{{"x", Datatype::FP32, {2, 2}, std::as_bytes(std::span(x)), {}}}, {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::internal);
  EXPECT_NE(result.error().message.find("output \"y\" has shape [2,2], expected [1,2]"), std::string::npos)
      << result.error().message;
  const std::string counted = "souk_serving_signature_violations_total{deployment=\"default/liar\"} 1\n";
  EXPECT_NE(w.database.metrics.render().find(counted), std::string::npos);
}

TEST(Infer, QueuesWhatIsSlowAndBoundsTheQueue) {
  TestServing w(store::Dialect::sqlite, {.compute_threads = 1, .run_in_place_us = 0, .queue_limit = 2});
  w.push_model("loop", "1", w.model_bytes("loop"));
  w.deploy("loop:1");
  auto pinned = TestServing::must(w.serving->pin(w.call, "loop"));
  // One that occupies the only thread until it is let go.
  std::promise<void> go, running;
  LoopRequest quick(1);
  std::thread::id caller = std::this_thread::get_id();
  w.serving->infer(pinned, quick.request, {}, [&](runtimes::InferResult result) {
    EXPECT_TRUE(result);
    EXPECT_NE(std::this_thread::get_id(), caller);
    running.set_value();
    go.get_future().wait();
  });
  running.get_future().wait();
  std::promise<runtimes::InferResult> first, late;
  w.serving->infer(pinned, quick.request, {}, [&](runtimes::InferResult r) { first.set_value(std::move(r)); });
  w.serving->infer(pinned, quick.request, {.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(1)},
                   [&](runtimes::InferResult r) { late.set_value(std::move(r)); });
  auto refused = w.infer(pinned, quick.request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_TRUE(refused.error().retry_after);
  EXPECT_EQ(refused.error().message, "deployment default/loop has 2 requests waiting, its limit");
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(2));  // past the deadline
  go.set_value();
  EXPECT_TRUE(first.get_future().get());
  EXPECT_EQ(late.get_future().get().error().code, Code::deadline_exceeded);
  EXPECT_TRUE(w.infer(pinned, quick.request));
}

TEST(Infer, LearnsThatAModelIsSlow) {
  TestServing w(store::Dialect::sqlite, {.compute_threads = 1, .run_in_place_us = 2'000});
  w.push_model("loop", "1", w.model_bytes("loop"));
  w.deploy("loop:1");
  auto pinned = TestServing::must(w.serving->pin(w.call, "loop"));
  auto thread_of = [&](std::int64_t times) {
    LoopRequest request(times);
    std::promise<std::thread::id> id;
    w.serving->infer(pinned, request.request, {},
                     [&](runtimes::InferResult) { id.set_value(std::this_thread::get_id()); });
    return id.get_future().get();
  };
  EXPECT_EQ(thread_of(1), std::this_thread::get_id());
  thread_of(100'000);
  thread_of(100'000);
  EXPECT_NE(thread_of(1), std::this_thread::get_id());
}

// A turn of a loop: what is put off runs when `end` says so.
struct Turn {
  std::vector<std::function<void()>> put_off;
  Later later = [this](std::function<void()> f) { put_off.push_back(std::move(f)); };
  void end() {
    for (auto& f : std::exchange(put_off, {})) f();
  }
};

struct MlpRequest {
  explicit MlpRequest(float value, std::int64_t rows = 1) : pixels(static_cast<std::size_t>(64 * rows), value) {
    request.inputs = {{"pixels", Datatype::FP32, {rows, 64}, std::as_bytes(std::span(pixels)), {}}};
  }
  MlpRequest(const MlpRequest&) = delete;
  std::vector<float> pixels;
  InferRequest request;
};

std::vector<float> floats_of(const runtimes::InferResult& result) {
  if (!result) throw std::runtime_error(result.error().describe());
  std::vector<float> values((*result)[0].data.size() / sizeof(float));
  std::memcpy(values.data(), (*result)[0].data.data(), (*result)[0].data.size());
  return values;
}

TEST(Infer, JoinsWhatArrivesInOneTurn) {
  TestServing w(store::Dialect::sqlite, {.run_in_place_us = 1'000'000, .join_within_us = 1'000'000'000});
  w.push_files("digits", "1",
               {{"model.onnx", w.model_bytes("mlp")}, {"souk.yaml", R"({"batching":{"max_batch_size":4}})"}});
  w.deploy("digits:1");
  auto pinned = TestServing::must(w.serving->pin(w.call, "digits"));
  MlpRequest a(0.1F), b(0.2F, 2), c(0.3F, 3), late(0.4F), named(0.5F);
  const std::string output = pinned->signature.outputs[0].name;
  named.request.outputs = {output};
  const std::vector<MlpRequest*> all{&a, &b, &c, &late, &named};
  std::vector<std::vector<float>> alone;
  for (MlpRequest* one : all) alone.push_back(floats_of(w.infer(pinned, one->request)));

  Turn turn;
  std::vector<std::optional<runtimes::InferResult>> answers(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Deadline deadline =
        all[i] == &late ? std::chrono::steady_clock::now() - std::chrono::seconds(1) : kNoDeadline;
    w.serving->infer(pinned, all[i]->request, {.deadline = deadline, .later = turn.later},
                     [&, i](runtimes::InferResult r) { answers[i] = std::move(r); });
    EXPECT_FALSE(answers[i]) << "it ran before the turn's end";
  }
  EXPECT_EQ(turn.put_off.size(), 1U) << "one round for all of them";
  turn.end();
  EXPECT_FALSE(answers[0]) << "this turn brought something, so the next is seen first";
  turn.end();
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(answers[i]);
    if (all[i] == &late) {
      ASSERT_FALSE(*answers[i]);
      EXPECT_EQ(answers[i]->error().code, Code::deadline_exceeded);
      continue;
    }
    const std::vector<float> got = floats_of(*answers[i]);
    ASSERT_EQ(got.size(), alone[i].size());
    for (std::size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], alone[i][k], 1e-5);
  }
  EXPECT_EQ(w.view("digits").metrics.requests, 10);
}

TEST(Infer, AMemberThatFailsDoesNotTakeTheOthersAlong) {
  TestServing w(store::Dialect::sqlite, {.run_in_place_us = 1'000'000, .join_within_us = 1'000'000'000});
  w.push_files("digits", "1",
               {{"model.onnx", w.model_bytes("mlp")}, {"souk.yaml", R"({"batching":{"max_batch_size":4}})"}});
  w.deploy("digits:1");
  auto pinned = TestServing::must(w.serving->pin(w.call, "digits"));
  MlpRequest good(0.1F), bad(0.2F);
  bad.request.inputs[0].name = "pixel";
  Turn turn;
  std::optional<runtimes::InferResult> first, second, third;
  w.serving->infer(pinned, good.request, {.later = turn.later}, [&](auto r) { first = std::move(r); });
  w.serving->infer(pinned, bad.request, {.later = turn.later}, [&](auto r) { second = std::move(r); });
  w.serving->infer(pinned, good.request, {.later = turn.later}, [&](auto r) { third = std::move(r); });
  turn.end();
  turn.end();
  EXPECT_EQ(floats_of(*first), floats_of(*third));
  EXPECT_EQ(second->error().code, Code::invalid_argument);
}

TEST(Infer, OneThatComesAloneIsNotPutOff) {
  TestServing w(store::Dialect::sqlite, {.run_in_place_us = 1'000'000, .join_within_us = 0});
  w.push_files("digits", "1",
               {{"model.onnx", w.model_bytes("mlp")}, {"souk.yaml", R"({"batching":{"max_batch_size":4}})"}});
  w.deploy("digits:1");
  auto pinned = TestServing::must(w.serving->pin(w.call, "digits"));
  MlpRequest one(0.1F);
  Turn turn;
  std::optional<runtimes::InferResult> answer;
  w.serving->infer(pinned, one.request, {.later = turn.later}, [&](auto r) { answer = std::move(r); });
  EXPECT_TRUE(answer);
  EXPECT_TRUE(turn.put_off.empty());
}

TEST(Infer, WithoutBatchingNothingIsPutOff) {
  TestServing w(store::Dialect::sqlite, {.run_in_place_us = 1'000'000, .join_within_us = 1'000'000'000});
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.deploy("digits:1");
  auto pinned = TestServing::must(w.serving->pin(w.call, "digits"));
  MlpRequest one(0.1F);
  Turn turn;
  std::optional<runtimes::InferResult> answer;
  w.serving->infer(pinned, one.request, {.later = turn.later}, [&](auto r) { answer = std::move(r); });
  EXPECT_TRUE(answer);
  EXPECT_TRUE(turn.put_off.empty());
}

TEST(Infer, ADeclarationThatDoesNotFitTheModelFailsTheDeployment) {
  TestServing w(store::Dialect::sqlite);
  w.push_files("loop", "1",
               {{"model.onnx", w.model_bytes("loop")}, {"souk.yaml", R"({"batching":{"max_batch_size":4}})"}});
  EXPECT_EQ(w.deploy("loop:1").reason,
            "batching.max_batch_size over 1 needs a dynamic first dimension in every tensor; input \"times\" has none");
}

TEST(Infer, RacesWithDeployAndUndeploy) {
  TestServing w(store::Dialect::sqlite);
  w.push_model("digits", "1", w.model_bytes("mlp"));
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        auto scores = w.scores("digits");
        if (scores) continue;
        Code code = scores.error().code;
        ASSERT_TRUE(code == Code::not_found || code == Code::unavailable) << scores.error().describe();
      }
    });
  }
  for (int i = 0; i < 5; ++i) {
    w.deploy("digits:1");
    ASSERT_TRUE(w.serving->remove(w.call, w.get("digits")));
  }
  stop = true;
  for (auto& client : clients) client.join();
}

TEST(ReplicaStates, MoveOnlyAsTheTableSays) {
  using enum ReplicaState;
  EXPECT_TRUE(may_become(PENDING, FETCHING));
  EXPECT_TRUE(may_become(WARMING, READY));
  EXPECT_TRUE(may_become(READY, DRAINING));
  EXPECT_TRUE(may_become(UNLOADED, LOADING));
  EXPECT_FALSE(may_become(READY, LOADING));
  EXPECT_FALSE(may_become(FAILED, READY));
  EXPECT_FALSE(may_become(STOPPED, READY));
  EXPECT_FALSE(may_become(READY, READY));
}

}  // namespace
}  // namespace souk::serving
