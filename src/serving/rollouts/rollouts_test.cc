// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/rollouts.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "serving/test_serving.h"

namespace souk::serving {
namespace {

constexpr std::chrono::milliseconds kWindow{50};

class RolloutsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    world = std::make_unique<TestServing>(GetParam());
    world->settings.rollout_window = kWindow;
    TestServing::must(world->store->write([](store::Tx& tx) { return tx.exec("DELETE FROM nodes"); }));
    nodes = std::make_unique<work::Nodes>(work::NodeSettings{}, *world->store, "here", world->database.log);
    leases = std::make_unique<work::Leases>(*world->store, *nodes, world->database.log);
    TestServing::must(nodes->start());
    start();
    world->push_model("simple", "1", add);
    world->push_model("simple", "2", add + world->harmless_field());
    std::string other = add;
    other.replace(other.find("Add"), 3, "Mul");  // the same signature, another answer
    world->push_model("simple", "3", other);
    world->push_model("simple", "4", world->model_bytes("mlp"));  // refuses what the others take
    world->push_model("simple", "5", "this is no model");
    world->deploy("simple:1");
  }
  void TearDown() override {
    rollouts.reset();
    if (world) world->serving.reset();
    if (nodes) nodes->stop();  // whose beats look at the leases
    leases.reset();
    nodes.reset();
  }
  void start() {
    TestServing& w = *world;
    rollouts = TestServing::must(
        Rollouts::open(w.settings, *w.store, *w.events, *w.access, *w.serving, *nodes, *leases, w.database.log));
    TestServing::must(rollouts->start());
  }
  // As after kill -9: nothing of what was in memory is left.
  void restart() {
    rollouts.reset();
    world->restart();
    start();
  }

  void deploy(const std::string& version, const Strategy& strategy) {
    DeployRequest wanted;
    wanted.strategy = strategy;
    TestServing::must(world->try_deploy("simple:" + version, std::move(wanted)));
  }
  static Strategy canary(std::vector<Step> steps, std::vector<Check> analysis = {}) {
    Strategy s;
    s.kind = StrategyKind::CANARY;
    s.steps = std::move(steps);
    s.analysis = std::move(analysis);
    return s;
  }
  static Check no_errors() {
    Check check;
    check.kind = CheckKind::ERROR_RATE;
    check.at_most = 0;
    return check;
  }
  // One request; the revision that answered, or the error.
  Result<std::int64_t> ask() {
    static const std::array<std::int32_t, 16> ones = [] {
      std::array<std::int32_t, 16> all;
      all.fill(3);
      return all;
    }();
    const auto bytes = std::as_bytes(std::span(ones));
    const runtimes::InferRequest request{{{"INPUT0", runtimes::Datatype::INT32, {1, 16}, bytes, {}},
                                          {"INPUT1", runtimes::Datatype::INT32, {1, 16}, bytes, {}}},
                                         {}};
    auto pinned = SOUK_TRY(world->serving->pin(world->call, "simple"));
    const std::int64_t revision = pinned->revision;
    SOUK_TRY(world->infer(pinned, request));
    return revision;
  }
  Rollout latest() { return TestServing::must(rollouts->get(world->get("simple"), 0)).rollout; }
  std::vector<RolloutStep> steps() { return TestServing::must(rollouts->get(world->get("simple"), 0)).steps; }
  // Asks all the time; every answer must be good, or `may_fail` while the bad revision has requests.
  Rollout until(RolloutState state, bool may_fail = false) {
    world->wait_until([&] {
      for (int i = 0; i < 20; ++i) {
        const auto asked = ask();
        EXPECT_TRUE(asked || may_fail) << asked.error().describe();
      }
      return latest().state == state || is_over(latest().state);
    });
    EXPECT_EQ(latest().state, state) << latest().reason;
    return latest();
  }
  Rollout act(RolloutAction action) {
    return TestServing::must(rollouts->act(world->call, world->get("simple"), 0, action, {})).rollout;
  }

