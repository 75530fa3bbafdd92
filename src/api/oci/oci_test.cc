// SPDX-License-Identifier: Apache-2.0
//
// The OCI door over real rooms, without a network: requests go into the dispatcher as streams.
#include "api/oci/oci.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "api/dispatcher.h"
#include "registry/test_registry.h"

namespace souk::api::oci {
namespace {

struct Answer {
  int status = 0;
  std::vector<net::Header> headers;
  std::string body;
  bool aborted = false;
  std::string header(std::string_view name) const {
    for (const auto& one : headers) {
      if (one.name == name) return one.value;
    }
    return "";
  }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// One request whose whole body is there; keeps its answer.
class TestStream final : public net::Stream {
 public:
  TestStream(std::string method, std::string target, Headers headers, std::string body)
      : method_(std::move(method)), target_(std::move(target)), headers_(std::move(headers)), body_(std::move(body)) {
    head_.method = method_;
    head_.target = target_;
    head_.path = head_.target.substr(0, head_.target.find('?'));
    if (head_.path.size() < target_.size()) head_.query = head_.target.substr(head_.path.size() + 1);
    for (auto& [name, value] : headers_) head_.headers.push_back({name, value});
    head_.peer = "127.0.0.1:1";
    head_.peer_is_loopback = true;
    head_.content_length = body_.size();
  }

  const net::RequestHead& head() const override { return head_; }
  void limit(const net::BodyLimits& limits) override { limits_ = limits; }
  void read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) override {
    std::size_t count = std::min({into.size(), body_.size() - taken_, std::size_t{1000}});
    std::memcpy(into.data(), body_.data() + taken_, count);
    taken_ += count;
    done(count);
  }
  void collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) override {
    if (body_.size() > limits_.max_bytes) return done(resource_exhausted("the body is too large").at("body"));
    done(std::make_shared<std::string>(body_));
  }
  void send(net::Response response) override {
    answer_.status = response.status;
    answer_.headers = std::move(response.headers);
    for (const net::Chunk& chunk : response.body) append(chunk);
    finish();
  }
  void start(net::ResponseHead head) override {
    answer_.status = head.status;
    answer_.headers = std::move(head.headers);
    if (head.content_length) answer_.headers.push_back({"Content-Length", std::to_string(*head.content_length)});
  }
  void write(net::Chunk chunk, std::function<void(Status)> done) override {
    append(chunk);
    done({});
  }
  void finish() override {
    std::lock_guard lock(mutex_);
    finished_ = true;
    ended_.notify_one();
  }
  void abort() override {
    answer_.aborted = true;
    finish();
  }
  bool gone() const override { return false; }
  void on_gone(std::function<void()>) override {}
  void post(std::function<void()> f) override { f(); }

  Answer wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return finished_; });
    return answer_;
  }

 private:
  void append(const net::Chunk& chunk) {
    answer_.body.append(reinterpret_cast<const char*>(chunk.data().data()), chunk.data().size());
  }
  std::string method_, target_;
  Headers headers_;
  std::string body_;
  std::size_t taken_ = 0;
  net::RequestHead head_;
  net::BodyLimits limits_;
  Answer answer_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool finished_ = false;
};

class OciTest : public testing::Test {
 protected:
  void SetUp() override {
    rooms_ = std::make_unique<registry::TestRegistry>(store::Dialect::sqlite);
    add_routes(table_, *rooms_->registry, *rooms_->artifacts, R"({"name":"souk"})");
    dispatcher_ =
        std::make_unique<Dispatcher>(ApiSettings{.request_threads = 2, .stream_threads = 4}, table_, *rooms_->access,
                                     true, true, rooms_->database.log, rooms_->database.metrics);
  }
  void TearDown() override { dispatcher_.reset(); }

