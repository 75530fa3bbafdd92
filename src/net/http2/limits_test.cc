// SPDX-License-Identifier: Apache-2.0
//
// What an HTTP/2 client may not do: too much, too often, too slowly.
#include <atomic>
#include <future>

#include "net/http2/connection.h"
#include "net/http2/raw_http2_test.h"

namespace souk::net {
namespace {

using Raw = RawHttp2;

ServerSettings quick(std::chrono::milliseconds head, std::chrono::milliseconds idle) {
  ServerSettings settings{.threads = 1};
  settings.head_timeout = head;
  settings.idle_timeout = idle;
  return settings;
}

TEST(Http2Limits, KeepsToTheClientsWindows) {
  std::string body(100'000, 'b');
  TestServer server([&](StreamPtr stream) { stream->send(Response::text(200, "text/plain", body)); });
  Raw client(server.port(), std::string("\0\4", 2) + number_text(1000));  // SETTINGS_INITIAL_WINDOW_SIZE
  client.get(1);
  while (client.so_far(1).body.size() < 1000 && client.next(Raw::kData).type >= 0) {
  }
  client.send(Raw::kPing, 0, 0, "12345678");
  client.next(Raw::kPing);
  EXPECT_EQ(client.so_far(1).body.size(), 1000u) << "no more than the window";
  client.widen(1, 500);
  client.next(Raw::kData);
  EXPECT_EQ(client.so_far(1).body.size(), 1500u);
  client.widen(1, 1 << 20);
  client.widen(0, 1 << 20);
  EXPECT_EQ(client.answer(1).body, body);
}

TEST(Http2Limits, WidensItsWindowAsTheBodyIsRead) {
  std::promise<StreamPtr> asked;
  ServerSettings settings{.threads = 1};
  settings.http2_window.count = 64 << 10;
  TestServer server(
      [&](StreamPtr stream) {
        stream->limit({.max_bytes = 10 << 20});
        asked.set_value(std::move(stream));
      },
      settings);
  Raw client(server.port());
  client.head(1, request_fields("POST", "/"), false);
  StreamPtr stream = asked.get_future().get();
  for (int i = 0; i < 4; ++i) client.send(Raw::kData, 0, 1, std::string(16'000, 'x'));
  client.send(Raw::kPing, 0, 0, "12345678");
  Frame frame;
  do {
    frame = client.next();
    EXPECT_FALSE(frame.type == Raw::kWindow && frame.stream == 1) << "nobody has read";
  } while (frame.type != Raw::kPing && frame.type >= 0);
  std::string into(64'000, '\0');
  std::size_t got = 0;
  while (got < into.size()) {
    auto n = stream->read(std::as_writable_bytes(std::span(into)).subspan(got));
    ASSERT_TRUE(n);
    got += *n;
  }
  EXPECT_EQ(into, std::string(64'000, 'x'));
  do {
    frame = client.next(Raw::kWindow);
  } while (frame.number() == 1);  // of the connection's first window, which may come after the answer to the ping
  EXPECT_GE(frame.number(), 32'000u);
  client.send(Raw::kData, Raw::kEndStream, 1, "y");
  EXPECT_EQ(stream->read(std::as_writable_bytes(std::span(into))).value(), 1u);
  EXPECT_EQ(stream->read(std::as_writable_bytes(std::span(into))).value(), 0u);
  stream->send(Response::text(200, "text/plain", "done"));
  EXPECT_EQ(client.answer(1).body, "done");
}

TEST(Http2Limits, ABodyPastTheWindowIsRefused) {
  ServerSettings settings{.threads = 1};
  settings.http2_window.count = 64 << 10;
  std::promise<StreamPtr> asked;
  TestServer server([&](StreamPtr stream) { asked.set_value(std::move(stream)); }, settings);
  Raw client(server.port());
  client.head(1, request_fields("POST", "/"), false);
  StreamPtr stream = asked.get_future().get();
  for (int i = 0; i < 6; ++i) client.send(Raw::kData, 0, 1, std::string(16'384, 'x'));
  int reset = client.answer(1).reset;
  EXPECT_TRUE(reset == 3 || client.goaway_code == 3) << "FLOW_CONTROL_ERROR, of the stream or of the connection";
}

TEST(Http2Limits, LimitsBodies) {
  TestServer server([](StreamPtr stream) {
    stream->limit({.max_bytes = 10, .idle_timeout = std::chrono::milliseconds(300)});
    echo(std::move(stream));
  });
  Raw client(server.port());
  client.head(1, request_fields("POST", "/named", {{"content-length", "11"}}), false);
  EXPECT_EQ(client.answer(1).status, 413);
  client.head(3, request_fields("POST", "/unnamed"), false);
  client.send(Raw::kData, 0, 3, "0123456789");
  client.send(Raw::kData, 0, 3, "a");
  EXPECT_EQ(client.answer(3).status, 413);
  Frame reset = client.next(Raw::kReset);
  EXPECT_EQ(reset.stream, 3) << "the rest is not waited for";
  EXPECT_EQ(reset.number(), 0u);
  client.head(5, request_fields("POST", "/slow"), false);
  client.send(Raw::kData, 0, 5, "0123");
  EXPECT_EQ(client.answer(5).status, 408);
  client.get(7);
  EXPECT_EQ(client.answer(7).status, 200);
}

TEST(Http2Limits, RefusesStreamsPastItsLimit) {
  std::vector<StreamPtr> waiting;
  TestServer server([&](StreamPtr stream) { waiting.push_back(std::move(stream)); }, {.threads = 1, .max_streams = 3});
  Raw client(server.port());
  Frame settings = client.next(Raw::kSettings);
  EXPECT_EQ(settings.number(2), 3u) << "SETTINGS_MAX_CONCURRENT_STREAMS comes first";
  for (int i = 0; i < 4; ++i) client.get(2 * i + 1);
  EXPECT_EQ(client.answer(7).reset, 7) << "REFUSED_STREAM";
  for (auto& stream : waiting) stream->send(Response::text(200, "text/plain", "x"));
  EXPECT_EQ(client.answer(5).status, 200);
  waiting.clear();
}

TEST(Http2Limits, ResetStreamsThatAreStillWorkedOnCount) {
  std::mutex mutex;
  std::vector<StreamPtr> held;
  TestServer server(
      [&](StreamPtr stream) {
        std::lock_guard lock(mutex);
        held.push_back(std::move(stream));
      },
      {.threads = 1, .max_streams = 4});
  Raw client(server.port());
  for (int i = 0; i < 20; ++i) {
    client.get(2 * i + 1);
    client.send(Raw::kReset, 0, 2 * i + 1, number_text(8));
  }
  client.send(Raw::kPing, 0, 0, "12345678");
  client.next(Raw::kPing);
  {
    std::lock_guard lock(mutex);
    EXPECT_EQ(held.size(), 8u);
    for (auto& stream : held) EXPECT_TRUE(stream->gone());
    for (auto& stream : held) stream->send(Response::text(200, "text/plain", "to nobody"));
    held.clear();
  }
}

struct Flood {
  std::string name;
  std::string frame;  // sent over and over
};

TEST(Http2Limits, Floods) {
  std::string get = frame_text(Raw::kHeaders, 5, 0, pack_fields(request_fields("GET", "/")));
  std::vector<Flood> floods{
      {"ping", frame_text(Raw::kPing, 0, 0, "12345678")},
      {"settings", frame_text(Raw::kSettings, 0, 0, std::string("\0\4", 2) + number_text(1000))},
      {"priority", frame_text(Raw::kPriority, 0, 99, number_text(1) + "x")},
      {"windows in crumbs", frame_text(Raw::kWindow, 0, 0, number_text(1))},
      {"empty data", frame_text(Raw::kData, 0, 1, "")},
  };
  TestServer server([kept = std::vector<StreamPtr>()](StreamPtr stream) mutable { kept.push_back(std::move(stream)); },
                    {.threads = 1});
  for (const Flood& flood : floods) {
    Raw client(server.port());
    client.head(1, request_fields("POST", "/"), false);
    std::string many;
    for (int i = 0; i < 500; ++i) many += flood.frame;
    for (int i = 0; i < 60 && client.client.send(many); ++i) {
    }
    EXPECT_TRUE(client.ended()) << flood.name;
    EXPECT_EQ(client.goaway_code, 11) << flood.name << ": ENHANCE_YOUR_CALM";
  }
}

TEST(Http2Limits, RapidReset) {
  std::atomic<int> begun{0};
  TestServer server(
      [&](StreamPtr stream) {
        ++begun;
        stream->send(Response::text(200, "text/plain", "x"));
      },
      {.threads = 1});
  Raw client(server.port());
  int stream = 1;
  for (int round = 0; round < 200; ++round) {
    std::string many;
    for (int i = 0; i < 100; ++i, stream += 2) {
      many += frame_text(Raw::kHeaders, 5, stream, pack_fields(request_fields("GET", "/")));
      many += frame_text(Raw::kReset, 0, stream, number_text(8));
    }
    if (!client.client.send(many)) break;
  }
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(client.goaway_code, 11);
  EXPECT_LT(begun, 3000);
}

TEST(Http2Limits, EndlessHeads) {
  TestServer server(echo, {.threads = 1});
  Raw many(server.port());
  many.send(Raw::kHeaders, 1, 1, pack_fields(request_fields("GET", "/")));
  for (int i = 0; i < 100'000 && many.send(Raw::kContinuation, 0, 1, pack_fields({{"a", "b"}})); ++i) {
  }
  EXPECT_TRUE(many.ended());
  TestServer slow_server(echo, quick(std::chrono::milliseconds(300), std::chrono::seconds(60)));
  Raw slow(slow_server.port());
  slow.send(Raw::kHeaders, 1, 1, pack_fields(request_fields("GET", "/")));
  EXPECT_TRUE(slow.ended()) << "a head has its time";
  EXPECT_EQ(slow.goaway_code, 11);
}

// A few bytes that name one large remembered field over and over (RFC 7541, 6.1).
TEST(Http2Limits, CompressedHeadsCannotSwell) {
  TestServer server(echo, {.threads = 1});
  Raw client(server.port());
  std::string block = pack_fields(request_fields("GET", "/"));
  std::string value(3900, 'v');
  block += '\x40';
  block += pack_fields({{"x", value}}).substr(1);
  block += std::string(10'000, '\xbe');  // the newest entry of the table
  client.send(Raw::kHeaders, 5, 1, block);
  Http2Answer answer = client.answer(1);
  EXPECT_TRUE(answer.status == 431 || answer.reset >= 0 || client.goaway_code >= 0) << answer.status;
}

TEST(Http2Limits, AClientThatTakesNothingIsCutOff) {
  std::promise<Status> written;
  TestServer server([&](StreamPtr stream) {
    stream->limit({.idle_timeout = std::chrono::milliseconds(300)});
    stream->start({});
    stream->write(Chunk(std::string(100'000, 'x')), [&, stream](Status status) { written.set_value(status); });
  });
  Raw client(server.port());
  client.get(1);
  EXPECT_EQ(client.answer(1).reset, 8) << "CANCEL: the client's window stays shut";
  EXPECT_FALSE(written.get_future().get());
}

TEST(Http2Limits, IdleConnectionsEnd) {
  TestServer server(echo, quick(std::chrono::seconds(10), std::chrono::milliseconds(300)));
  Raw client(server.port());
  client.get(1);
  EXPECT_EQ(client.answer(1).status, 200);
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(client.goaway_code, 0);
  EXPECT_EQ(client.goaway_last, 1);
}

}  // namespace
}  // namespace souk::net
