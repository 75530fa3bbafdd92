// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/pack.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/json.h"
#include "cli/transfer/temporary_folder_test.h"
#include "cli/transfer/transfer.h"

namespace souk::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> paths_of(const std::vector<PackFile>& files) {
  std::vector<std::string> paths;
  for (const PackFile& file : files) paths.push_back(file.path);
  return paths;
}

ModelTexts pack(const fs::path& source, const PackOptions& options = {}) {
  const std::vector<PackFile> files = collect_files(source, options).value();
  std::vector<Digest> digests;
  for (const PackFile& file : files) {
    std::ifstream stream(file.on_disk, std::ios::binary);
    digests.push_back(sha256(std::string(std::istreambuf_iterator<char>(stream), {})));
  }
  return make_manifest(files, digests, options);
}

TEST(Pack, TakesFilesInOrderAndLeavesHiddenOnes) {
  const TemporaryFolder folder;
  folder.write("model.onnx", "weights");
  folder.write("souk.yaml", "task: CLASSIFICATION");
  folder.write("images/7.png", "png");
  folder.write("README.md", "card");
  folder.write(".git/config", "x");
  folder.write(".hidden", "x");
  folder.write("images/.DS_Store", "x");
  EXPECT_EQ(paths_of(collect_files(folder.path, {}).value()),
            (std::vector<std::string>{"README.md", "images/7.png", "model.onnx", "souk.yaml"}));
  EXPECT_EQ(
      paths_of(collect_files(folder.path, {.include = {".hidden", ".git/config"}}).value()),
      (std::vector<std::string>{".git/config", ".hidden", "README.md", "images/7.png", "model.onnx", "souk.yaml"}));
  EXPECT_EQ(paths_of(collect_files(folder.path / "model.onnx", {}).value()), std::vector<std::string>{"model.onnx"});
}

TEST(Pack, SameFilesGiveTheSameDigestWhereverTheyLie) {
  const TemporaryFolder one;
  const TemporaryFolder two;
  for (const TemporaryFolder* folder : {&one, &two}) {
    folder->write("b/model.onnx", "weights");
    folder->write("a.py", "code");
  }
  fs::last_write_time(two.path / "a.py", fs::file_time_type::clock::now() - std::chrono::hours(100));
  EXPECT_EQ(pack(one.path).manifest, pack(two.path).manifest);
  two.write("a.py", "other");
  EXPECT_NE(pack(one.path).manifest, pack(two.path).manifest);
  EXPECT_NE(pack(one.path).config, pack(one.path, {.created_at = "2026-11-21T10:18:00.000Z"}).config);
}

TEST(Pack, ManifestIsThatOfTheModelFormat) {
  const TemporaryFolder folder;
  folder.write("model.onnx", "weights");
  const fs::path script = folder.write("run.sh", "#!/bin/sh");
  chmod(script.c_str(), 0755);
  folder.write("strange.xyz", "?");
  const ModelTexts packed = pack(folder.path);
  const json::Document manifest = json::Document::parse(packed.manifest).value();
  EXPECT_EQ(packed.config, R"({"descriptor":{},"config":{"format":"onnx"},"modelfs":{"type":"layers","diffIds":[")" +
                               sha256("weights").string() + R"(",")" + sha256("#!/bin/sh").string() + R"(",")" +
                               sha256("?").string() + R"("]}})");
  EXPECT_EQ(manifest.root().find("artifactType")->string(), kModelManifestType);
  EXPECT_EQ(manifest.root().find("config")->raw(),
            R"({"mediaType":"application/vnd.cncf.model.config.v1+json","digest":")" + sha256(packed.config).string() +
                R"(","size":)" + std::to_string(packed.config.size()) + "}");
  std::vector<std::string> layers;
  (void)manifest.root().find("layers")->each_element([&](json::Value layer) -> Status {
    layers.push_back(layer.raw());
    return {};
  });
  EXPECT_EQ(layers.at(1),
            R"({"mediaType":"application/vnd.cncf.model.code.v1.raw","digest":")" + sha256("#!/bin/sh").string() +
                R"(","size":9,"annotations":{"org.cncf.model.file.metadata+json":"{\"name\":\"run.sh\",\"mode\":493,)"
                R"(\"uid\":0,\"gid\":0,\"size\":9,\"mtime\":\"1970-01-01T00:00:00Z\",\"typeflag\":48}",)"
                R"("org.cncf.model.filepath":"run.sh"}})");
  EXPECT_NE(layers.at(2).find(R"("org.cncf.model.file.mediatype.untested":"true")"), std::string::npos);
}

