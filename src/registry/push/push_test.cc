// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "registry/test_registry.h"

namespace souk::registry {
namespace {

class PushTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    w_ = std::make_unique<TestRegistry>(GetParam());
  }
  std::string resolved(const std::string& reference, const std::string& slug = "m") {
    const auto digest = w_->registry->resolve_manifest(w_->repository(slug), reference);
    return digest ? digest->string() : "none";
  }
  std::unique_ptr<TestRegistry> w_;
};
SOUK_ON_BOTH_DATABASES(PushTest);

TEST_P(PushTest, TheFirstPushMakesTheModelAndASealedVersion) {
  const Pushed pushed = TestRegistry::must(w_->push_onnx("m", "v1", "weights"));
  EXPECT_TRUE(pushed.created);
  ASSERT_TRUE(pushed.version);
  EXPECT_EQ(pushed.version->number, 1);
  EXPECT_EQ(pushed.version->name, "v1");
  EXPECT_EQ(pushed.version->sealed_digest, pushed.digest);
  EXPECT_EQ(pushed.version->format, "onnx");
  EXPECT_EQ(pushed.version->runtime, "onnx");
  EXPECT_EQ(pushed.version->size_bytes, 7);
  EXPECT_TRUE(pushed.version->seal_time);
  ASSERT_TRUE(pushed.version->signature);
  EXPECT_EQ(json::read<Signature>(pushed.version->signature->text).value().inputs.at(0).name, "x");
  EXPECT_EQ(w_->model("m")->name, "m");
  const auto stored = TestRegistry::must(w_->registry->get_version(w_->model("m"), "1"));
  EXPECT_EQ(json::write(stored), json::write(*pushed.version));
  for (const char* reference : {"v1", "1", "latest"})
    EXPECT_EQ(resolved(reference), pushed.digest.string()) << reference;
  EXPECT_EQ(resolved(pushed.digest.string()), pushed.digest.string());
  EXPECT_EQ(resolved("v2"), "none");
  EXPECT_EQ(resolved("sha256:xyz"), "none");
  EXPECT_NE(w_->event_types().find("model.created m; version.created m:1; version.sealed m:1"), std::string::npos);
  const auto files = TestRegistry::must(w_->registry->version_files(w_->model("m"), stored));
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, "model.onnx");
}

TEST_P(PushTest, TheSameDigestAgainIsTheSameVersion) {
  const Pushed first = TestRegistry::must(w_->push_onnx("m", "v1", "weights"));
  const std::string before = w_->event_types();
  const Pushed again = TestRegistry::must(w_->push_onnx("m", "v1", "weights"));
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.version->id, first.version->id);
  EXPECT_EQ(TestRegistry::must(w_->push_onnx("m", "latest", "weights")).version->id, first.version->id);
  EXPECT_EQ(w_->event_types(), before);
  EXPECT_EQ(w_->inspector.calls, 1);
  // The same bytes under another name are another version, and need no second look.
  EXPECT_EQ(TestRegistry::must(w_->push_onnx("m", "v2", "weights")).version->number, 2);
  EXPECT_EQ(w_->inspector.calls, 1);
}

TEST_P(PushTest, ASealedTagTakesNoOtherDigest) {
  const Pushed first = TestRegistry::must(w_->push_onnx("m", "v1", "weights"));
  for (const char* tag : {"v1", "1"}) {
    const auto other = w_->push_onnx("m", tag, "other weights");
    EXPECT_EQ(other.error().code, Code::failed_precondition) << tag;
  }
  EXPECT_EQ(resolved("v1"), first.digest.string());
  EXPECT_EQ(w_->count("model_versions"), 1);
}

TEST_P(PushTest, ANumberMayBeSkippedToAndGoneBackToUnlessItWasGiven) {
  TestRegistry::must(w_->push_onnx("m", "2", "a"));
  EXPECT_EQ(TestRegistry::must(w_->push_onnx("m", "5", "b")).version->number, 5);
  EXPECT_EQ(TestRegistry::must(w_->push_onnx("m", "3", "c")).version->number, 3);
  EXPECT_EQ(w_->push_onnx("m", "3", "d").error().code, Code::failed_precondition);
  EXPECT_EQ(TestRegistry::must(w_->push_onnx("m", "x", "e")).version->number, 6);
  EXPECT_EQ(w_->push_onnx("m", "007", "d").error().code, Code::invalid_argument);
}

