// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/transfer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <mutex>

#include "cli/transfer/temporary_folder_test.h"
#include "net/server.h"

namespace souk::cli {
namespace {

namespace fs = std::filesystem;

// As much of an OCI registry as a push and a pull need, in memory.
class FakeRegistry {
 public:
  FakeRegistry()
      : server_(
            net::ServerSettings{}, "127.0.0.1:0", [this](net::StreamPtr s) { accept(s); }, log_, metrics_) {
    EXPECT_TRUE(server_.start());
  }
  ~FakeRegistry() { server_.drain(); }
  std::string url() const { return server_.url(); }

  std::map<std::string, std::string> blobs;  // by digest
  std::map<std::string, std::string> manifests;
  std::vector<std::string> uploads;  // the method that carried each upload's bytes
  std::string upload_host;           // in front of an upload's Location
  std::mutex mutex;

 private:
  void accept(const net::StreamPtr& stream) {
    stream->limit({.max_bytes = 64 << 20});
    stream->collect([this, stream](Result<std::shared_ptr<std::string>> body) {
      ASSERT_TRUE(body);
      const std::lock_guard lock(mutex);
      stream->send(answer(stream->head(), **body));
    });
  }

  net::Response answer(const net::RequestHead& head, const std::string& body) {
    const std::string path(head.path);
    const std::string last = path.substr(path.rfind('/') + 1);
    if (path.find("/manifests/") != std::string::npos) return manifest(head, last, body);
    if (path.find("/uploads/") == std::string::npos) {
      if (!blobs.contains(last)) return net::Response::text(404, "application/json", "{}");
      return net::Response::text(200, "application/octet-stream", head.method == "HEAD" ? "" : blobs[last]);
    }
    if (!body.empty()) uploads.emplace_back(head.method);
    if (head.method == "PUT") {
      const std::string digest(head.query.substr(head.query.find("sha256:")));
      blobs[digest] = sessions_[last] + body;
      EXPECT_EQ(sha256(blobs[digest]).string(), digest);
      return net::Response::text(201, "text/plain", "");
    }
    const std::string session = head.method == "POST" ? "s" + std::to_string(sessions_.size()) : last;
    sessions_[session] += body;
    net::Response response = net::Response::text(202, "text/plain", "");
    response.add("Location", upload_host + "/v2/default/m/blobs/uploads/" + session);
    return response;
  }

  net::Response manifest(const net::RequestHead& head, const std::string& reference, const std::string& body) {
    if (head.method == "PUT") {
      manifests[reference] = body;
      return net::Response::text(201, "text/plain", "");
    }
    return net::Response::text(200, std::string(kManifestType), manifests[reference]);
  }

  Logger log_{Logger::Level::off};
  Metrics metrics_;
  std::map<std::string, std::string> sessions_;
  net::Server server_;
};

class Transfer : public testing::Test {
 protected:
  Transfer() { setenv("XDG_CACHE_HOME", (own_.path / "cache").c_str(), 1); }
  ~Transfer() override { unsetenv("XDG_CACHE_HOME"); }

  Result<PullPlan> push() {
    const std::vector<PackFile> files = SOUK_TRY(collect_files(source_.path, {}));
    const std::vector<Digest> digests = SOUK_TRY(push_files(remote_, "default/m", files, progress_));
    const Packed packed = make_manifest(files, digests, {});
    SOUK_TRY(push_bytes(remote_, "default/m", packed.config));
    SOUK_TRY(push_manifest(remote_, "default/m", "1", packed.manifest));
    return fetch_plan(remote_, "default/m", "1");
  }
  Status pull(const PullPlan& plan, bool overwrite = false) {
    return pull_files(remote_, "default/m", plan, target(), overwrite, progress_);
  }
  fs::path target() const { return own_.path / "target"; }
  std::string pulled(const std::string& name) const { return own_.read("target/" + name); }
  std::size_t files_in_target() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(target())) count += entry.is_regular_file();
    return count;
  }

