// SPDX-License-Identifier: Apache-2.0
//
// The memory budget of a node, over a real registry and ONNX Runtime.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "base/cores.h"
#include "serving/test_serving.h"

namespace souk::serving {
namespace {

// Until it was loaded, a model is expected to take what its files take; here a file of ballast is most of it.
constexpr std::uint64_t kBudget = 64 << 20;
constexpr std::size_t kLarge = 40 << 20;

// Counts what is loaded, and waits before as long as a test wants.
struct Counting : runtimes::Loader {
  explicit Counting(runtimes::Loader& of) : of(of) {}
  std::string_view name() const override { return of.name(); }
  std::string_view platform() const override { return of.platform(); }
  runtimes::Choice find_model(std::span<const registry::VersionFile> files) const override {
    return of.find_model(files);
  }
  Result<std::shared_ptr<runtimes::Runtime>> load(std::span<const registry::VersionFile> files,
                                                  runtimes::Concurrency wanted) override {
    ++loads;
    if (before) before();
    return of.load(files, wanted);
  }
  runtimes::Loader& of;
  std::atomic<int> loads{0};
  std::function<void()> before;
};

class RoomTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    make({});
  }
  void make(ServingSettings settings) {
    world.reset();
    settings.memory_budget.count = kBudget;
    settings.request_timeout = std::chrono::seconds(60);
    world = std::make_unique<TestServing>(GetParam(), settings);
  }
  void deploy(const std::string& name, DeployRequest wanted = {}, std::size_t size = kLarge) {
    world->push_files(name, "1", {{"model.onnx", world->model_bytes("mlp")}, {"ballast.bin", std::string(size, 'b')}});
    last = world->deploy(name + ":1", std::move(wanted));
  }
  static DeployRequest pinned() {
    DeployRequest wanted;
    wanted.capacity.pinned = {json::Patch<bool>::State::value, true};
    return wanted;
  }
  ReplicaState state(const std::string& name) { return world->view(name).replicas.at(0).state; }
  std::string reason(const std::string& name) { return world->view(name).replicas.at(0).reason; }
  std::unique_ptr<TestServing> world;
  DeploymentView last;
};
SOUK_ON_BOTH_DATABASES(RoomTest);