  const std::string add = [] {
    std::ifstream in(std::string(SOUK_SOURCE_DIR) + "/src/runtimes/testdata/simple.onnx", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  std::unique_ptr<TestServing> world;
  std::unique_ptr<work::Nodes> nodes;
  std::unique_ptr<work::Leases> leases;
  std::unique_ptr<Rollouts> rollouts;
};
SOUK_ON_BOTH_DATABASES(RolloutsTest);

TEST_P(RolloutsTest, ACanaryTakesOverInSteps) {
  deploy("2", canary({{10, 100}, {50, 100}}, {no_errors()}));
  EXPECT_EQ(latest().number, 1);
  EXPECT_EQ(latest().revision, 2);
  EXPECT_EQ(latest().stable, 1);
  until(RolloutState::SUCCEEDED);
  world->wait_until([&] { return world->view("simple").serving_revision == 2; });
  const auto all = steps();
  ASSERT_EQ(all.size(), 2u);
  for (const RolloutStep& step : all) {
    EXPECT_EQ(step.state, StepState::PASSED);
    EXPECT_TRUE(step.end_time);
    const auto analysis = json::read<Analysis>(step.analysis.text);
    ASSERT_TRUE(analysis) << step.analysis.text;
    EXPECT_EQ(analysis->checks.at(0).check, "ERROR_RATE at most 0");
  }
  EXPECT_EQ(world->view("simple").traffic.size(), 0u);
  world->wait_for_event("rollout.succeeded", "\"rollout\":1");
  EXPECT_EQ(world->event_data("rollout.step_began").size(), 2u);
  EXPECT_EQ(world->count("rollout_windows"), 0);
}

TEST_P(RolloutsTest, ABadRevisionIsTakenBack) {
  deploy("4", canary({{50, 60'000}}, {no_errors()}));
  const Rollout over = until(RolloutState::ROLLED_BACK, true);
  EXPECT_NE(over.reason.find("ERROR_RATE at most 0 does not hold"), std::string::npos) << over.reason;
  world->wait_until([&] { return !world->serving->pin(world->call, "simple", 2); });
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(ask());
  EXPECT_EQ(world->view("simple").serving_revision, 1);
  EXPECT_EQ(world->view("simple").deployment.revision_id, latest().stable_id);
  EXPECT_EQ(steps().at(0).state, StepState::FAILED);
}

TEST_P(RolloutsTest, ARevisionThatDoesNotLoadGetsNoRequest) {
  deploy("5", canary({{50, 60'000}}));
  const Rollout over = until(RolloutState::ROLLED_BACK);
  EXPECT_NE(over.reason.find("revision 2 could not be loaded on node here: "), std::string::npos) << over.reason;
  EXPECT_EQ(steps().size(), 0u);
}

TEST_P(RolloutsTest, ObeysPeople) {
  deploy("2", canary({{20, 60'000}, {50, std::nullopt}, {80, 60'000}}));
  world->wait_until([&] { return latest().state == RolloutState::RUNNING; });
  EXPECT_EQ(act(RolloutAction::pause).state, RolloutState::PAUSED);
  EXPECT_EQ(rollouts->act(world->call, world->get("simple"), 0, RolloutAction::pause, {}).error().code,
            Code::failed_precondition);
  EXPECT_EQ(rollouts->act(world->call, world->get("simple"), 0, RolloutAction::resume, 1).error().field, "If-Match");
  EXPECT_EQ(act(RolloutAction::resume).state, RolloutState::RUNNING);
  EXPECT_EQ(act(RolloutAction::promote).state, RolloutState::SUCCEEDED);
  world->wait_until([&] { return world->view("simple").serving_revision == 2; });

  deploy("3", canary({{50, std::nullopt}, {80, 60'000}}));
  world->wait_until([&] { return latest().state == RolloutState::PAUSED; });
  EXPECT_EQ(latest().reason, "waits at 50 % until it is resumed or promoted");
  EXPECT_EQ(act(RolloutAction::resume).step, 1);
  const Rollout over = act(RolloutAction::abort);
  EXPECT_EQ(over.state, RolloutState::ABORTED);
  EXPECT_NE(over.reason.find("aborted by "), std::string::npos) << over.reason;
  world->wait_until(
      [&] { return world->view("simple").traffic.empty() && world->view("simple").serving_revision == 2; });
  EXPECT_EQ(rollouts->act(world->call, world->get("simple"), 0, RolloutAction::promote, {}).error().code,
            Code::failed_precondition);
  EXPECT_EQ(TestServing::must(rollouts->list(world->get("simple"), {})).items.size(), 2u);
  EXPECT_EQ(rollouts->get(world->get("simple"), 9).error().code, Code::not_found);
}

TEST_P(RolloutsTest, BlueGreenKeepsTheOldOneForAWayBack) {
  Strategy s;
  s.kind = StrategyKind::BLUE_GREEN;
  s.steps = {{0, std::nullopt}};
  deploy("2", s);
  world->wait_until([&] { return latest().state == RolloutState::PAUSED; });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*ask(), 1);
  EXPECT_TRUE(world->serving->pin(world->call, "simple", 2));  // it can be looked at by its number
  EXPECT_EQ(act(RolloutAction::promote).state, RolloutState::KEEPING);
  world->wait_until([&] { return *ask() == 2; });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*ask(), 2);
  EXPECT_TRUE(world->serving->pin(world->call, "simple", 1));
  EXPECT_EQ(act(RolloutAction::abort).state, RolloutState::ABORTED);
  world->wait_until([&] { return *ask() == 1; });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*ask(), 1);
}

TEST_P(RolloutsTest, GoesOnAfterARestart) {
  deploy("2", canary({{30, 300}, {60, 100}}, {no_errors()}));
  world->wait_until([&] { return latest().state == RolloutState::RUNNING; });
  restart();
  until(RolloutState::SUCCEEDED);
  world->wait_until([&] { return *ask() == 2; });
}

TEST_P(RolloutsTest, CopiesAreComparedAndNeverReturned) {
  Strategy s = canary({{0, 60'000}});
  s.shadow = 100;
  Check check;
  check.kind = CheckKind::DISAGREEMENT;
  check.at_most = 0.1;
  s.analysis = {check};
  s.min_requests = 20;
  deploy("3", s);
  world->wait_until([&] { return latest().state == RolloutState::RUNNING; });
  for (int i = 0; i < 100; ++i) {
    const auto revision = ask();
    ASSERT_TRUE(revision);
    EXPECT_EQ(*revision, 1);
  }
  const Rollout over = until(RolloutState::ROLLED_BACK);
  EXPECT_NE(over.reason.find("DISAGREEMENT at most 0.1 does not hold: it is 1"), std::string::npos) << over.reason;
  const auto analysis = json::read<Analysis>(steps().at(0).analysis.text);
  EXPECT_GE(analysis->revision.compared, 20);
  EXPECT_EQ(analysis->revision.disagreed, analysis->revision.compared);
  EXPECT_EQ(analysis->revision.requests, 0);
}

TEST_P(RolloutsTest, ADeploymentThatFollowsRollsByItself) {
  TestServing& w = *world;
  w.set_alias("simple", "champion", "1");
  DeployRequest wanted;
  wanted.follow = true;
  wanted.strategy = canary({{50, 100}}, {no_errors()});
  wanted.strategy->min_requests = 10;  // a step that nobody asks in says nothing
  w.deploy("simple@champion", std::move(wanted));
  w.set_alias("simple", "champion", "2");
  w.wait_until([&] { return rollouts->get(w.get("simple"), 1).has_value(); });
  until(RolloutState::SUCCEEDED, true);
  // A bad one is taken back once, and not tried again.
  w.set_alias("simple", "champion", "4");
  w.wait_until([&] { return latest().number == 2; });
  until(RolloutState::ROLLED_BACK, true);
  w.wait_until([&] { return w.view("simple").reason.find("which was taken back") != std::string::npos; });
  EXPECT_EQ(latest().number, 2);
  EXPECT_EQ(w.view("simple").serving_revision, 2);
}

TEST_P(RolloutsTest, AnotherDeployEndsWhatIsUnderWay) {
  deploy("2", canary({{20, 60'000}}));
  world->wait_until([&] { return latest().state == RolloutState::RUNNING; });
  DeploymentPatch by_hand;
  by_hand.traffic = {json::Patch<std::vector<TrafficShare>>::State::value, {{1, 50, {}}, {2, 50, {}}}};
  EXPECT_EQ(world->serving->update(world->call, world->get("simple"), by_hand, {}).error().field, "traffic");
  deploy("3", canary({{20, 60'000}}));
  EXPECT_EQ(latest().number, 2);
  EXPECT_EQ(TestServing::must(rollouts->get(world->get("simple"), 1)).rollout.state, RolloutState::ABORTED);
  deploy("1", canary({{20, 60'000}}));  // what answers: the way back
  EXPECT_EQ(latest().number, 2);
  EXPECT_EQ(latest().state, RolloutState::ABORTED);
  EXPECT_EQ(world->view("simple").revisions.size(), 3u);
}

TEST_P(RolloutsTest, TrafficByHand) {
  TestServing& w = *world;
  DeployRequest wanted;
  wanted.traffic = 30;
  w.deploy("simple:2", std::move(wanted));
  std::array<int, 3> counts{};
  for (int i = 0; i < 2'000; ++i) ++counts.at(static_cast<std::size_t>(*ask()));
  EXPECT_NEAR(counts[2], 600, 103);  // five standard deviations
  DeploymentPatch patch;
  patch.traffic = {json::Patch<std::vector<TrafficShare>>::State::value, {{1, 50, {}}, {9, 50, {}}}};
  EXPECT_EQ(w.serving->update(w.call, w.get("simple"), patch, {}).error().field, "traffic[1].revision");
  patch.traffic.value = {{1, 0, {}}, {2, 100, {}}};
  const DeploymentView second = w.update("simple", patch);
  EXPECT_EQ(second.deployment.revision_id, second.revisions.at(0).id);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*ask(), 2);
  patch.traffic = {json::Patch<std::vector<TrafficShare>>::State::null, {}};
  EXPECT_TRUE(w.update("simple", patch).traffic.empty());
  EXPECT_FALSE(w.registry->delete_version(w.call, w.model("simple"), "2"));
  w.wait_until([&] { return w.registry->delete_version(w.call, w.model("simple"), "1").has_value(); });
  EXPECT_TRUE(w.serving->remove(w.call, w.get("simple")));
  EXPECT_EQ(w.count("traffic") + w.count("rollouts"), 0);
}

}  // namespace
}  // namespace souk::serving