  Answer ask(std::string method, std::string target, std::string body = "", Headers headers = {}) {
    headers.push_back({"Host", "localhost"});
    auto stream =
        std::make_shared<TestStream>(std::move(method), std::move(target), std::move(headers), std::move(body));
    dispatcher_->handle(stream);
    return stream->wait();
  }
  std::string error_code(const Answer& answer) {
    auto document = json::Document::parse(answer.body);
    if (!document) return answer.body;
    std::string code;
    EXPECT_TRUE(document->root().find("errors")->each_element([&](json::Value one) -> Status {
      code = one.find("code")->string();
      return {};
    })) << answer.body;
    return code;
  }
  std::string push_blob(const std::string& name, const std::string& bytes) {
    std::string digest = sha256(bytes).string();
    Answer answer = ask("POST", "/v2/" + name + "/blobs/uploads/?digest=" + digest, bytes);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return digest;
  }
  std::string manifest(const std::string& name, const std::string& layer, const std::string& more = "") {
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/x","digest":")" +
           push_blob(name, "{}") + R"(","size":2},"layers":[{"mediaType":"text/plain","digest":")" +
           push_blob(name, layer) + R"(","size":)" + std::to_string(layer.size()) + "}]" + more + "}";
  }
  Answer put_manifest(const std::string& name, const std::string& reference, const std::string& text) {
    return ask("PUT", "/v2/" + name + "/manifests/" + reference, text,
               {{"Content-Type", "application/vnd.oci.image.manifest.v1+json"}});
  }

  std::unique_ptr<registry::TestRegistry> rooms_;
  RouteTable table_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(OciTest, says_that_it_is_a_registry) {
  Answer answer = ask("GET", "/v2/");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Docker-Distribution-API-Version"), "registry/2.0");
  EXPECT_EQ(answer.body, R"({"name":"souk"})");
}

TEST_F(OciTest, a_blob_goes_in_at_once_and_comes_out) {
  std::string bytes(300'000, 'x'), digest = sha256(bytes).string();
  Answer pushed = ask("POST", "/v2/digits/blobs/uploads/?digest=" + digest, bytes);
  EXPECT_EQ(pushed.status, 201);
  EXPECT_EQ(pushed.header("Location"), "/v2/digits/blobs/" + digest);
  EXPECT_EQ(pushed.header("Docker-Content-Digest"), digest);
  for (std::string name : {"digits", "default/digits"}) {
    Answer got = ask("GET", "/v2/" + name + "/blobs/" + digest);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, bytes);
    EXPECT_EQ(got.header("Docker-Content-Digest"), digest);
    EXPECT_EQ(got.header("Content-Length"), "300000");
    Answer head = ask("HEAD", "/v2/" + name + "/blobs/" + digest);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"), "300000");
    EXPECT_EQ(head.body, "");
  }
  EXPECT_EQ(ask("GET", "/v2/digits/blobs/" + digest, "", {{"If-None-Match", "\"" + digest + "\""}}).status, 304);
  EXPECT_EQ(ask("GET", "/v2/other/blobs/" + digest).status, 404);
  EXPECT_EQ(error_code(ask("GET", "/v2/other/blobs/" + digest)), "BLOB_UNKNOWN");
  EXPECT_EQ(error_code(ask("GET", "/v2/digits/blobs/sha256:zz")), "DIGEST_INVALID");
}

