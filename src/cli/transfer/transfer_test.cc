// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/transfer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <mutex>

#include "base/hash/crc32c.h"
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
  std::vector<int> parts_sent;
  int hang_ups = 0;         // so many parts are taken, and not answered
  int unavailable = 0;      // so many are answered 503
  bool forget = false;      // uploads in parts are gone
  std::string upload_host;  // in front of an upload's Location
  std::mutex mutex;

 private:
  void accept(const net::StreamPtr& stream) {
    stream->limit({.max_bytes = 64 << 20});
    stream->collect([this, stream](Result<std::shared_ptr<std::string>> body) {
      ASSERT_TRUE(body);
      const std::lock_guard lock(mutex);
      if (stream->head().path.starts_with("/api/v1/")) {
        return answer_part_upload(stream, **body);
      }
      stream->send(answer(stream->head(), **body));
    });
  }

  std::string shown() const {
    return R"({"id":"u","state":"OPEN","size":)" + std::to_string(size_) + R"(,"part_size":5242880,"part_count":)" +
           std::to_string((size_ + 5242879) / 5242880) + "}";
  }

  // /api/v1/namespaces/default/models/m/uploads[/u[:complete|/parts[/N]]], parts of 5 MiB
  void answer_part_upload(const net::StreamPtr& stream, const std::string& body) {
    const std::string path(stream->head().path), method(stream->head().method);
    const auto json = [&](int status, const std::string& text) {
      stream->send(net::Response::text(status, "application/json", text));
    };
    if (forget && method != "POST") return json(404, R"({"code":"NOT_FOUND","detail":"gone"})");
    if (path.ends_with("/uploads")) {
      size_ = std::stoul(body.substr(body.find(':') + 1));
      parts_.clear();
      return json(201, shown());
    }
    if (path.ends_with("/parts")) {
      std::string list;
      for (const auto& [number, part] : parts_) {
        list += (list.empty() ? "" : ",") + (R"({"number":)" + std::to_string(number)) + R"(,"checksum":"crc32c=:)" +
                crc32c_base64(crc32c(as_bytes(part))) + R"(:"})";
      }
      return json(200, R"({"parts":[)" + list + "]}");
    }
    if (path.ends_with(":complete")) {
      std::string whole;
      for (const auto& [number, part] : parts_) whole += part;
      blobs[sha256(whole).string()] = whole;
      EXPECT_NE(body.find(sha256(whole).string()), std::string::npos);
      return json(200, shown());
    }
    if (method != "PUT") return json(200, shown());
    if (unavailable > 0 && unavailable--) return json(503, R"({"code":"UNAVAILABLE","detail":"later"})");
    const int number = std::stoi(path.substr(path.rfind('/') + 1));
    EXPECT_EQ(stream->head().header("Content-Digest"), "crc32c=:" + crc32c_base64(crc32c(as_bytes(body))) + ":");
    parts_[number] = body;
    parts_sent.push_back(number);
    if (hang_ups > 0 && hang_ups--) return stream->abort();
    json(200, R"({"number":1})");
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
    return net::Response::text(200, std::string(kImageManifestType), manifests[reference]);
  }

  Logger log_{Logger::Level::off};
  Metrics metrics_;
  std::map<std::string, std::string> sessions_;
  std::size_t size_ = 0;
  std::map<int, std::string> parts_;
  net::Server server_;
};

class Transfer : public testing::Test {
 protected:
  Transfer() { setenv("XDG_CACHE_HOME", (own_.path / "cache").c_str(), 1); }
  ~Transfer() override { unsetenv("XDG_CACHE_HOME"); }

  Result<PullPlan> push() {
    const std::vector<PackFile> files = SOUK_TRY(collect_files(source_.path, {}));
    const std::vector<Digest> digests = SOUK_TRY(push_files(remote_, "default/m", files, progress_));
    const ModelTexts packed = make_manifest(files, digests, {});
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
  EXPECT_EQ(registry_.parts_sent.size(), 4u);  // the large one
  ASSERT_TRUE(pull(plan));
  EXPECT_EQ(pulled("model.onnx"), large);
  EXPECT_EQ(pulled("a/labels.txt"), "zero\none\n");
  EXPECT_EQ(files_in_target(), 3u);
  EXPECT_TRUE(pull(plan));  // all there already
}

TEST_F(Transfer, PartsThatBreakOffAreSentAgain) {
  const std::string large(17 << 20, 'w');
  source_.write("model.onnx", large);
  registry_.hang_ups = 2;
  registry_.unavailable = 2;
  const auto plan = push();
  ASSERT_TRUE(plan) << plan.error().describe();
  EXPECT_EQ(registry_.parts_sent.size(), 6u);
  ASSERT_TRUE(pull(*plan));
  EXPECT_EQ(pulled("model.onnx"), large);
}

TEST_F(Transfer, APushThatIsRunAgainGoesOn) {
  source_.write("model.onnx", std::string(17 << 20, 'w'));
  setenv("SOUK_PATIENCE", "0", 1);
  registry_.unavailable = 1;
  EXPECT_FALSE(push());
  const std::size_t first = registry_.parts_sent.size();
  EXPECT_LT(first, 4u);
  ASSERT_TRUE(push());
  EXPECT_EQ(registry_.parts_sent.size(), 4u);  // none twice
  unsetenv("SOUK_PATIENCE");
}

TEST_F(Transfer, AnUploadThatIsGoneBeginsAnew) {
  source_.write("model.onnx", std::string(17 << 20, 'w'));
  setenv("SOUK_PATIENCE", "0", 1);
  registry_.unavailable = 1;
  EXPECT_FALSE(push());
  registry_.forget = true;
  EXPECT_FALSE(push());  // begun anew, and gone at once
  registry_.forget = false;
  ASSERT_TRUE(push());
  unsetenv("SOUK_PATIENCE");
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

TEST_F(Transfer, TakesUpWhatAnEarlierPullLeft) {
  source_.write("model.onnx", "weights");
  const PullPlan plan = push().value();
  const std::string digest = sha256("weights").string(),
                    unfinished = "target/.souk-" + sha256("weights").hex().substr(0, 32);
  own_.write(unfinished, "weights");
  const std::string kept = std::exchange(registry_.blobs[digest], "not asked for");
  ASSERT_TRUE(pull(plan));
  EXPECT_EQ(pulled("model.onnx"), "weights");
  EXPECT_EQ(files_in_target(), 1u);
  fs::remove(target() / "model.onnx");
  registry_.blobs[digest] = kept;
  for (const char* wrong : {"WEIGHTS", "weights and more"}) {
    own_.write(unfinished, wrong);
    ASSERT_TRUE(pull(plan)) << wrong;
    EXPECT_EQ(pulled("model.onnx"), "weights");
    EXPECT_EQ(files_in_target(), 1u);
    fs::remove(target() / "model.onnx");
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