  FakeRegistry registry_;
  TemporaryFolder source_;
  TemporaryFolder own_;
  Remote remote_{registry_.url(), "souk_key"};
  Progress progress_{"test", 0, true};
};

TEST_F(Transfer, FolderGoesUpAndComesDown) {
  const std::string large(17 << 20, 'w');
  source_.write("model.onnx", large);
  source_.write("a/labels.txt", "zero\none\n");
  source_.write("a/empty.txt", "");
  const PullPlan plan = push().value();
  EXPECT_EQ(std::count(registry_.uploads.begin(), registry_.uploads.end(), "PATCH"), 1);  // the large one, in one pass
  ASSERT_TRUE(pull(plan));
  EXPECT_EQ(pulled("model.onnx"), large);
  EXPECT_EQ(pulled("a/labels.txt"), "zero\none\n");
  EXPECT_EQ(files_in_target(), 3u);
  EXPECT_TRUE(pull(plan));  // all there already
}

TEST_F(Transfer, WhatTheServerHasIsNotSent) {
  source_.write("model.onnx", "weights");
  ASSERT_TRUE(push());
  const std::size_t sent = registry_.uploads.size();
  ASSERT_TRUE(push());
  EXPECT_EQ(registry_.uploads.size(), sent);
}

TEST_F(Transfer, DamagedBytesLeaveNoFile) {
  source_.write("model.onnx", "weights");
  const PullPlan plan = push().value();
  for (const char* damage : {"WEIGHTS", "weight", "weights and more", ""}) {
    registry_.blobs[sha256("weights").string()] = damage;
    const Status status = pull(plan);
    ASSERT_FALSE(status) << damage;
    EXPECT_EQ(status.error().code, Code::data_loss);
    EXPECT_EQ(files_in_target(), 0u);
  }
}

TEST_F(Transfer, OtherContentIsReplacedOnlyByForce) {
  source_.write("model.onnx", "weights");
  const PullPlan plan = push().value();
  own_.write("target/model.onnx", "mine");
  const Status status = pull(plan);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::failed_precondition);
  EXPECT_EQ(pulled("model.onnx"), "mine");
  ASSERT_TRUE(pull(plan, true));
  EXPECT_EQ(pulled("model.onnx"), "weights");
}

TEST_F(Transfer, LinksInTheTargetAreNotFollowed) {
  source_.write("a/model.onnx", "weights");
  const PullPlan plan = push().value();
  const TemporaryFolder outside;
  fs::create_directories(target());
  fs::create_directory_symlink(outside.path, target() / "a");
  EXPECT_FALSE(pull(plan, true));
  EXPECT_TRUE(fs::is_empty(outside.path));
  fs::remove(target() / "a");
  fs::create_directories(target() / "a");
  fs::create_symlink(outside.path / "file", target() / "a/model.onnx");
  EXPECT_FALSE(pull(plan, true));
  EXPECT_TRUE(fs::is_empty(outside.path));
}

TEST_F(Transfer, KeyIsNotSentElsewhere) {
  source_.write("model.onnx", "weights");
  registry_.upload_host = "http://127.0.0.1:1";
  const auto plan = push();
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::permission_denied);
}

TEST_F(Transfer, ManifestMustHaveItsDigest) {
  registry_.manifests["sha256:00"] = "{}";
  const auto plan = fetch_plan(remote_, "default/m", "sha256:00");
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::data_loss);
}

TEST(InParallel, StopsAtTheFirstError) {
  std::atomic<int> ran{0};
  const Status status = in_parallel(10'000, [&ran](std::size_t i) -> Status {
    ++ran;
    if (i == 3) return internal("three");
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "three");
  EXPECT_TRUE(in_parallel(0, [](std::size_t) -> Status { return internal("never"); }));
}

}  // namespace
}  // namespace souk::cli