TEST_P(PushTest, LatestAndAliasesMakeTheNextVersionAndMove) {
  TestRegistry::must(w_->push_onnx("m", "v1", "one"));
  TestRegistry::must(w_->registry->set_alias(w_->call, w_->model("m"), "champion", "v1"));
  EXPECT_EQ(resolved("champion"), resolved("v1"));
  const Pushed two = TestRegistry::must(w_->push_onnx("m", "latest", "two"));
  EXPECT_EQ(two.version->name, "2");
  EXPECT_EQ(resolved("latest"), two.digest.string());
  EXPECT_EQ(resolved("champion"), resolved("v1"));
  const Pushed three = TestRegistry::must(w_->push_onnx("m", "champion", "three"));
  EXPECT_EQ(three.version->number, 3);
  EXPECT_EQ(resolved("champion"), three.digest.string());
  EXPECT_EQ(resolved("latest"), three.digest.string());
  const auto history = TestRegistry::must(w_->registry->alias_history(w_->model("m"), "champion"));
  EXPECT_EQ(history.size(), 2u);
  EXPECT_NE(w_->event_types().find("alias.moved m@champion"), std::string::npos);
}

TEST_P(PushTest, AnOpenVersionIsSealedByItsPush) {
  const AuthorizedModel model = w_->make_model("m");
  TestRegistry::must(
      w_->registry->create_version(w_->call, model, {.name = "v1", .description = "planned", .uri = "s3://bucket/x"}));
  TestRegistry::must(w_->registry->set_alias(w_->call, model, "next", "v1"));
  EXPECT_EQ(resolved("next"), "none");
  const Pushed pushed = TestRegistry::must(w_->push_onnx("m", "v1", "weights"));
  EXPECT_EQ(pushed.version->number, 1);
  EXPECT_EQ(pushed.version->description, "planned");
  EXPECT_EQ(pushed.version->revision, 2);
  EXPECT_EQ(resolved("next"), pushed.digest.string());
  const json::Patch<std::string> name{json::Patch<std::string>::State::value, "renamed"};
  EXPECT_EQ(w_->registry->update_version(w_->call, model, "v1", {.name = name}, {}).error().code,
            Code::failed_precondition);
  const json::Patch<State> archived{json::Patch<State>::State::value, State::ARCHIVED};
  EXPECT_EQ(w_->registry->update_version(w_->call, model, "v1", {.state = archived}, {}).value().state,
            State::ARCHIVED);
}

