// SPDX-License-Identifier: Apache-2.0
#include "net/client/client.h"

#include <cstring>
#include <future>
#include <thread>

#include "base/pool.h"
#include "net/raw_client_test.h"

namespace souk::net {
namespace {

TEST(Client, SendsAndReceives) {
  TestServer server(echo);
  Client client;
  ClientRequest request{.method = "PUT", .url = server.server.url() + "/a%2Fb?c=d", .body = "hello"};
  auto answer = client.send(request);
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "PUT /a%2Fb c=d hello");
  EXPECT_EQ(answer->header("CONTENT-type"), "text/plain");
  request.method = "DELETE";
  request.body.clear();
  EXPECT_EQ(client.send(request)->body, "DELETE /a%2Fb c=d ");
  request.method = "HEAD";
  EXPECT_EQ(client.send(request)->body, "");
  std::string metrics = server.metrics.render();
  EXPECT_NE(metrics.find("souk_net_accepted_total 1\n"), std::string::npos) << "the connection is used again";
}

TEST(Client, SendsHeadersAsTheyAreAndNoOthers) {
  std::promise<std::string> seen;
  TestServer server([&](StreamPtr stream) {
    std::string text;
    for (const HeaderView& h : stream->head().headers) text.append(h.name).append("=").append(h.value) += ";";
    seen.set_value(text);
    stream->send({});
  });
  Client client;
  ASSERT_TRUE(client.send({.method = "POST", .url = server.server.url(), .headers = {{"X-A", "b"}, {"X-E", ""}}}));
  std::string text = seen.get_future().get();
  EXPECT_NE(text.find("X-A=b;X-E=;"), std::string::npos) << text;
  EXPECT_NE(text.find("Content-Length=0;"), std::string::npos) << text;
  EXPECT_EQ(text.find("Content-Type"), std::string::npos) << text;
  EXPECT_EQ(text.find("Expect"), std::string::npos) << text;
}

TEST(Client, RefusesForgedRequests) {
  Client client;
  auto code = [&](ClientRequest request) { return client.send(request).error().code; };
  EXPECT_EQ(code({.method = "GET / HTTP/1.1\r\nX:", .url = "http://127.0.0.1:1/"}), Code::invalid_argument);
  EXPECT_EQ(code({.url = "http://127.0.0.1:1/\r\nX: y"}), Code::invalid_argument);
  EXPECT_EQ(code({.url = "http://127.0.0.1:1/a b"}), Code::invalid_argument);
  EXPECT_EQ(code({.url = ""}), Code::invalid_argument);
  EXPECT_EQ(code({.url = "file:///etc/passwd"}), Code::invalid_argument);
  EXPECT_EQ(code({.url = "http://127.0.0.1:1/", .headers = {{"X", "a\nb"}}}), Code::invalid_argument);
  EXPECT_EQ(code({.url = "http://127.0.0.1:1/", .headers = {{"X: y\r\nZ", "a"}}}), Code::invalid_argument);
}

TEST(Client, SaysWhyThereIsNoAnswer) {
  std::uint16_t port;
  {
    TestServer server(echo);
    port = server.port();
  }
  Client client;
  auto refused = client.send({.url = "http://user:secret@127.0.0.1:" + std::to_string(port) + "/"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_EQ(refused.error().message.find("secret"), std::string::npos) << refused.error().message;

  std::vector<StreamPtr> silent;
  TestServer server([&](StreamPtr stream) { silent.push_back(std::move(stream)); }, {.threads = 1});
  auto late = client.send({.url = server.server.url(), .timeout = std::chrono::milliseconds(50)});
  EXPECT_EQ(late.error().code, Code::deadline_exceeded) << late.error().message;
  Client impatient({.stall_timeout = std::chrono::milliseconds(50)});
  EXPECT_EQ(impatient.send({.url = server.server.url()}).error().code, Code::deadline_exceeded);
}

TEST(Client, DoesNotAskAProxyForLoopback) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  TestServer server(echo);
  auto answer = Client().send({.url = server.server.url() + "/direct"});
  unsetenv("http_proxy");
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->body, "GET /direct  ");
}

TEST(Client, BoundsWhatItKeeps) {
  TestServer server(
      [](StreamPtr stream) { stream->send(Response::text(200, "text/plain", std::string(100'000, 'x'))); });
  EXPECT_EQ(Client({.max_body = 99'999}).send({.url = server.server.url()}).error().code, Code::resource_exhausted);
  EXPECT_EQ(Client({.max_body = 100'000}).send({.url = server.server.url()})->body.size(), 100'000u);
}

// Takes a body on a pool thread and sends as much back, both in pieces.
struct PumpServer {
  Pool pool{"test", 2, 10};
  TestServer server{[this](StreamPtr stream) {
    stream->limit({.max_bytes = std::uint64_t{4} << 30});
    ASSERT_TRUE(pool.post([stream] { pump(stream); }));
  }};

  static void pump(const StreamPtr& stream) {
    std::vector<std::byte> buffer(256 << 10);
    std::uint64_t total = 0;
    for (;;) {
      auto n = stream->read(buffer);
      if (!n) return stream->send(Response::text(400, "text/plain", n.error().message));
      if (*n == 0) break;
      total += *n;
    }
    stream->start({.headers = {{"X-Total", std::to_string(total)}}});
    auto block = std::make_shared<std::string>(256 << 10, 'y');
    for (std::uint64_t sent = 0; sent < total;) {
      auto n = static_cast<std::size_t>(std::min<std::uint64_t>(block->size(), total - sent));
      Chunk chunk(std::as_bytes(std::span(*block)).first(n), block);
      if (!stream->write(std::move(chunk))) return stream->abort();
      sent += n;
    }
    stream->finish();
  }
};

TEST(Client, StreamsBodiesBothWays) {
  PumpServer server;
  Client client;
  for (bool sized : {true, false}) {
    std::uint64_t size = 20'000'001, given = 0, taken = 0;
    ClientRequest request{.method = "PUT", .url = server.server.server.url()};
    request.body_source = [&](std::span<std::byte> into) -> Result<std::size_t> {
      auto n = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size - given));
      std::memset(into.data(), 'x', n);
      given += n;
      return n;
    };
    if (sized) request.body_size = size;
    request.sink = [&](std::span<const std::byte> piece) -> Status {
      taken += piece.size();
      return {};
    };
    auto answer = client.send(request);
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->header("X-Total"), std::to_string(size));
    EXPECT_EQ(taken, size);
    EXPECT_EQ(answer->body, "");
  }
}

TEST(Client, ErrorsOfSourceAndSinkComeBack) {
  PumpServer server;
  Client client;
  ClientRequest request{.method = "PUT", .url = server.server.server.url()};
  request.body_source = [](std::span<std::byte>) -> Result<std::size_t> { return data_loss("the disk is broken"); };
  EXPECT_EQ(client.send(request).error().code, Code::data_loss);
  request.body_source = [](std::span<std::byte>) -> Result<std::size_t> { throw std::runtime_error("thrown"); };
  EXPECT_EQ(client.send(request).error().code, Code::internal);
  request.body_source = nullptr;
  request.body = "x";
  request.sink = [](std::span<const std::byte>) -> Status { return aborted("enough"); };
  EXPECT_EQ(client.send(request).error().code, Code::aborted);
}

TEST(Client, ASinkTakesOnlyWhatSucceeded) {
  TestServer server([](StreamPtr stream) { stream->send(Response::text(404, "text/plain", "not here")); });
  ClientRequest request{.url = server.server.url()};
  request.sink = [](std::span<const std::byte>) -> Status { return internal("must not be called"); };
  auto answer = Client().send(request);
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "not here");
}

TEST(Client, ManyThreadsShareOne) {
  TestServer server(echo);
  Client client;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        std::string path = "/" + std::to_string(t * 1000 + i);
        auto answer = client.send({.url = server.server.url() + path});
        ASSERT_TRUE(answer) << answer.error().describe();
        EXPECT_EQ(answer->body, "GET " + path + "  ");
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace souk::net
