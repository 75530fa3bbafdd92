// SPDX-License-Identifier: Apache-2.0
#include "serving/serving.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "serving/test_serving.h"

namespace souk::serving {
namespace {

class ServingTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    world = std::make_unique<TestServing>(GetParam());
  }
  std::unique_ptr<TestServing> world;
};
SOUK_ON_BOTH_DATABASES(ServingTest);

TEST_P(ServingTest, AnswersWhatWasDeployed) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  bool created = false;
  DeploymentView view = w.deploy("digits:1", {}, &created);
  EXPECT_TRUE(created);
  EXPECT_EQ(view.state, DeploymentState::READY) << view.reason;
  EXPECT_EQ(view.serving_revision, 1);
  ASSERT_EQ(view.replicas.size(), 1u);
  EXPECT_EQ(view.replicas[0].state, ReplicaState::READY);
  EXPECT_GT(view.replicas[0].load_ms, 0);
  EXPECT_EQ(view.deployment.reference, "default/digits:1");
  auto scores = w.scores("digits");
  ASSERT_TRUE(scores) << scores.error().describe();
  EXPECT_EQ(scores->size(), 10u);
  EXPECT_TRUE(w.scores("default/digits"));
  auto pinned = w.serving->pin(w.call, "digits", 1);
  ASSERT_TRUE(pinned);
  EXPECT_EQ((*pinned)->version, 1);
  EXPECT_EQ((*pinned)->platform, "onnx_onnxv1");
  EXPECT_EQ((*pinned)->digest, view.revisions[0].digest.string());
  EXPECT_TRUE(w.serving->ready());
  DeploymentView again = w.deploy("digits:1", {}, &created);
  EXPECT_FALSE(created);
  EXPECT_EQ(again.deployment.generation, view.deployment.generation);
  EXPECT_EQ(again.metrics.requests, 2);
}

TEST_P(ServingTest, WritesEveryMoveWithItsEvent) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.deploy("digits:1");
  w.wait_for_event("replica.changed", R"("state":"READY")");
  std::string types = w.event_types();
  EXPECT_NE(types.find("deployment.created digits; revision.created digits; replica.changed digits; replica.changed"),
            std::string::npos)
      << types;
  EXPECT_EQ(
      w.event_data("replica.changed"),
      (std::vector<std::string>{
          R"({"revision":1,"node":"here","state":"FETCHING"})", R"({"revision":1,"node":"here","state":"LOADING"})",
          R"({"revision":1,"node":"here","state":"WARMING"})", R"({"revision":1,"node":"here","state":"READY"})"}));
}

TEST_P(ServingTest, ReplacesARevisionWithoutAFailedRequest) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.push_model("digits", "2", w.model_bytes("mlp") + w.harmless_field());
  w.deploy("digits:1");
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        auto scores = w.scores("digits");
        ASSERT_TRUE(scores) << scores.error().describe();
        ++answered;
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    DeploymentView view = w.deploy(i % 2 == 0 ? "digits:2" : "digits:1");
    EXPECT_EQ(view.state, DeploymentState::READY) << view.reason;
    EXPECT_EQ(view.serving_revision, i + 2);
  }
  stop = true;
  for (auto& client : clients) client.join();
  EXPECT_GT(answered, 10);
}

TEST_P(ServingTest, KeepsWhatAnswersWhenTheNextDoesNotLoad) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.push_model("digits", "2", "this is no model");
  w.deploy("digits:1");
  DeploymentView view = w.deploy("digits:2");
  EXPECT_EQ(view.state, DeploymentState::FAILED);
  EXPECT_EQ(view.serving_revision, 1);
  EXPECT_TRUE(view.reason.starts_with("model.onnx: ")) << view.reason;
  EXPECT_NE(view.reason.find("revision 1 still answers"), std::string::npos) << view.reason;
  EXPECT_TRUE(w.scores("digits"));
  EXPECT_TRUE(w.serving->ready());
  view = w.deploy("digits:1");
  EXPECT_EQ(view.state, DeploymentState::READY);
  EXPECT_EQ(view.serving_revision, 3);
}