TEST_P(PushTest, ABrokenModelIsRefusedAndLeavesNothing) {
  const auto repository = w_->repository("m");
  const auto refused = w_->push("m", "v1", w_->model_manifest(repository, {{"broken.onnx", "not a model"}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_NE(refused.error().message.find("bad magic"), std::string::npos);
  EXPECT_EQ(w_->count("registered_models"), 0);
  EXPECT_EQ(w_->count("model_versions"), 0);
  EXPECT_EQ(resolved("v1"), "none");
}

TEST_P(PushTest, ManifestsAreChecked) {
  EXPECT_EQ(w_->push("m", "v1", "{").error().code, Code::invalid_argument);
  EXPECT_EQ(w_->push("m", "v1", "[]").error().code, Code::invalid_argument);
  const std::string absent = R"({"mediaType":"x/y","digest":"sha256:)" + std::string(64, 'a') + R"(","size":3})";
  const auto missing =
      w_->push("m", "v1",
               R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" + absent +
                   R"(,"layers":[]})");
  EXPECT_EQ(missing.error().code, Code::not_found);
  for (const char* tag : {"..", "-x", "a b", "a/b", "\xC3\xA9"}) {
    EXPECT_EQ(w_->push_onnx("m", tag, "w").error().code, Code::invalid_argument) << tag;
  }
  EXPECT_EQ(w_->push_onnx("m", std::string(10'000, 'a'), "w").error().code, Code::invalid_argument);
  EXPECT_EQ(w_->push_onnx("m", "sha256:" + std::string(64, 'b'), "w").error().code, Code::invalid_argument);
  EXPECT_EQ(w_->count("registered_models"), 0);
}

TEST_P(PushTest, OtherArtifactsAreVersionsToo) {
  const auto to = w_->repository("image");
  const std::string image = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" +
                            w_->put_blob(to, R"({"os":"linux"})", "application/vnd.oci.image.config.v1+json") +
                            R"(,"layers":[)" + w_->put_blob(to, "tar", "application/vnd.oci.image.layer.v1.tar") + "]}";
  const Pushed container = TestRegistry::must(w_->push("image", "1.0", image));
  EXPECT_EQ(container.version->format, "container");
  EXPECT_EQ(container.version->runtime, "");
  EXPECT_NE(container.version->missing, "");
  const std::string other =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/x.thing","config":)" +
      w_->put_blob(to, "{}", "application/vnd.oci.empty.v1+json") + R"(,"layers":[)" +
      w_->put_blob(to, "bytes", "application/x.thing") + "]}";
  EXPECT_EQ(TestRegistry::must(w_->push("image", "thing", other)).version->format, "");
  EXPECT_EQ(w_->inspector.calls, 0);
}

TEST_P(PushTest, PushesByDigestAndReferrersMakeNoVersion) {
  const Pushed version = TestRegistry::must(w_->push_onnx("m", "v1", "weights"));
  const auto to = w_->repository("m");
  const std::string manifest = w_->onnx_manifest(to, "by digest");
  const Pushed by_digest = TestRegistry::must(w_->push("m", sha256(manifest).string(), manifest));
  EXPECT_FALSE(by_digest.version);
  EXPECT_EQ(resolved(sha256(manifest).string()), sha256(manifest).string());
  const std::string subject = R"(,"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                              version.digest.string() + R"(","size":100})";
  std::string signature = w_->onnx_manifest(to, "signature");
  signature.insert(signature.size() - 1, subject);
  EXPECT_FALSE(TestRegistry::must(w_->push("m", sha256(signature).string(), signature)).version);
  const std::string tag = "sha256-" + version.digest.hex() + ".sig";
  EXPECT_FALSE(TestRegistry::must(w_->push("m", tag, w_->onnx_manifest(to, "cosign"))).version);
  EXPECT_NE(resolved(tag), "none");
  EXPECT_EQ(w_->push("m", "v1", signature).error().code, Code::failed_precondition);
  EXPECT_EQ(w_->push("m", "latest", signature).error().code, Code::failed_precondition);
  EXPECT_EQ(w_->count("model_versions"), 1);
  EXPECT_EQ(resolved("v1"), version.digest.string());
}

TEST_P(PushTest, OfManyPushesOfOneTagOneWins) {
  const auto to = w_->repository("m");
  std::vector<std::string> manifests;
  for (int i = 0; i < 6; ++i) manifests.push_back(w_->onnx_manifest(to, "weights " + std::to_string(i / 2)));
  std::vector<std::string> results(manifests.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto pushed = w_->push("m", "v1", manifests[i]);
      results[i] = pushed ? pushed->digest.string() : std::string(code_name(pushed.error().code));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string winner = resolved("v1");
  EXPECT_EQ(std::ranges::count(results, winner), 2);  // the pushes of those bytes
  EXPECT_EQ(std::ranges::count(results, "FAILED_PRECONDITION"), 4);
  EXPECT_EQ(w_->count("model_versions"), 1);
  EXPECT_EQ(w_->count("registered_models"), 1);
}

TEST_P(PushTest, ManyPushesOfLatestAreManyVersions) {
  std::vector<std::thread> threads;
  std::atomic<int> pushed{0};
  const auto to = w_->repository("m");
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      if (w_->push("m", "latest", w_->onnx_manifest(to, "weights " + std::to_string(i)))) ++pushed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pushed, 6);
  EXPECT_EQ(w_->count("model_versions"), 6);
  EXPECT_EQ(resolved("latest"), resolved("6"));
}

TEST_P(PushTest, DeletingMovesLatestAndTakesTags) {
  const Pushed one = TestRegistry::must(w_->push_onnx("m", "v1", "one"));
  const Pushed two = TestRegistry::must(w_->push_onnx("m", "v2", "two"));
  TestRegistry::must(w_->registry->set_alias(w_->call, w_->model("m"), "champion", "v2"));
  TestRegistry::must(w_->registry->delete_version(w_->call, w_->model("m"), "v2"));
  EXPECT_EQ(resolved("v2"), "none");
  EXPECT_EQ(resolved("champion"), "none");
  EXPECT_EQ(resolved("latest"), one.digest.string());
  EXPECT_EQ(resolved(two.digest.string()), "none");
  TestRegistry::must(w_->push_onnx("m", "again", "one"));
  TestRegistry::must(w_->registry->delete_version(w_->call, w_->model("m"), "again"));
  EXPECT_EQ(resolved("v1"), one.digest.string());  // another version is the same manifest
  TestRegistry::must(w_->registry->delete_model(w_->call, w_->model("m"), {}));
  EXPECT_EQ(resolved("v1"), "none");
  EXPECT_EQ(resolved(one.digest.string()), "none");
  // The name is free again, and nothing of the old one comes back.
  EXPECT_EQ(TestRegistry::must(w_->push_onnx("m", "latest", "new")).version->number, 1);
}

TEST_P(PushTest, ReadersDoNotPush) {
  const access::Call reader = access::TestAccess::somebody(access::Role::READER, w_->ns()->id);
  EXPECT_EQ(w_->registry->repository(reader, access::Role::WRITER, "default", "m").error().code,
            Code::permission_denied);
  const auto repository = w_->repository("m");
  const std::string manifest = w_->onnx_manifest(repository, "w");
  const auto pushed =
      w_->registry->push_manifest(reader, repository, "v1", "application/vnd.oci.image.manifest.v1+json", manifest);
  EXPECT_EQ(pushed.error().code, Code::permission_denied);
  EXPECT_TRUE(w_->registry->repository(reader, access::Role::READER, "default", "m"));
  EXPECT_EQ(w_->registry->repository(reader, access::Role::READER, "default", "../m").error().code,
            Code::invalid_argument);
}

}  // namespace
}  // namespace souk::registry
