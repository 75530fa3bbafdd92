// SPDX-License-Identifier: Apache-2.0
#include "net/server.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "base/pool.h"
#include "net/raw_client_test.h"

namespace souk::net {
namespace {

TEST(Server, AnswersAndKeepsTheConnection) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("GET /a%20b?x=1&y HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string first = client.until("GET /a%20b x=1&y ");
  EXPECT_EQ(status_of(first), 200);
  EXPECT_NE(first.find("Content-Length: 17\r\n"), std::string::npos) << first;
  EXPECT_NE(first.find("\r\nDate: "), std::string::npos);
  EXPECT_NE(first.find(" GMT\r\n"), std::string::npos);
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(status_of(client.until("POST /p  hello")), 200);
}

TEST(Server, ALoopThatLooksForMoreBeforeItSleepsAnswersAsWell) {
  Pool pool("test", 2, 1000);
  TestServer server(
      [&](StreamPtr stream) {
        if (stream->head().path == "/here") return echo(std::move(stream));
        ASSERT_TRUE(pool.post([stream] { echo(stream); }));
      },
      {.threads = 1, .spin_us = 1'000});
  RawClient client(server.port()), other(server.port());
  for (int i = 0; i < 50; ++i) {
    for (const char* path : {"/here", "/elsewhere"}) {
      for (RawClient* one : {&client, &other}) {
        one->send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(status_of(one->until(std::string("GET ") + path + "  ")), 200);
      }
    }
  }
}

TEST(Server, WhatIsSentTogetherReachesEveryone) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<StreamPtr> kept;
  TestServer server(
      [&](StreamPtr stream) {
        const std::lock_guard lock(mutex);
        kept.push_back(std::move(stream));
        changed.notify_all();
      },
      {.threads = 3});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 7; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send("GET /one HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return kept.size() == clients.size(); });
    const SendTogether together;
    {
      const SendTogether inner;
      for (StreamPtr& stream : kept) echo(std::exchange(stream, nullptr));
    }
  }
  for (auto& client : clients) EXPECT_EQ(status_of(client->until("GET /one  ")), 200);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  Pool pool("test", 2, 1000);
  TestServer server([&](StreamPtr stream) {
    if (stream->head().path.ends_with("7")) return echo(std::move(stream));
    ASSERT_TRUE(pool.post([stream] { echo(stream); }));
  });
  std::string requests, expected;
  for (int i = 0; i < 500; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    expected += "POST /" + std::to_string(i) + "  abc";
  }
  RawClient client(server.port());
  std::thread sender([&] { client.send(requests); });
  std::string bodies;
  for (int i = 0; i < 500; ++i) {
    client.until("\r\n\r\n");
    bodies += client.until("abc");
  }
  sender.join();
  EXPECT_EQ(bodies, expected);
}

TEST(Server, TakesABodyInPieces) {
  TestServer server(echo);
  RawClient client(server.port());
  std::string request =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n1\r\n,\r\n6\r\n "
      "world\r\n0\r\nTrailer: t\r\n\r\n";
  for (char c : request) {
    ASSERT_TRUE(client.send({&c, 1}));
  }
  EXPECT_EQ(status_of(client.until("POST /  hello, world")), 200);
  client.send("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(client.until("GET /next  ")), 200);
}

TEST(Server, HeadAnd204And304HaveNoBody) {
  TestServer server([](StreamPtr stream) {
    std::string_view path = stream->head().path;
    if (path == "/blob") return stream->send(Response{}.add("Content-Length", "12345"));
    int status = path == "/204" ? 204 : path == "/304" ? 304 : 200;
    stream->send(Response::text(status, "text/plain", "body"));
  });
  std::string answers = server.exchange(
      "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /204 HTTP/1.1\r\nHost: h\r\n\r\nGET /304 HTTP/1.1\r\nHost: h\r\n\r\n"
      "HEAD /blob HTTP/1.1\r\nHost: h\r\n\r\nGET /blob HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(answers.find("body"), std::string::npos) << answers;
  std::size_t head = answers.find("Content-Length: 4\r\n");
  ASSERT_NE(head, std::string::npos);
  EXPECT_EQ(answers.find("Content-Length: 4\r\n", head + 1), std::string::npos) << "only HEAD has a length";
  EXPECT_NE(answers.find("Content-Length: 12345\r\n"), std::string::npos);
  EXPECT_TRUE(answers.ends_with("Content-Length: 0\r\n\r\n")) << "a GET's length is that of its body";
}

TEST(Server, StreamsAnAnswerInChunksOrByLength) {
  TestServer server([](StreamPtr stream) {
    ResponseHead head;
    if (stream->head().path == "/length") head.content_length = 6;
    stream->start(head);
    stream->write(Chunk("abc"), [stream](Status first) {
      ASSERT_TRUE(first);
      stream->write(Chunk(""),
                    [stream](Status) { stream->write(Chunk("def"), [stream](Status) { stream->finish(); }); });
    });
  });
  std::string chunked = server.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(chunked.ends_with("\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")) << chunked;
  std::string by_length = server.exchange("GET /length HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(by_length.ends_with("Content-Length: 6\r\n\r\nabcdef")) << by_length;
  std::string old = server.exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.ends_with("Connection: close\r\n\r\nabcdef")) << old;
}

TEST(Server, DroppedStreamIsAnswered500) {
  TestServer server([](StreamPtr) {});
  EXPECT_EQ(status_of(server.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n")), 500);
}

TEST(Server, DrainFinishesWhatIsUnderWay) {
  std::promise<StreamPtr> asked;
  TestServer server([&](StreamPtr stream) { asked.set_value(std::move(stream)); });
  RawClient busy(server.port());
  RawClient idle(server.port());
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  StreamPtr stream = asked.get_future().get();
  std::thread draining([&] { server.server.drain(); });
  EXPECT_TRUE(idle.ended());
  stream->send(Response::text(200, "text/plain", "late"));
  stream.reset();
  std::string answer = busy.until_end();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  busy.close();
  draining.join();
  EXPECT_FALSE(RawClient(server.port()).connected());
}

TEST(Server, SaysWhyItCannotListen) {
  TestServer taken(echo);
  Logger log(Logger::Level::off);
  Metrics metrics;
  auto start = [&](const std::string& listen) { return Server({.threads = 1}, listen, echo, log, metrics).start(); };
  std::string address = "127.0.0.1:" + std::to_string(taken.port());
  Status in_use = start(address);
  ASSERT_FALSE(in_use);
  EXPECT_EQ(in_use.error().code, Code::unavailable);
  EXPECT_NE(in_use.error().message.find(address), std::string::npos) << in_use.error().message;
  for (const char* wrong :
       {"", "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:8a", "::1:80", "a b:1"}) {
    Status status = start(wrong);
    ASSERT_FALSE(status) << wrong;
    EXPECT_EQ(status.error().code, Code::invalid_argument) << wrong;
  }
}

TEST(Server, SettingsAreChecked) {
  ServerSettings settings;
  settings::Table table;
  declare(table, settings);
  EXPECT_TRUE(table.set_flag("net.max_head", "128KiB"));
  EXPECT_EQ(settings.max_head.count, 128u << 10);
  EXPECT_FALSE(table.set_flag("net.max_head", "1"));
  EXPECT_FALSE(table.set_flag("net.idle_timeout", "0ms"));
  EXPECT_FALSE(table.set_flag("net.max_connections", "0"));
}

TEST(Server, AStreamMayOutliveItsServer) {
  StreamPtr kept;
  {
    std::promise<void> asked;
    TestServer server([&](StreamPtr stream) {
      kept = std::move(stream);
      asked.set_value();
    });
    RawClient client(server.port());
    client.send("GET /kept HTTP/1.1\r\nHost: h\r\n\r\n");
    asked.get_future().get();
  }
  EXPECT_EQ(kept->head().path, "/kept");
  EXPECT_TRUE(kept->gone());
  kept->send(Response::text(200, "text/plain", "to nobody"));
  std::byte one;
  EXPECT_FALSE(kept->read({&one, 1}));
}

}  // namespace
}  // namespace souk::net