TEST_P(ServingTest, SaysWhyAFirstLoadFailedAndTriesAgainWhenAsked) {
  TestServing& w = *world;
  w.push_model("digits", "1", "this is no model");
  DeploymentView view = w.deploy("digits:1");
  EXPECT_EQ(view.state, DeploymentState::FAILED);
  auto pinned = w.serving->pin(w.call, "digits");
  ASSERT_FALSE(pinned);
  EXPECT_EQ(pinned.error().code, Code::failed_precondition);
  EXPECT_NE(pinned.error().message.find("deployment default/digits could not be loaded: model.onnx: "),
            std::string::npos);
  DeploymentView again = w.deploy("digits:1");
  EXPECT_EQ(again.deployment.generation, view.deployment.generation + 1);
  EXPECT_EQ(again.revisions.size(), 1u);
  EXPECT_EQ(again.state, DeploymentState::FAILED);
}

TEST_P(ServingTest, StopsAndStarts) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.deploy("digits:1");
  DeploymentPatch stop;
  stop.desired_state = {json::Patch<DesiredState>::State::value, DesiredState::STOPPED};
  DeploymentView view = w.update("digits", stop);
  EXPECT_EQ(view.state, DeploymentState::STOPPED);
  auto pinned = w.serving->pin(w.call, "digits");
  EXPECT_EQ(pinned.error().code, Code::failed_precondition);
  EXPECT_EQ(pinned.error().message, "deployment default/digits is stopped");
  DeploymentPatch start;
  start.desired_state = {json::Patch<DesiredState>::State::value, DesiredState::RUNNING};
  EXPECT_EQ(w.update("digits", start).state, DeploymentState::READY);
  EXPECT_TRUE(w.scores("digits"));
}

TEST_P(ServingTest, AnswersWhatIsUnderWayBeforeItGoes) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.deploy("digits:1");
  auto pinned = w.serving->pin(w.call, "digits");
  ASSERT_TRUE(pinned);
  std::weak_ptr<const std::vector<registry::VersionFile>> files = (*pinned)->files;
  EXPECT_TRUE(w.serving->remove(w.call, w.get("digits")));
  w.wait_until([&] { return w.serving->pin(w.call, "digits").error().code == Code::not_found; });
  EXPECT_EQ((*pinned)->slug, "digits");
  EXPECT_TRUE(w.infer(*pinned));
  *pinned = Pinned();
  w.wait_until([&] { return files.expired(); });
  EXPECT_EQ(w.count("deployments") + w.count("revisions") + w.count("replicas"), 0);
  EXPECT_EQ(w.serving->get(w.call, access::Role::READER, "default", "digits").error().code, Code::not_found);
}

TEST_P(ServingTest, BringsBackWhatWasDeployed) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.push_model("simple", "1", w.model_bytes("simple"));
  w.push_model("broken", "1", "no model");
  w.deploy("digits:1");
  w.deploy("simple:1");
  w.deploy("broken:1");
  w.restart();
  EXPECT_TRUE(w.serving->ready());
  EXPECT_TRUE(w.scores("digits"));
  EXPECT_TRUE(w.serving->pin(w.call, "simple"));
  EXPECT_EQ(w.serving->pin(w.call, "broken").error().code, Code::failed_precondition);
  EXPECT_EQ(w.view("digits").state, DeploymentState::READY);
  EXPECT_EQ(w.view("broken").state, DeploymentState::FAILED);
}