TEST_F(OciTest, a_part_of_a_blob) {
  std::string digest = push_blob("digits", "0123456789");
  Answer part = ask("GET", "/v2/digits/blobs/" + digest, "", {{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.header("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(part.header("Content-Length"), "3");
  EXPECT_EQ(ask("GET", "/v2/digits/blobs/" + digest, "", {{"Range", "bytes=-1"}}).body, "9");
  Answer outside = ask("GET", "/v2/digits/blobs/" + digest, "", {{"Range", "bytes=10-"}});
  EXPECT_EQ(outside.status, 416);
  EXPECT_EQ(outside.header("Content-Range"), "bytes */10");
}

TEST_F(OciTest, a_blob_goes_in_by_chunks) {
  Answer begun = ask("POST", "/v2/default/digits/blobs/uploads/");
  EXPECT_EQ(begun.status, 202);
  std::string location = begun.header("Location");
  ASSERT_TRUE(location.starts_with("/v2/default/digits/blobs/uploads/")) << location;
  EXPECT_EQ(begun.header("Range"), "0-0");
  Answer first = ask("PATCH", location, "01234", {{"Content-Range", "0-4"}});
  EXPECT_EQ(first.status, 202) << first.body;
  EXPECT_EQ(first.header("Range"), "0-4");
  Answer again = ask("PATCH", location, "01234", {{"Content-Range", "0-4"}});
  EXPECT_EQ(again.status, 416);
  EXPECT_EQ(again.header("Range"), "0-4");
  EXPECT_EQ(again.header("Location"), location);
  EXPECT_EQ(ask("PATCH", location, "xx", {{"Content-Range", "7-8"}}).status, 416);
  EXPECT_EQ(error_code(ask("PATCH", location, "xx", {{"Content-Range", "5-8"}})), "SIZE_INVALID");
  EXPECT_EQ(error_code(ask("PATCH", location, "xx", {{"Content-Range", "x"}})), "BLOB_UPLOAD_INVALID");
  EXPECT_EQ(ask("PATCH", location, "567").header("Range"), "0-7");
  Answer state = ask("GET", location);
  EXPECT_EQ(state.status, 204);
  EXPECT_EQ(state.header("Range"), "0-7");
  EXPECT_EQ(ask("PUT", location).status, 400);
  std::string digest = sha256("0123456789").string();
  EXPECT_EQ(ask("PUT", location + "?digest=" + digest, "9", {{"Content-Range", "9-9"}}).status, 416);
  Answer put = ask("PUT", location + "?digest=" + digest, "89", {{"Content-Range", "8-9"}});
  EXPECT_EQ(put.status, 201) << put.body;
  EXPECT_EQ(put.header("Location"), "/v2/default/digits/blobs/" + digest);
  EXPECT_EQ(ask("GET", "/v2/digits/blobs/" + digest).body, "0123456789");
  EXPECT_EQ(error_code(ask("GET", location)), "BLOB_UPLOAD_UNKNOWN");
}

TEST_F(OciTest, uploads_that_end_badly_leave_nothing) {
  std::string location = ask("POST", "/v2/digits/blobs/uploads/").header("Location");
  Answer wrong = ask("PUT", location + "?digest=" + sha256("right").string(), "wrong");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(error_code(wrong), "DIGEST_INVALID");
  EXPECT_EQ(ask("GET", location).status, 404);
  EXPECT_EQ(error_code(ask("POST", "/v2/digits/blobs/uploads/?digest=" + sha256("right").string(), "wrong")),
            "DIGEST_INVALID");
  EXPECT_EQ(error_code(ask("POST", "/v2/digits/blobs/uploads/?digest=md5:x", "wrong")), "DIGEST_INVALID");
  EXPECT_EQ(ask("POST", "/v2/digits/blobs/uploads/?digest-algorithm=sha512").status, 400);
  location = ask("POST", "/v2/digits/blobs/uploads/").header("Location");
  EXPECT_EQ(ask("DELETE", location).status, 204);
  EXPECT_EQ(ask("DELETE", location).status, 404);
  EXPECT_TRUE(std::filesystem::is_empty(rooms_->folder / "uploads"));
  EXPECT_EQ(ask("GET", "/v2/digits/tags/list").status, 404);
}

TEST_F(OciTest, a_blob_is_mounted_from_another_repository) {
  std::string digest = push_blob("digits", "shared");
  Answer mounted = ask("POST", "/v2/other/blobs/uploads/?mount=" + digest + "&from=default/digits");
  EXPECT_EQ(mounted.status, 201);
  EXPECT_EQ(mounted.header("Location"), "/v2/other/blobs/" + digest);
  EXPECT_EQ(ask("GET", "/v2/other/blobs/" + digest).body, "shared");
  for (std::string from : {"&from=nowhere", "&from=no/where", "&from=../x", "&from=a/b/c", ""}) {
    Answer answer = ask("POST", "/v2/third/blobs/uploads/?mount=" + digest + from);
    EXPECT_EQ(answer.status, 202) << from;
    EXPECT_FALSE(answer.header("Location").empty());
  }
}

TEST_F(OciTest, manifests_and_tags) {
  std::string text = manifest("digits", "layer");
  std::string digest = sha256(text).string();
  Answer put = put_manifest("digits", "v1", text);
  EXPECT_EQ(put.status, 201) << put.body;
  EXPECT_EQ(put.header("Location"), "/v2/digits/manifests/" + digest);
  EXPECT_EQ(put.header("Docker-Content-Digest"), digest);
  EXPECT_EQ(put.header("souk-version"), "1");
  EXPECT_EQ(put.header("OCI-Subject"), "");
  for (std::string reference : {"v1", "1", "latest", digest.c_str()}) {
    Answer got = ask("GET", "/v2/default/digits/manifests/" + reference);
    EXPECT_EQ(got.status, 200) << reference;
    EXPECT_EQ(got.body, text);
    EXPECT_EQ(got.header("Content-Type"), "application/vnd.oci.image.manifest.v1+json");
    EXPECT_EQ(got.header("Docker-Content-Digest"), digest);
    EXPECT_EQ(got.header("ETag"), "\"" + digest + "\"");
  }
  EXPECT_EQ(ask("GET", "/v2/digits/manifests/v1", "", {{"If-None-Match", "\"" + digest + "\""}}).status, 304);
  EXPECT_EQ(error_code(ask("GET", "/v2/digits/manifests/v2")), "MANIFEST_UNKNOWN");
  EXPECT_EQ(error_code(ask("GET", "/v2/digits/manifests/..%2f..")), "MANIFEST_UNKNOWN");
  EXPECT_EQ(ask("GET", "/v2/nothing/manifests/v1").status, 404);

  Answer list = ask("GET", "/v2/default/digits/tags/list");
  EXPECT_EQ(list.body, R"({"name":"default/digits","tags":["latest","v1"]})");
  Answer page = ask("GET", "/v2/digits/tags/list?n=1");
  EXPECT_EQ(page.body, R"({"name":"digits","tags":["latest"]})");
  EXPECT_EQ(page.header("Link"), R"(</v2/digits/tags/list?n=1&last=latest>; rel="next")");
  EXPECT_EQ(ask("GET", "/v2/digits/tags/list?n=1&last=latest").header("Link"), "");
  EXPECT_EQ(ask("GET", "/v2/digits/tags/list?n=0").body, R"({"name":"digits","tags":[]})");
  EXPECT_EQ(ask("GET", "/v2/digits/tags/list?n=0").header("Link"), "");
  EXPECT_EQ(ask("GET", "/v2/digits/tags/list?n=-1").status, 400);
  EXPECT_EQ(ask("GET", "/v2/digits/tags/list?n=99999999999999999999").status, 200);
  EXPECT_EQ(error_code(ask("GET", "/v2/nothing/tags/list")), "NAME_UNKNOWN");
}

TEST_F(OciTest, manifests_that_are_refused) {
  EXPECT_EQ(error_code(put_manifest("digits", "v1", "{")), "MANIFEST_INVALID");
  std::string text = manifest("digits", "layer");
  Answer elsewhere = put_manifest("other", "v1", text);
  EXPECT_EQ(elsewhere.status, 404);
  EXPECT_EQ(error_code(elsewhere), "MANIFEST_BLOB_UNKNOWN");
  EXPECT_EQ(error_code(put_manifest("digits", sha256("other").string(), text)), "DIGEST_INVALID");
  EXPECT_EQ(error_code(put_manifest("digits", ".bad", text)), "MANIFEST_INVALID");
  Answer large = put_manifest("digits", "v1", std::string((4 << 20) + 1, ' '));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(put_manifest("digits", "v1", text).status, 201);
  Answer taken = put_manifest("digits", "v1", manifest("digits", "another"));
  EXPECT_EQ(error_code(taken), "DENIED");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(error_code(ask("GET", "/v2/Digits/manifests/v1")), "NAME_INVALID");
  EXPECT_EQ(error_code(ask("GET", "/v2/a/b/c/manifests/v1")), "NAME_UNKNOWN");
}

TEST_F(OciTest, several_tags_in_one_push) {
  std::string text = manifest("digits", "layer"), digest = sha256(text).string();
  Answer put = put_manifest("digits", digest + "?tag=a&tag=b", text);
  EXPECT_EQ(put.status, 201) << put.body;
  EXPECT_EQ(put.header("OCI-Tag"), "a");
  EXPECT_EQ(ask("GET", "/v2/digits/tags/list").body, R"({"name":"digits","tags":["a","b","latest"]})");
}

TEST_F(OciTest, referrers) {
  std::string text = manifest("digits", "layer"), digest = sha256(text).string();
  put_manifest("digits", "v1", text);
  std::string refers =
      R"(,"artifactType":"application/sbom","annotations":{"k":"v"},"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
      digest + R"(","size":)" + std::to_string(text.size()) + "}";
  std::string sbom = manifest("digits", "sbom", refers);
  Answer put = put_manifest("digits", sha256(sbom).string(), sbom);
  EXPECT_EQ(put.status, 201) << put.body;
  EXPECT_EQ(put.header("OCI-Subject"), digest);
  EXPECT_EQ(put.header("souk-version"), "");
  Answer list = ask("GET", "/v2/digits/referrers/" + digest);
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(list.header("Content-Type"), "application/vnd.oci.image.index.v1+json");
  EXPECT_EQ(list.header("OCI-Filters-Applied"), "");
  EXPECT_NE(list.body.find(sha256(sbom).string()), std::string::npos);
  EXPECT_NE(list.body.find(R"("artifactType":"application/sbom","annotations":{"k":"v"})"), std::string::npos)
      << list.body;
  Answer filtered = ask("GET", "/v2/digits/referrers/" + digest + "?artifactType=application/other");
  EXPECT_EQ(filtered.body,
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  EXPECT_EQ(filtered.header("OCI-Filters-Applied"), "artifactType");
  EXPECT_EQ(ask("GET", "/v2/nothing/referrers/" + digest).status, 200);
  EXPECT_EQ(ask("GET", "/v2/digits/referrers/sha256:x").status, 400);
}

TEST_F(OciTest, deleting) {
  std::string text = manifest("digits", "layer"), digest = sha256(text).string();
  put_manifest("digits", "v1", text);
  for (std::string reference : {"v1", digest.c_str()}) {
    Answer refused = ask("DELETE", "/v2/digits/manifests/" + reference);
    EXPECT_EQ(refused.status, 405) << reference;
    EXPECT_EQ(error_code(refused), "UNSUPPORTED");
    EXPECT_NE(refused.body.find("souk version delete default/digits:1"), std::string::npos) << refused.body;
  }
  std::string loose = manifest("digits", "loose"), loose_digest = sha256(loose).string();
  put_manifest("digits", loose_digest, loose);
  put_manifest("digits", "sha256-signature", loose);
  EXPECT_EQ(ask("DELETE", "/v2/digits/blobs/" + sha256("loose").string()).status, 409);
  EXPECT_EQ(ask("DELETE", "/v2/digits/manifests/sha256-signature").status, 202);
  EXPECT_EQ(ask("GET", "/v2/digits/manifests/sha256-signature").status, 404);
  EXPECT_EQ(ask("DELETE", "/v2/digits/manifests/" + loose_digest).status, 202);
  EXPECT_EQ(ask("DELETE", "/v2/digits/manifests/" + loose_digest).status, 404);
  EXPECT_EQ(ask("DELETE", "/v2/digits/blobs/" + sha256("loose").string()).status, 202);
  EXPECT_EQ(ask("DELETE", "/v2/digits/blobs/" + sha256("loose").string()).status, 404);
  EXPECT_EQ(ask("GET", "/v2/digits/blobs/" + sha256("layer").string()).status, 200);
}

TEST_F(OciTest, asks_for_credentials) {
  dispatcher_ =
      std::make_unique<Dispatcher>(ApiSettings{.request_threads = 2, .stream_threads = 2}, table_, *rooms_->access,
                                   true, true, rooms_->database.log, rooms_->database.metrics);
  Answer wrong = ask("GET", "/v2/", "", {{"Authorization", "Bearer souk_nobody"}});
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.header("WWW-Authenticate"), "Basic realm=\"souk\"");
  EXPECT_EQ(error_code(wrong), "UNAUTHORIZED");
  auto key = rooms_->access->create_key(rooms_->call, {.name = "reader", .role = access::Role::READER});
  ASSERT_TRUE(key) << key.error().describe();
  std::string digest = push_blob("digits", "x");
  for (const std::string& credentials : {"Bearer " + key->secret, "Basic " + to_base64("any:" + key->secret)}) {
    EXPECT_EQ(ask("GET", "/v2/digits/blobs/" + digest, "", {{"Authorization", credentials}}).status, 200);
    Answer denied = ask("POST", "/v2/digits/blobs/uploads/", "", {{"Authorization", credentials}});
    EXPECT_EQ(denied.status, 403);
    EXPECT_EQ(error_code(denied), "DENIED");
  }
}

}  // namespace
}  // namespace souk::api::oci