TEST_P(RoomTest, ShowsWhatALoadTook) {
  deploy("digits", {}, 10);
  ASSERT_EQ(last.state, DeploymentState::READY) << last.reason;
  EXPECT_GT(last.replicas.at(0).memory_bytes, 10'000);
  EXPECT_LT(last.replicas.at(0).memory_bytes, 60 << 20);
}

TEST_P(RoomTest, RefusesWhatCannotFitWithTheFigures) {
  deploy("digits", {}, kBudget);
  EXPECT_EQ(last.state, DeploymentState::FAILED);
  EXPECT_NE(last.reason.find("it needs 64.0 MiB, serving.memory_budget is 64.0 MiB, and 0 bytes are in use"),
            std::string::npos)
      << last.reason;
}

TEST_P(RoomTest, UnloadsWhatIsIdleWhenAskedAndLoadsItAgainOnDemand) {
  TestServing& w = *world;
  DeployRequest sleepy;
  sleepy.capacity.scale_to_zero_after_ms = {json::Patch<std::int64_t>::State::value, 1'000};
  deploy("digits", sleepy, 10);
  ASSERT_TRUE(w.scores("digits"));
  w.wait_until([&] { return state("digits") == ReplicaState::UNLOADED; });
  DeploymentView view = w.view("digits");
  EXPECT_EQ(view.state, DeploymentState::READY);
  EXPECT_EQ(view.serving_revision, 1);
  EXPECT_EQ(view.replicas[0].memory_bytes, 0);
  EXPECT_EQ(view.replicas[0].reason, "no request for 1 s");
  EXPECT_EQ(view.reason, "not in memory (no request for 1 s); the next request loads it");
  w.wait_for_event("replica.changed", R"("state":"UNLOADED")");
  EXPECT_TRUE(w.serving->ready());
  // Many at once: one load, every one answered.
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) clients.emplace_back([&] { answered += w.scores("digits").has_value(); });
  for (auto& client : clients) client.join();
  EXPECT_EQ(answered, 8);
  EXPECT_GT(w.view("digits").metrics.requests, 8);
}

TEST_P(RoomTest, MakesRoomByTheOneThatIsIdleLongest) {
  TestServing& w = *world;
  // What loads is expected to take the size of its files, so the third needs one of the two out of memory.
  deploy("one", {}, 1 << 20);
  deploy("two", {}, 1 << 20);
  ASSERT_TRUE(w.scores("two"));
  ASSERT_TRUE(w.scores("one"));
  const std::int64_t held = w.view("one").replicas[0].memory_bytes + w.view("two").replicas[0].memory_bytes;
  deploy("three", {}, static_cast<std::size_t>(static_cast<std::int64_t>(kBudget) - held - 4'000));
  EXPECT_EQ(last.state, DeploymentState::READY) << last.reason;
  EXPECT_EQ(state("two"), ReplicaState::UNLOADED);
  EXPECT_EQ(reason("two"), "to make room for default/three");
  EXPECT_EQ(state("one"), ReplicaState::READY);
  EXPECT_TRUE(w.scores("two"));
  EXPECT_EQ(state("two"), ReplicaState::READY);
}

TEST_P(RoomTest, NeverUnloadsWhatIsPinned) {
  TestServing& w = *world;
  deploy("one", pinned(), 1 << 20);
  const std::int64_t held = w.view("one").replicas[0].memory_bytes;
  deploy("two", {}, static_cast<std::size_t>(static_cast<std::int64_t>(kBudget) - held + 4'000));
  EXPECT_EQ(last.state, DeploymentState::FAILED);
  EXPECT_NE(last.reason.find("kept loaded: default/one ("), std::string::npos) << last.reason;
  EXPECT_EQ(state("one"), ReplicaState::READY);
  DeploymentPatch patch;
  patch.capacity = {json::Patch<CapacityPatch>::State::null, {}};
  w.update("one", patch);
  EXPECT_EQ(w.deploy("two:1").state, DeploymentState::READY);
  EXPECT_EQ(state("one"), ReplicaState::UNLOADED);
  // Pinned again, it is loaded again, for the other took less than its files are large.
  patch.capacity = {json::Patch<CapacityPatch>::State::value, pinned().capacity};
  w.update("one", patch);
  w.wait_until([&] { return state("one") == ReplicaState::READY; });
}

TEST_P(RoomTest, ComesBackWithWhatFitsAndRefusesTheRestByRequest) {
  TestServing& w = *world;
  deploy("one", {}, 10);
  deploy("two");
  ASSERT_EQ(last.state, DeploymentState::READY) << last.reason;
  w.settings.memory_budget.count = 30 << 20;
  w.restart();
  w.wait_until([&] { return w.serving->ready(); });
  EXPECT_TRUE(w.scores("one"));
  EXPECT_EQ(state("two"), ReplicaState::UNLOADED);
  auto pinned = w.serving->pin(w.call, "two");
  ASSERT_TRUE(pinned) << pinned.error().describe();
  EXPECT_EQ((*pinned)->platform, "onnx_onnxv1");
  const std::vector<float> row(64);
  auto answer = w.infer(*pinned, {{{"x", runtimes::Datatype::FP32, {1, 64}, std::as_bytes(std::span(row)), {}}}, {}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::unavailable);
  EXPECT_TRUE(answer.error().retry_after);
  EXPECT_NE(answer.error().message.find("it needs 40.0 MiB, serving.memory_budget is 30.0 MiB"), std::string::npos)
      << answer.error().message;
  EXPECT_EQ(state("one"), ReplicaState::READY);
}

TEST_P(RoomTest, AnswersRequestsThatWaitWhileTheServerStops) {
  TestServing& w = *world;
  DeployRequest sleepy;
  sleepy.capacity.scale_to_zero_after_ms = {json::Patch<std::int64_t>::State::value, 1'000};
  deploy("digits", sleepy, 10);
  w.wait_until([&] { return state("digits") == ReplicaState::UNLOADED; });
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      auto scores = w.scores("digits");
      EXPECT_TRUE(scores || scores.error().code == Code::unavailable) << scores.error().describe();
    });
  }
  w.serving->stop();
  for (auto& client : clients) client.join();
}

TEST_P(RoomTest, StopsAndRemovesWhatIsNotInMemory) {
  TestServing& w = *world;
  DeployRequest sleepy;
  sleepy.capacity.scale_to_zero_after_ms = {json::Patch<std::int64_t>::State::value, 1'000};
  deploy("digits", sleepy, 10);
  w.wait_until([&] { return state("digits") == ReplicaState::UNLOADED; });
  DeploymentPatch stop;
  stop.desired_state = {json::Patch<DesiredState>::State::value, DesiredState::STOPPED};
  EXPECT_EQ(w.update("digits", stop).state, DeploymentState::STOPPED);
  DeploymentPatch start;
  start.desired_state = {json::Patch<DesiredState>::State::value, DesiredState::RUNNING};
  EXPECT_EQ(w.update("digits", start).state, DeploymentState::READY);
  EXPECT_TRUE(w.scores("digits"));
  w.wait_until([&] { return state("digits") == ReplicaState::UNLOADED; });
  w.push_model("digits", "2", w.model_bytes("mlp") + w.harmless_field());
  DeploymentView view = w.deploy("digits:2");
  EXPECT_EQ(view.serving_revision, 2);
  EXPECT_TRUE(w.scores("digits"));
}

TEST_P(RoomTest, HoldsRequestsToTheirDeadlineWhileOthersAreAnswered) {
  TestServing& w = *world;
  Counting slow(w.onnx);
  w.loaders = {&slow};
  w.restart();
  deploy("beside", {}, 10);
  DeployRequest sleepy;
  sleepy.capacity.scale_to_zero_after_ms = {json::Patch<std::int64_t>::State::value, 1'000};
  deploy("sleepy", sleepy, 10);
  w.wait_until([&] { return state("sleepy") == ReplicaState::UNLOADED; });
  std::promise<void> go;
  slow.before = [let_go = go.get_future().share()] { let_go.wait(); };
  const Pinned pinned = w.must(w.serving->pin(w.call, "sleepy"));
  auto patient = std::async(std::launch::async, [&] { return w.infer(pinned).has_value(); });
  const std::vector<float> row(64);
  const runtimes::InferRequest request{
      {{"pixels", runtimes::Datatype::FP32, {1, 64}, std::as_bytes(std::span(row)), {}}}, {}};
  const auto late = w.infer(pinned, request, std::chrono::steady_clock::now() + std::chrono::milliseconds(50));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::deadline_exceeded) << late.error().describe();
  EXPECT_TRUE(w.scores("beside")) << "a load holds up nobody else";
  EXPECT_NE(state("sleepy"), ReplicaState::READY);
  go.set_value();
  EXPECT_TRUE(patient.get());
  world.reset();
}

TEST_P(RoomTest, SaysNoToWhatMakesNoSense) {
  DeployRequest wanted = pinned();
  wanted.capacity.scale_to_zero_after_ms = {json::Patch<std::int64_t>::State::value, 5'000};
  world->push_model("digits", "1", world->model_bytes("mlp"));
  auto both = world->try_deploy("digits:1", wanted);
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().field, "capacity.scale_to_zero_after_ms");
  wanted.capacity.pinned.value = false;
  wanted.capacity.scale_to_zero_after_ms.value = 10;
  EXPECT_EQ(world->try_deploy("digits:1", wanted).error().field, "capacity.scale_to_zero_after_ms");
}

TEST_P(RoomTest, RunsTheRequestsThatAVersionKeepsForItsWarmUp) {
  TestServing& w = *world;
  const std::string model = w.model_bytes("fails_at_run");  // of six numbers only
  const auto deploy_with = [&](const std::string& tag, const std::string& yaml) {
    w.push_files("six", tag, {{"model.onnx", model}, {"souk.yaml", yaml}, {"one.json", R"({"inputs":[
        {"name":"x","shape":[2],"data":[1,2]}]})"}});
    return w.deploy("six:" + tag);
  };
  EXPECT_EQ(deploy_with("1", R"({"warm_up":[{"inputs":[{"name":"x","shape":[6],"data":[[1,2,3],[4,5,6.5]]}]}]})").state,
            DeploymentState::READY);
  DeploymentView view = deploy_with("2", R"({"warm_up":["one.json"]})");
  EXPECT_EQ(view.state, DeploymentState::FAILED);
  EXPECT_TRUE(view.reason.starts_with("warm_up[0]: ")) << view.reason;
  view = deploy_with("3", R"({"warm_up":["two.json"]})");
  EXPECT_NE(view.reason.find("\"two.json\" is not among the version's files"), std::string::npos) << view.reason;
  view = deploy_with("4", R"({"warm_up":[{"inputs":[{"name":"x","shape":[6],"data":[1,2,"three"]}]}]})");
  EXPECT_NE(view.reason.find("input \"x\": \"three\" is no number"), std::string::npos) << view.reason;
  EXPECT_EQ(view.serving_revision, 1);
}

TEST_P(RoomTest, MeasuresOnASecondCopyWhereThereIsRoomForBoth) {
  if (usable_cores() < 2) GTEST_SKIP() << "on one core nothing is measured";
  TestServing& w = *world;
  Counting counting(w.onnx);
  w.loaders = {&counting};
  w.restart();
  const auto loads = [&](const std::string& name, std::size_t ballast) {
    w.push_files(name, "1",
                 {{"model.onnx", w.model_bytes("loop")},
                  {"ballast.bin", name + std::string(ballast, 'b')},
                  {"souk.yaml",
                   R"({"warm_up":[{"inputs":[{"name":"times","shape":[1],"data":[20000]},
                       {"name":"x","shape":[1],"data":[0]}]}]})"}});
    counting.loads = 0;
    const DeploymentView view = w.deploy(name + ":1");
    EXPECT_EQ(view.state, DeploymentState::READY) << view.reason;
    return counting.loads.load();
  };
  EXPECT_EQ(loads("small", 10), 2);
  EXPECT_EQ(loads("large", kLarge), 1) << "two would be more than the budget";
  world.reset();
}

TEST_P(RoomTest, TakesBatchingFromTheDeploymentWhileItRuns) {
  TestServing& w = *world;
  w.push_model("two", "1", w.model_bytes("mlp"));
  w.deploy("two:1");
  auto pinned = w.serving->pin(w.call, "two");
  ASSERT_TRUE(pinned);
  EXPECT_EQ(pinned->batching().max_batch_size, 1);
  DeploymentPatch patch;
  patch.batching = {json::Patch<BatchingPatch>::State::value, {}};
  patch.batching.value.max_batch_size = {json::Patch<std::int64_t>::State::value, 16};
  DeploymentView view = w.must(w.serving->update(w.call, w.get("two"), patch, {}));
  w.wait_until([&] { return pinned->batching().max_batch_size == 16; });
  EXPECT_EQ(view.serving_revision, 1);
  EXPECT_EQ(view.replicas.size(), 1U);
  patch.batching.value.max_batch_size.value = 0;
  EXPECT_EQ(w.serving->update(w.call, w.get("two"), patch, {}).error().field, "batching.max_batch_size");
  patch.batching = {json::Patch<BatchingPatch>::State::null, {}};
  w.must(w.serving->update(w.call, w.get("two"), patch, {}));
  w.wait_until([&] { return pinned->batching().max_batch_size == 1; });
}

}  // namespace
}  // namespace souk::serving
