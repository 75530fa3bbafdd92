// SPDX-License-Identifier: Apache-2.0
#include "net/sse.h"

#include <future>
#include <thread>

#include "net/raw_client_test.h"

namespace souk::net {
namespace {

std::vector<ServerEvent> parse(std::string_view text, std::size_t piece) {
  EventParser parser;
  std::vector<ServerEvent> events;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    auto some = parser.feed(text.substr(0, piece));
    EXPECT_TRUE(some);
    events.insert(events.end(), some->begin(), some->end());
  }
  return events;
}

TEST(EventParser, ReadsWhatTheSpecificationSays) {
  std::string text =
      "\xEF\xBB\xBF: hello\n\nid: 7\nevent: moved\ndata: one\ndata:two\ndata\nretry: 250\n\n"
      "data: x\r\n\r\ndata: y\r\rid\ndata: z\n\nevent: none\n\nid: 9\n\nunknown: 1\ndata:  two spaces\n\ndata: cut";
  for (std::size_t piece : {1, 2, 3, 1000}) {
    std::vector<ServerEvent> events = parse(text, piece);
    ASSERT_EQ(events.size(), 5u) << "in pieces of " << piece;
    EXPECT_EQ(events[0].id, "7");
    EXPECT_EQ(events[0].type, "moved");
    EXPECT_EQ(events[0].data, "one\ntwo\n");
    EXPECT_EQ(events[0].retry, std::chrono::milliseconds(250));
    EXPECT_EQ(events[1].data, "x");
    EXPECT_EQ(events[1].id, "7") << "the last id stays";
    EXPECT_EQ(events[2].data, "y");
    EXPECT_EQ(events[3].data, "z");
    EXPECT_EQ(events[3].id, "");
    EXPECT_EQ(events[4].data, " two spaces");
    EXPECT_EQ(events[4].type, "");
    EXPECT_EQ(events[4].id, "9");
  }
}

TEST(EventParser, RefusesAnEventWithoutAnEnd) {
  EventParser parser(1000);
  std::string line = "data: " + std::string(400, 'x') + "\n";
  EXPECT_TRUE(parser.feed(line));
  EXPECT_TRUE(parser.feed(line));
  EXPECT_EQ(parser.feed(line).error().code, Code::resource_exhausted);
}

struct EventServer {
  std::promise<StreamPtr> asked;
  TestServer server{[this](StreamPtr stream) { asked.set_value(std::move(stream)); }};
  RawClient client{server.port(), 4096};
  EventServer() { client.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n"); }
  StreamPtr stream() { return asked.get_future().get(); }
};

// A client that leaves as soon as anybody listens for it: what another thread may do at any time.
struct LeavingStream : Stream {
  RequestHead request;
  bool finished = false;
  const RequestHead& head() const override { return request; }
  void limit(const BodyLimits&) override {}
  void read(std::span<std::byte>, std::function<void(Result<std::size_t>)>) override {}
  void collect(std::function<void(Result<std::shared_ptr<std::string>>)>) override {}
  void send(Response) override {}
  void start(ResponseHead) override {}
  void write(Chunk, std::function<void(Status)>) override {}
  void finish() override { finished = true; }
  void abort() override {}
  bool gone() const override { return true; }
  void on_gone(std::function<void()> f) override { f(); }
  void post(std::function<void()> f) override { f(); }
};

TEST(EventWriter, AClientMayLeaveWhileItBegins) {
  auto stream = std::make_shared<LeavingStream>();
  EventWriter writer(stream);
  EXPECT_TRUE(stream->finished);
  EXPECT_FALSE(writer.open());
  EXPECT_EQ(writer.send({.id = "1", .type = "", .data = "late", .retry = std::nullopt}).error().code, Code::cancelled);
  bool closed = false;
  writer.on_close([&] { closed = true; });
  EXPECT_TRUE(closed);
}

TEST(EventWriter, WritesEventsFromManyThreads) {
  EventServer s;
  EventWriter writer(s.stream(), {.keep_alive = std::chrono::milliseconds(100)});
  std::string head = s.client.until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos);
  s.client.until(": keep-alive\n\n");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(writer.send({.id = "1", .type = "t", .data = "a\r\nb\nc\rd"}));
    });
  }
  int found = 0;
  while (found < 200 && !s.client.until("id: 1\nevent: t\ndata: a\ndata: b\ndata: c\ndata: d\n\n").empty()) ++found;
  EXPECT_EQ(found, 200);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(writer.send({.id = "1\ndata: forged"}).error().code, Code::invalid_argument);
  writer.close();
  EXPECT_TRUE(s.client.until("0\r\n\r\n").ends_with("0\r\n\r\n"));
  EXPECT_EQ(writer.send({.data = "late"}).error().code, Code::cancelled);
}

TEST(EventWriter, CutsOffAClientThatDoesNotRead) {
  EventServer s;
  EventWriter writer(s.stream(), {.max_waiting = 64 << 10});
  std::promise<void> closed;
  writer.on_close([&] { closed.set_value(); });
  ServerEvent event{.data = std::string(8 << 10, 'x')};
  Status status;
  for (int i = 0; i < 100'000 && status; ++i) status = writer.send(event);
  ASSERT_FALSE(status) << "the socket cannot have taken 800 MB";
  EXPECT_EQ(status.error().code, Code::resource_exhausted);
  closed.get_future().get();
  EXPECT_FALSE(writer.open());
  EXPECT_TRUE(s.client.ended());
}

TEST(EventWriter, ClosesWhenTheClientLeaves) {
  EventServer s;
  EventWriter writer(s.stream());
  std::promise<void> closed;
  writer.on_close([&] { closed.set_value(); });
  s.client.close();
  closed.get_future().get();
  EXPECT_FALSE(writer.send({.data = "x"}));
}

TEST(EventWriter, ClosesWhenTheServerDrains) {
  EventServer s;
  EventWriter writer(s.stream());
  s.client.until("\r\n\r\n");
  std::thread draining([&] { s.server.server.drain(); });
  EXPECT_TRUE(s.client.until("0\r\n\r\n").ends_with("0\r\n\r\n"));
  s.client.close();
  draining.join();
  EXPECT_EQ(writer.send({.data = "x"}).error().code, Code::cancelled);
}

}  // namespace
}  // namespace souk::net