TEST_P(ServingTest, FollowsAnAlias) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.push_model("digits", "2", w.model_bytes("mlp") + w.harmless_field());
  w.push_files("digits", "3", {{"weights.bin", "x"}});
  w.set_alias("digits", "champion", "1");
  w.deploy("digits@champion", {.reference = {}, .name = "follower", .follow = true});
  w.deploy("digits@champion", {.reference = {}, .name = "pinned"});
  w.set_alias("digits", "champion", "2");
  w.wait_until([&] { return w.view("follower").serving_revision == 2; });
  EXPECT_EQ(w.view("follower").revisions[0].version, 2);
  EXPECT_EQ(w.view("pinned").serving_revision, 1);
  w.set_alias("digits", "champion", "3");
  w.wait_until([&] { return !w.view("follower").reason.empty(); });
  DeploymentView view = w.view("follower");
  EXPECT_EQ(view.state, DeploymentState::READY);
  EXPECT_NE(view.reason.find("default/digits@champion has moved on, but version 3"), std::string::npos) << view.reason;
  w.set_alias("digits", "champion", "1");
  w.wait_until([&] { return w.view("follower").serving_revision == 3; });
}

TEST_P(ServingTest, HoldsTheVersionsItUses) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.push_model("digits", "2", w.model_bytes("mlp") + w.harmless_field());
  w.deploy("digits:1", {.reference = {}, .name = "a"});
  Status removed = w.registry->delete_version(w.call, w.model("digits"), "1");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, Code::failed_precondition);
  EXPECT_NE(removed.error().message.find("deployment default/a"), std::string::npos) << removed.error().message;
  EXPECT_FALSE(w.registry->delete_model(w.call, w.model("digits"), {}));
  w.deploy("digits:2", {.reference = {}, .name = "a"});
  w.wait_for_event("replica.changed", R"("revision":1,"node":"here","state":"STOPPED")");
  EXPECT_TRUE(w.registry->delete_version(w.call, w.model("digits"), "1"));
  EXPECT_EQ(w.view("a").revisions.size(), 2u);
  EXPECT_TRUE(w.serving->remove(w.call, w.get("a")));
  Status gone = w.registry->delete_model(w.call, w.model("digits"), {});
  EXPECT_TRUE(gone) << gone.error().describe();
}

TEST_P(ServingTest, RefusesWhatCannotAnswer) {
  TestServing& w = *world;
  w.push_files("digits", "1", {{"weights.bin", "x"}});
  w.push_model("digits", "2", w.model_bytes("mlp"));
  auto refused = [&](const std::string& reference, DeployRequest wanted = {}) {
    auto result = w.try_deploy(reference, std::move(wanted));
    EXPECT_FALSE(result) << reference;
    return result ? internal("deployed") : result.error();
  };
  Error missing = refused("digits:1");
  EXPECT_EQ(missing.code, Code::failed_precondition);
  EXPECT_EQ(missing.message, "version 1 of model digits cannot be deployed: no runtime runs these files");
  EXPECT_EQ(refused("digits:9").code, Code::not_found);
  EXPECT_EQ(refused("nothing").code, Code::not_found);
  EXPECT_EQ(refused("digits:2", {.reference = {}, .name = "a\nb"}).field, "name");
  EXPECT_EQ(refused("digits:2", {.reference = {}, .name = std::string(300, 'a')}).field, "name");
  EXPECT_EQ(refused("digits:2", {.reference = {}, .name = "models"}).field, "name");
  EXPECT_EQ(refused("digits:2", {.reference = {}, .name = "a/b"}).field, "name");
  EXPECT_EQ(refused("digits:2", {.reference = {}, .follow = true}).field, "follow");
  registry::VersionPatch archive;
  archive.state = {json::Patch<registry::State>::State::value, registry::State::ARCHIVED};
  EXPECT_TRUE(w.registry->update_version(w.call, w.model("digits"), "2", archive, {}));
  EXPECT_NE(refused("digits:2").message.find("archived"), std::string::npos);
  w.push_model("other", "1", w.model_bytes("mlp"));
  w.deploy("other:1", {.reference = {}, .name = "digits"});
  w.push_model("digits", "3", w.model_bytes("mlp") + w.harmless_field());
  EXPECT_EQ(refused("digits:3").code, Code::already_exists);
  DeploymentPatch elsewhere;
  elsewhere.reference = {json::Patch<std::string>::State::value, "digits:3"};
  EXPECT_EQ(w.serving->update(w.call, w.get("digits"), elsewhere, {}).error().field, "reference");
  EXPECT_EQ(w.serving->update(w.call, w.get("digits"), {}, 99).error().field, "If-Match");
}