TEST(Pack, KindsOfFiles) {
  const auto kind = [](std::string_view path) {
    bool guessed = false;
    const std::string type = layer_media_type(path, guessed);
    return type.substr(27, type.size() - 27 - 7) + (guessed ? "?" : "");
  };
  EXPECT_EQ(kind("a/model.onnx"), "weight");
  EXPECT_EQ(kind("model.onnx.data"), "weight");
  EXPECT_EQ(kind("a/souk.yaml"), "weight.config");
  EXPECT_EQ(kind("labels.txt"), "weight.config");
  EXPECT_EQ(kind("tokenizer.model"), "weight.config");
  EXPECT_EQ(kind("config.JSON"), "weight.config");
  EXPECT_EQ(kind("LICENSE"), "doc");
  EXPECT_EQ(kind("README"), "doc");
  EXPECT_EQ(kind("notes.txt"), "doc");
  EXPECT_EQ(kind("x/train.py"), "code");
  EXPECT_EQ(kind("test.csv"), "dataset");
  EXPECT_EQ(kind("7.png"), "dataset");
  EXPECT_EQ(kind("what"), "weight?");
}

TEST(Pack, LinksStayInside) {
  const TemporaryFolder folder;
  const TemporaryFolder other;
  const fs::path secret = other.write("secret", "s");
  folder.write("a.onnx", "w");
  fs::create_symlink("a.onnx", folder.path / "b.onnx");
  EXPECT_EQ(paths_of(collect_files(folder.path, {}).value()), (std::vector<std::string>{"a.onnx", "b.onnx"}));
  for (const fs::path& target : {secret, fs::path("nowhere"), folder.path}) {
    fs::create_symlink(target, folder.path / "c");
    const auto files = collect_files(folder.path, {});
    ASSERT_FALSE(files) << target;
    EXPECT_EQ(files.error().code, Code::invalid_argument);
    fs::remove(folder.path / "c");
  }
}

TEST(Pack, RefusesWhatCannotBePacked) {
  const TemporaryFolder folder;
  EXPECT_EQ(collect_files(folder.path / "none", {}).error().code, Code::not_found);
  EXPECT_FALSE(collect_files(folder.path, {}));  // empty
  folder.write("bad\xff.onnx", "x");
  EXPECT_FALSE(collect_files(folder.path, {}));
  fs::remove(folder.path / "bad\xff.onnx");
  ASSERT_EQ(mkfifo((folder.path / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(collect_files(folder.path, {}));
  fs::remove(folder.path / "pipe");
  folder.write("line\nbreak", "x");
  EXPECT_FALSE(collect_files(folder.path, {}));
}

std::string manifest_with_path(const std::string& path) {
  return R"({"schemaVersion":2,"layers":[{"mediaType":"x","digest":")" + sha256("x").string() +
         R"(","size":1,"annotations":{"org.cncf.model.filepath":)" + json::write(path) + "}}]}";
}

TEST(PullPlan, TakesWhatPackMade) {
  const TemporaryFolder folder;
  folder.write("a/model.onnx", "weights");
  const PullPlan plan = plan_pull(pack(folder.path).manifest).value();
  ASSERT_EQ(plan.files.size(), 1u);
  EXPECT_EQ(plan.files[0].path, "a/model.onnx");
  EXPECT_EQ(plan.files[0].digest, sha256("weights"));
  EXPECT_EQ(plan.size, 7u);
}

TEST(PullPlan, RefusesPathsThatLeadOut) {
  EXPECT_TRUE(plan_pull(manifest_with_path("a/b..c/...d")));
  for (const std::string& path :
       {std::string(""), std::string("/etc/passwd"), std::string("../x"), std::string("a/../../x"), std::string("a//b"),
        std::string("."), std::string("a/."), std::string("a/"), std::string("a\\b"), std::string("a\nb"),
        std::string("a\0b", 3), std::string(5000, 'a'), std::string(300, 'a')}) {
    EXPECT_FALSE(plan_pull(manifest_with_path(path))) << path;
  }
}

TEST(PullPlan, RefusesTwoLayersWithOnePathAndOnesWithout) {
  const std::string layer = R"({"mediaType":"x","digest":")" + sha256("x").string() +
                            R"(","size":1,"annotations":{"org.cncf.model.filepath":"a"}})";
  EXPECT_FALSE(plan_pull(R"({"layers":[)" + layer + "," + layer + "]}"));
  const auto none = plan_pull(R"({"layers":[{"mediaType":"t","digest":")" + sha256("x").string() + R"(","size":1}]})");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::failed_precondition);
  EXPECT_FALSE(plan_pull("{"));
}

}  // namespace
}  // namespace souk::cli
