// SPDX-License-Identifier: Apache-2.0
#include "net/http2/connection.h"

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "net/http2/raw_http2_test.h"

namespace souk::net {
namespace {

using Raw = RawHttp2;

TEST(Http2, AnswersRequests) {
  TestServer server(echo);
  Raw client(server.port());
  client.get(1, "/a%20b?x=1&y");
  Http2Answer answer = client.answer(1);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "GET /a%20b x=1&y ");
  EXPECT_EQ(answer.fields["content-length"], "17");
  EXPECT_NE(answer.fields["date"].find(" GMT"), std::string::npos);
  client.head(3, request_fields("POST", "/p", {{"content-length", "5"}}), false);
  client.send(Raw::kData, 0, 3, "hel");
  client.send(Raw::kData, Raw::kEndStream, 3, "lo");
  EXPECT_EQ(client.answer(3).body, "POST /p  hello");
  client.head(5, request_fields("POST", "/unknown-length"), false);
  client.send(Raw::kData, 0, 5, "abc");
  client.send(Raw::kHeaders, Raw::kEndHeaders | Raw::kEndStream, 5, pack_fields({{"a-trailer", "t"}}));
  EXPECT_EQ(client.answer(5).body, "POST /unknown-length  abc");
}

TEST(Http2, BeginsInPieces) {
  TestServer server(echo);
  RawClient client(server.port());
  std::string begin(Raw::kPreface);
  begin += frame_text(Raw::kSettings, 0, 0, "");
  begin += frame_text(Raw::kHeaders, 5, 1, pack_fields(request_fields("GET", "/")));
  for (char c : begin) ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_NE(client.until("GET /  ").find("GET /  "), std::string::npos);
}

TEST(Http2, HandsOverTheWholeHead) {
  std::promise<FieldList> seen;
  TestServer server([&](StreamPtr stream) {
    FieldList fields;
    for (const HeaderView& h : stream->head().headers) fields.emplace_back(h.name, h.value);
    fields.emplace_back("target", stream->head().target);
    fields.emplace_back("trailers", stream->head().takes_trailers ? "yes" : "no");
    EXPECT_EQ(stream->head().header("Host"), "h");
    seen.set_value(fields);
    stream->send(Response::text(200, "text/plain", ""));
  });
  Raw client(server.port());
  client.head(1, request_fields("GET", "/x?y", {{"cookie", "a=1"}, {"x", "1"}, {"cookie", "b=2"}, {"x", "2"}}));
  FieldList expected{{"cookie", "a=1; b=2"}, {"x", "1"},         {"x", "2"},
                     {"host", "h"},          {"target", "/x?y"}, {"trailers", "yes"}};
  EXPECT_EQ(seen.get_future().get(), expected);
}

TEST(Http2, AnswersSeveralAtOnceInAnyOrder) {
  std::vector<StreamPtr> waiting;
  std::promise<void> all;
  TestServer server(
      [&](StreamPtr stream) {
        waiting.push_back(std::move(stream));
        if (waiting.size() == 50) all.set_value();
      },
      {.threads = 1});
  Raw client(server.port());
  for (int i = 0; i < 50; ++i) client.get(2 * i + 1, "/" + std::to_string(i));
  all.get_future().get();
  for (int i = 49; i >= 0; --i) {
    auto n = static_cast<std::size_t>(i);
    waiting[n]->send(Response::text(200, "text/plain", std::string(waiting[n]->head().path)));
    waiting[n].reset();
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.answer(2 * i + 1).body, "/" + std::to_string(i));
}

TEST(Http2, BodilessAnswersAndTrailers) {
  TestServer server([](StreamPtr stream) {
    std::string_view path = stream->head().path;
    if (path == "/trailers") {
      Response response = Response::text(200, "text/plain", "body");
      response.trailers = {{"Grpc-Status", "0"}, {"bad name", "x"}};
      return stream->send(std::move(response));
    }
    if (path == "/only-trailers") {
      Response response;
      response.trailers = {{"a", "b"}};
      return stream->send(std::move(response));
    }
    if (path == "/stream") {
      stream->start({});
      return stream->write(Chunk("abc"), [stream](Status) {
        stream->write(Chunk(""), [stream](Status empty) {
          EXPECT_TRUE(empty);
          stream->write(Chunk("def"), [stream](Status) { stream->finish({{"t", "1"}}); });
        });
      });
    }
    if (path == "/blob") return stream->send(Response{}.add("Content-Length", "12345"));
    stream->send(Response::text(path == "/204" ? 204 : 200, "text/plain", "body"));
  });
  Raw client(server.port());
  client.get(1, "/trailers");
  Http2Answer answer = client.answer(1);
  EXPECT_EQ(answer.body, "body");
  EXPECT_EQ(answer.trailers, (std::map<std::string, std::string>{{"grpc-status", "0"}}));
  client.get(3, "/only-trailers");
  EXPECT_EQ(client.answer(3).trailers["a"], "b");
  client.get(5, "/stream");
  EXPECT_EQ(client.answer(5).body, "abcdef");
  EXPECT_EQ(client.answer(5).trailers["t"], "1");
  client.head(7, request_fields("HEAD", "/"));
  EXPECT_EQ(client.answer(7).body, "");
  EXPECT_EQ(client.answer(7).fields["content-length"], "4");
  client.head(9, request_fields("HEAD", "/blob"));
  EXPECT_EQ(client.answer(9).fields["content-length"], "12345");
  client.get(11, "/204");
  EXPECT_EQ(client.answer(11).status, 204);
  EXPECT_FALSE(client.answer(11).fields.contains("content-length"));
}

TEST(Http2, FieldsCannotBreakOut) {
  TestServer server([](StreamPtr stream) {
    Response response = Response::text(200, "text/plain", "x");
    response.add("X-A", "one\r\nx-b: two").add("bad name", "v").add("Connection", "close").add("X-Space", "  v\t");
    response.add("Transfer-Encoding", "chunked").add("Keep-Alive", "1").add("Date", "never");
    stream->send(std::move(response));
  });
  Raw client(server.port());
  client.get(1);
  Http2Answer answer = client.answer(1);
  EXPECT_EQ(answer.fields["x-a"], "one  x-b: two");
  EXPECT_EQ(answer.fields["x-space"], "v");
  EXPECT_NE(answer.fields["date"], "never");
  for (const char* name : {"x-b", "bad name", "connection", "transfer-encoding", "keep-alive"})
    EXPECT_FALSE(answer.fields.contains(name)) << name;
}

struct BadHead {
  std::string name;
  FieldList fields;
  int status;  // 0: the stream is reset
};

TEST(Http2, RefusesMalformedHeads) {
  auto with = [](FieldList more) { return request_fields("GET", "/", std::move(more)); };
  std::vector<BadHead> heads{
      {"no path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "h"}}, 0},
      {"no method", {{":path", "/"}, {":scheme", "http"}, {":authority", "h"}}, 0},
      {"path twice",
       {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":path", "/b"}, {":authority", "h"}},
       0},
      {"pseudo field late",
       {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"x", "y"}, {":authority", "h"}},
       0},
      {"unknown pseudo field", with({{":status", "200"}}), 0},
      {"upper case", with({{"X-Y", "z"}}), 0},
      {"connection field", with({{"connection", "close"}}), 0},
      {"transfer-encoding", with({{"transfer-encoding", "chunked"}}), 0},
      {"te", with({{"te", "gzip"}}), 0},
      {"line in a value", with({{"x", "a\r\nb: c"}}), 0},
      {"NUL in a value", with({{"x", std::string("a\0b", 3)}}), 0},
      {"space in a name", with({{"x y", "z"}}), 0},
      {"length not a number", with({{"content-length", "5x"}}), 0},
      {"two lengths", with({{"content-length", "5"}, {"content-length", "6"}}), 0},
      {"no host", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}, 0},
      {"two hosts", with({{"host", "other"}}), 400},
      {"relative path", request_fields("GET", "a"), 0},
      {"star", request_fields("GET", "*"), 0},
      {"fragment", request_fields("GET", "/a#b"), 400},
      {"space in path", request_fields("GET", "/a b"), 0},
      {"method with space", request_fields("GE T", "/"), 0},
      {"CONNECT", {{":method", "CONNECT"}, {":authority", "h:80"}}, 400},
      {"expectation", with({{"expect", "tea"}}), 417},
      {"long target", request_fields("GET", "/" + std::string(17'000, 'a')), 414},
      {"large fields", with({{"x", std::string(40'000, 'a')}, {"y", std::string(40'000, 'a')}}), 431},
  };
  FieldList many;
  for (int i = 0; i < 200; ++i) many.emplace_back("x", "y");
  heads.push_back({"many fields", with(many), 431});
  TestServer server(echo);
  Raw client(server.port());
  int stream = 1;
  for (const BadHead& head : heads) {
    std::string packed = pack_fields(head.fields);
    for (std::size_t at = 0; at < packed.size(); at += 16'384) {
      bool last = at + 16'384 >= packed.size();
      client.send(at == 0 ? Raw::kHeaders : Raw::kContinuation, (at == 0 ? 1 : 0) | (last ? Raw::kEndHeaders : 0),
                  stream, packed.substr(at, 16'384));
    }
    Http2Answer answer = client.answer(stream);
    EXPECT_EQ(answer.status, head.status) << head.name;
    if (head.status == 0) {
      EXPECT_EQ(answer.reset, 1) << head.name;
    } else {
      EXPECT_NE(answer.body.find("\"detail\":\""), std::string::npos) << head.name;
    }
    stream += 2;
  }
  client.get(stream);
  EXPECT_EQ(client.answer(stream).status, 200) << "the connection is still good";
}

TEST(Http2, ABodyMustHaveTheLengthItNamed) {
  TestServer server(echo);
  Raw client(server.port());
  client.head(1, request_fields("POST", "/", {{"content-length", "5"}}), false);
  client.send(Raw::kData, Raw::kEndStream, 1, "four");
  EXPECT_EQ(client.answer(1).reset, 1);
  client.head(3, request_fields("POST", "/", {{"content-length", "5"}}), false);
  client.send(Raw::kData, Raw::kEndStream, 3, "sixsix");
  EXPECT_EQ(client.answer(3).reset, 1);
}

TEST(Http2, SaysContinueOnceTheBodyIsWanted) {
  TestServer server(echo);
  Raw client(server.port());
  client.head(1, request_fields("POST", "/", {{"expect", "100-continue"}}), false);
  client.next(Raw::kHeaders);
  EXPECT_EQ(client.so_far(1).status, 100);
  client.send(Raw::kData, Raw::kEndStream, 1, "body");
  EXPECT_EQ(client.answer(1).body, "POST /  body");
}

TEST(Http2, TellsWhenTheClientLeaves) {
  std::promise<StreamPtr> asked;
  std::promise<void> gone;
  TestServer server([&](StreamPtr stream) {
    if (stream->head().path != "/wait") return echo(std::move(stream));
    stream->on_gone([&] { gone.set_value(); });
    asked.set_value(std::move(stream));
  });
  Raw client(server.port());
  client.get(1, "/wait");
  StreamPtr stream = asked.get_future().get();
  EXPECT_FALSE(stream->gone());
  client.send(Raw::kReset, 0, 1, number_text(8));
  gone.get_future().get();
  EXPECT_TRUE(stream->gone());
  stream->send(Response::text(200, "text/plain", "to nobody"));
  std::byte one;
  EXPECT_FALSE(stream->read({&one, 1}));
  client.get(3, "/next");
  EXPECT_EQ(client.answer(3).body, "GET /next  ");
}

TEST(Http2, AClientThatEndsWhileItsBodyIsAwaited) {
  std::promise<Error> failed;
  TestServer server([&](StreamPtr stream) {
    auto* raw = stream.get();
    raw->collect([&, stream](Result<std::shared_ptr<std::string>> body) {
      ASSERT_FALSE(body);
      failed.set_value(body.error());
      stream->send(Response::text(400, "text/plain", ""));
    });
  });
  {
    Raw client(server.port());
    client.head(1, request_fields("POST", "/"), false);
    client.send(Raw::kData, 0, 1, "half");
    client.client.finish_sending();
    EXPECT_EQ(failed.get_future().get().code, Code::cancelled);
    EXPECT_EQ(client.answer(1).status, 400);
  }
}

TEST(Http2, DroppedAndAbortedStreams) {
  TestServer server([](StreamPtr stream) {
    if (stream->head().path == "/drop") return;
    if (stream->head().path == "/leave") return stream->start({});
    stream->start({});
    stream->write(Chunk("abc"), [stream](Status) { stream->abort(); });
  });
  Raw client(server.port());
  client.get(1, "/drop");
  EXPECT_EQ(client.answer(1).status, 500);
  client.get(3, "/leave");
  EXPECT_EQ(client.answer(3).reset, 2);
  client.get(5, "/abort");
  EXPECT_EQ(client.answer(5).reset, 2);
  EXPECT_EQ(client.answer(5).body, "abc");
}

TEST(Http2, DrainFinishesWhatIsUnderWay) {
  std::promise<StreamPtr> asked;
  TestServer server([&](StreamPtr stream) {
    if (stream->head().path == "/wait") return asked.set_value(std::move(stream));
    echo(std::move(stream));
  });
  Raw client(server.port());
  client.get(1, "/wait");
  StreamPtr stream = asked.get_future().get();
  std::thread draining([&] { server.server.drain(); });
  Frame warning = client.next(Raw::kGoaway);
  EXPECT_EQ(warning.number(), 0x7fffffffu) << "first a warning";
  client.get(3, "/sent-before-it-knew");
  EXPECT_EQ(client.answer(3).status, 200);
  Frame last = client.next(Raw::kGoaway);
  EXPECT_EQ(last.number(), 3u);
  stream->send(Response::text(200, "text/plain", "late"));
  stream.reset();
  EXPECT_EQ(client.answer(1).body, "late");
  EXPECT_TRUE(client.ended());
  client.client.close();
  draining.join();
}

TEST(Http2, AStreamMayOutliveItsServer) {
  StreamPtr kept;
  {
    std::promise<void> asked;
    TestServer server([&](StreamPtr stream) {
      kept = std::move(stream);
      asked.set_value();
    });
    Raw client(server.port());
    client.get(1, "/kept");
    asked.get_future().get();
  }
  EXPECT_EQ(kept->head().path, "/kept");
  EXPECT_TRUE(kept->gone());
  kept->send(Response::text(200, "text/plain", "to nobody"));
  std::byte one;
  EXPECT_FALSE(kept->read({&one, 1}));
}

TEST(Http2, GarbageEndsTheConnection) {
  TestServer server(echo, {.threads = 1});
  for (std::string garbage :
       {std::string(1000, 'x'), frame_text(Raw::kSettings, 0, 1, ""), frame_text(Raw::kData, 0, 0, "x"),
        frame_text(Raw::kHeaders, 4, 2, "\x82"), frame_text(Raw::kPing, 0, 0, "short"),
        frame_text(Raw::kHeaders, 5, 1, "\xff\xff\xff"), frame_text(Raw::kContinuation, 4, 1, ""),
        frame_text(Raw::kPush, 4, 1, "1234"), frame_text(Raw::kData, 0, 1, std::string(20'000, 'x'))}) {
    Raw client(server.port());
    client.client.send(garbage);
    EXPECT_TRUE(client.ended());
    EXPECT_GT(client.goaway_code, 0);
  }
  RawClient no_settings(server.port());
  no_settings.send(std::string(Raw::kPreface) + frame_text(Raw::kPing, 0, 0, "12345678"));
  EXPECT_TRUE(no_settings.ended());
}

// Reads a piece, writes it, and reads the next once that was taken.
struct PieceByPiece : std::enable_shared_from_this<PieceByPiece> {
  StreamPtr stream;
  std::array<std::byte, 64> piece;

  void next() {
    stream->read(piece, [self = shared_from_this()](Result<std::size_t> got) {
      ASSERT_TRUE(got);
      if (*got == 0) return self->stream->finish();
      std::string bytes(reinterpret_cast<const char*>(self->piece.data()), *got);
      self->stream->write(Chunk(std::move(bytes)), [self](Status) { self->next(); });
    });
  }
};

TEST(Http2, WhatIsHereAlreadyIsReadWithoutWaitingForMore) {
  TestServer server([](StreamPtr stream) {
    auto one = std::make_shared<PieceByPiece>();
    one->stream = std::move(stream);
    one->stream->start({});
    one->next();
  });
  Raw client(server.port());
  const std::string body(16'000, 'x');  // 250 pieces; on the tick they would take 25 seconds
  const auto begun = std::chrono::steady_clock::now();
  client.head(1, request_fields("POST", "/"), false);
  client.send(Raw::kData, Raw::kEndStream, 1, body);
  EXPECT_EQ(client.answer(1).body, body);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
}

TEST(Http2, MegabytesBothWays) {
  TestServer server([](StreamPtr stream) {
    stream->limit({.max_bytes = 64 << 20});
    echo(std::move(stream));
  });
  Raw client(server.port(), std::string("\0\4", 2) + number_text(0x7fffffff));
  client.widen(0, 0x7fffffff - 65'535);
  std::string body(8 << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 24);
  client.head(1, request_fields("POST", "/"), false);
  std::int64_t window = 65'535, stream_window = 65'535;
  std::size_t at = 0;
  bool settings_seen = false;
  while (at < body.size()) {
    while (at < body.size() && window >= 16'384 && stream_window >= 16'384) {
      std::size_t n = std::min<std::size_t>(16'384, body.size() - at);
      client.send(Raw::kData, at + n == body.size() ? 1 : 0, 1, std::string_view(body).substr(at, n));
      at += n;
      window -= static_cast<std::int64_t>(n);
      stream_window -= static_cast<std::int64_t>(n);
    }
    if (at == body.size()) break;
    Frame frame = client.next();
    ASSERT_GE(frame.type, 0);
    if (frame.type == Raw::kWindow) (frame.stream == 0 ? window : stream_window) += frame.number();
    if (frame.type == Raw::kSettings && (frame.flags & 1) == 0 && !settings_seen) {
      settings_seen = true;
      client.send(Raw::kSettings, Raw::kAck, 0, "");
      stream_window += (1 << 20) - 65'535;
    }
  }
  Http2Answer answer = client.answer(1);
  EXPECT_TRUE(answer.body == "POST /  " + body);
}

}  // namespace
}  // namespace souk::net