TEST_P(ServingTest, AnswersOnlyThoseWhoMay) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.deploy("digits:1");
  access::Call reader = TestServing::somebody(access::Role::READER, w.ns()->id, "r");
  access::Call executor = TestServing::somebody(access::Role::EXECUTOR, w.ns()->id, "e");
  access::Call stranger = TestServing::somebody(access::Role::OWNER, w.make_namespace("elsewhere"), "s");
  reader.namespace_ = executor.namespace_ = stranger.namespace_ = "default";
  EXPECT_EQ(w.serving->pin(reader, "digits").error().code, Code::permission_denied);
  EXPECT_TRUE(w.serving->pin(reader, "digits", 0, access::Role::READER));
  EXPECT_TRUE(w.serving->pin(executor, "digits"));
  EXPECT_EQ(w.serving->pin(stranger, "digits").error().code, Code::not_found);
  EXPECT_EQ(w.serving->pin(stranger, "digits").error().message,
            w.serving->pin(stranger, "nigits").error().message.replace(19, 1, "d"));
  EXPECT_EQ(w.serving->pin_model(stranger, "default", "digits", {}).error().message,
            w.serving->pin_model(stranger, "default", "digits", {}).error().message);
  EXPECT_EQ(w.try_deploy_as(executor, "digits:1").error().code, Code::permission_denied);
  EXPECT_EQ(w.serving->get(stranger, access::Role::READER, "default", "digits").error().code, Code::not_found);
  EXPECT_EQ(TestServing::must(w.serving->list(stranger, "", {})).items.size(), 0u);
  EXPECT_EQ(TestServing::must(w.serving->list(reader, "", {})).items.size(), 1u);
  EXPECT_EQ(
      w.serving->remove(reader, TestServing::must(w.serving->get(reader, access::Role::READER, "default", "digits")))
          .error()
          .code,
      Code::permission_denied);
}

TEST_P(ServingTest, FindsAModelsDefaultDeployment) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.push_model("digits", "2", w.model_bytes("mlp") + w.harmless_field());
  EXPECT_EQ(w.serving->pin_model(w.call, "default", "digits", {}).error().code, Code::failed_precondition);
  w.deploy("digits:1", {.reference = {}, .name = "first"});
  w.deploy("digits:2", {.reference = {}, .name = "second"});
  EXPECT_EQ(TestServing::must(w.serving->pin_model(w.call, "default", "digits", {}))->slug, "first");
  EXPECT_EQ(TestServing::must(w.serving->pin_model(w.call, "", "digits", "2"))->slug, "second");
  Error missing = w.serving->pin_model(w.call, "default", "digits", "3").error();
  EXPECT_EQ(missing.message, "version 3 of model default/digits is not deployed");
  EXPECT_EQ(TestServing::must(w.serving->of_model(w.call, w.model("digits")->id)).size(), 2u);
}

TEST_P(ServingTest, ListsInPages) {
  TestServing& w = *world;
  w.push_model("digits", "1", w.model_bytes("mlp"));
  for (const char* name : {"a", "b", "c"}) w.deploy("digits:1", {.reference = {}, .name = name});
  registry::ListQuery query{.order_by = "name", .page_size = 2};
  auto page = TestServing::must(w.serving->list(w.call, "default", query));
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[1].deployment.slug, "b");
  query.page_token = page.next_page_token;
  page = TestServing::must(w.serving->list(w.call, "default", query));
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.next_page_token, "");
  EXPECT_EQ(TestServing::must(w.serving->list(w.call, "", {.filter = "slug = \"b\""})).items.size(), 1u);
  EXPECT_EQ(w.serving->list(w.call, "", {.filter = "nonsense = 1"}).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace souk::serving
