// SPDX-License-Identifier: Apache-2.0
#include "net/http1/connection.h"

#include <atomic>
#include <future>
#include <thread>

#include "net/raw_client_test.h"

namespace souk::net {
namespace {

constexpr std::string_view kHead = "POST / HTTP/1.1\r\nHost: h\r\n";

struct Malformed {
  std::string name;
  std::string request;
  int status;
};

std::vector<Malformed> malformed_requests() {
  std::string head(kHead);
  auto many = [](int n) {
    std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < n; ++i) text += "X-Y: z\r\n";
    return text + "\r\n";
  };
  return {
      {"garbage", "\x16\x03\x01\x02\x01\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"control in target", "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"relative target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"CONNECT", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"almost HTTP/2", "PRI * HTTP/2.0\r\n\r\nXM\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"bare LF", "GET / HTTP/1.1\nHost: h\n\n", 400},
      {"one bare LF", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
      {"bare CR", "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400},
      {"NUL in a value", head + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"space before colon", head + "X : y\r\n\r\n", 400},
      {"empty name", head + ": y\r\n\r\n", 400},
      {"folded", head + "X: a\r\n b\r\n\r\n", 400},
      {"folded onto an empty line", head + "X:\r\n b\r\n\r\n", 400},
      {"folded Content-Length", head + "Content-Length: 1\r\n\t0\r\n\r\n", 400},
      {"length and chunks", head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunks and length", head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {"two lengths", head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {"the same length twice", head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
      {"a list of lengths", head + "Content-Length: 5, 5\r\n\r\nhello", 400},
      {"signed length", head + "Content-Length: +5\r\n\r\nhello", 400},
      {"negative length", head + "Content-Length: -5\r\n\r\nhello", 400},
      {"hex length", head + "Content-Length: 0x5\r\n\r\nhello", 400},
      {"length beyond 64 bits", head + "Content-Length: 18446744073709551621\r\n\r\nhello", 400},
      {"empty length", head + "Content-Length:\r\n\r\n", 400},
      {"other coding", head + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"gzip, chunked", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked twice", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked, chunked", head + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
      {"xchunked", head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunk size missing", head + "Transfer-Encoding: chunked\r\n\r\n\r\n\r\n", 400},
      {"chunk size not hex", head + "Transfer-Encoding: chunked\r\n\r\n5g\r\nhello\r\n0\r\n\r\n", 400},
      {"chunk size 0x", head + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400},
      {"chunk size signed", head + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", 400},
      {"chunk size too big", head + "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", 400},
      {"chunk without its end", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX0\r\n\r\n", 400},
      {"chunk with bare LF", head + "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n\r\n\r\n", 400},
      {"chunk extension without end",
       head + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(64 << 10, 'x') + "\r\nhello\r\n0\r\n\r\n", 400},
      {"length in a trailer", head + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n", 400},
      {"other expectation", head + "Expect: tea\r\n\r\n", 417},
      {"long target", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"endless target", "GET /" + std::string(200'000, 'a'), 414},
      {"endless field", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(200'000, 'a'), 431},
      {"large field", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n", 431},
      {"many fields", many(500), 431},
      {"empty lines", "\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
  };
}

TEST(Http1Connection, RefusesWhatIsMalformedAndCloses) {
  TestServer server(echo);
  for (const Malformed& m : malformed_requests()) {
    RawClient client(server.port());
    client.send(m.request);
    client.send("GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string answer = client.until_end();
    EXPECT_EQ(status_of(answer), m.status) << m.name << ": " << answer.substr(0, 400);
    EXPECT_EQ(answer.find("HTTP/1.1", 8), std::string::npos) << m.name << ": a second answer: " << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << m.name;
  }
  EXPECT_EQ(status_of(server.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
}

TEST(Http1Connection, RefusalsAreProblemDocuments) {
  TestServer server(echo);
  std::string answer = server.exchange("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(answer.find("Content-Type: application/problem+json\r\n"), std::string::npos);
  EXPECT_TRUE(
      answer.ends_with(R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"there is no Host"})"))
      << answer;
}

TEST(Http1Connection, TakesOtherFormsOfTarget) {
  TestServer server(echo);
  std::string answers = server.exchange(
      "\r\nGET http://h:80/a/b?c HTTP/1.1\r\nHost: h\r\n\r\nGET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n"
      "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(answers.find("GET /a/b c "), std::string::npos) << answers;
  EXPECT_NE(answers.find("GET / q "), std::string::npos) << answers;
  EXPECT_NE(answers.find("OPTIONS /  "), std::string::npos) << answers;
}

TEST(Http1Connection, Http10ClosesUnlessAskedToKeep) {
  TestServer server(echo);
  EXPECT_NE(server.exchange("GET / HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n").find("Connection: close"),
            std::string::npos);
  std::string kept = server.exchange("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n");
  EXPECT_NE(kept.find("Connection: keep-alive"), std::string::npos);
  EXPECT_NE(kept.find("GET /2"), std::string::npos);
}

TEST(Http1Connection, BodyTooLargeIsKnownBeforeItIsRead) {
  TestServer server([](StreamPtr stream) {
    stream->limit({.max_bytes = 1000});
    echo(std::move(stream));
  });
  std::string head(kHead);
  RawClient known(server.port());
  known.send(head + "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  std::string refused = known.until("allowed here");
  EXPECT_EQ(status_of(refused), 413) << refused;
  EXPECT_NE(refused.find("Connection: close"), std::string::npos);
  std::string exact = head + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x');
  EXPECT_EQ(status_of(server.exchange(exact)), 200);
  std::string chunk = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk;
  EXPECT_EQ(status_of(server.exchange(chunked + "0\r\n\r\n")), 200);
  EXPECT_EQ(status_of(server.exchange(chunked + "1\r\nx\r\n0\r\n\r\n")), 413);
}

TEST(Http1Connection, SaysContinueOnlyWhenTheBodyIsWanted) {
  TestServer server([](StreamPtr stream) {
    if (stream->head().path == "/no") return stream->send(Response::text(403, "text/plain", "no"));
    echo(std::move(stream));
  });
  RawClient client(server.port());
  client.send("PUT /yes HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(status_of(client.until("PUT /yes  abc")), 200);
  client.send("PUT /no HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  std::string refused = client.until("no");
  EXPECT_EQ(status_of(refused), 403);
  EXPECT_NE(refused.find("Connection: close"), std::string::npos) << "who knows whether the body comes";
}

TEST(Http1Connection, ReadsOverAShortBodyAndClosesOnALongOne) {
  TestServer server([](StreamPtr stream) { stream->send(Response::text(200, "text/plain", "ok")); });
  std::string head(kHead);
  std::string next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
  std::string shorter = server.exchange(head + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'x') + next);
  EXPECT_NE(shorter.find("HTTP/1.1 200", 8), std::string::npos) << shorter;
  RawClient client(server.port());
  client.send(head + "Content-Length: 50000000\r\n\r\n");
  std::thread sender([&] { client.send(std::string(50'000'000, 'x')); });
  std::string answer = client.until("ok");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  sender.join();
}

TEST(Http1Connection, SlowHeadsAndBodiesAreGivenUp) {
  ServerSettings settings{.threads = 1};
  settings.head_timeout = std::chrono::milliseconds(200);
  settings.idle_timeout = std::chrono::milliseconds(300);
  TestServer server(
      [](StreamPtr stream) {
        stream->limit({.idle_timeout = std::chrono::milliseconds(200)});
        echo(std::move(stream));
      },
      settings);
  RawClient idle(server.port());
  RawClient head(server.port());
  RawClient body(server.port());
  head.send("GET / HTTP/1.1\r\nHo");
  body.send(std::string(kHead) + "Content-Length: 10\r\n\r\nabc");
  EXPECT_EQ(status_of(head.until_end()), 408);
  EXPECT_EQ(status_of(body.until_end()), 408);
  EXPECT_EQ(idle.until_end(), "");
}

TEST(Http1Connection, ADrippingBodyMeetsItsTotalTime) {
  TestServer server([](StreamPtr stream) {
    stream->limit({.total_timeout = std::chrono::milliseconds(300)});
    echo(std::move(stream));
  });
  RawClient client(server.port());
  client.send(std::string(kHead) + "Content-Length: 100000\r\n\r\n");
  std::atomic<bool> stop{false};
  std::thread drip([&] {
    while (!stop && client.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  EXPECT_EQ(status_of(client.until("in time")), 408);
  stop = true;
  drip.join();
}

TEST(Http1Connection, AnAnswerWaitsForItsClient) {
  std::atomic<std::size_t> taken{0};
  std::atomic<int> writes{0};
  std::promise<Error> broken;
  TestServer server([&](StreamPtr stream) {
    stream->limit({.idle_timeout = std::chrono::milliseconds(300)});
    stream->start({});
    auto step = std::make_shared<std::function<void(Status)>>();
    *step = [&, step, stream](Status status) {
      if (!status) {
        broken.set_value(status.error());
        stream->post([step] { *step = nullptr; });
        return;
      }
      taken += 64 << 10;
      ++writes;
      stream->write(Chunk(std::string(64 << 10, 'x')), *step);
    };
    (*step)(Status());
  });
  RawClient client(server.port(), 4096);
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  Error error = broken.get_future().get();
  EXPECT_EQ(error.code, Code::cancelled);
  EXPECT_LT(taken.load(), 32u << 20) << "only the kernel's buffers may have taken bytes";
}

TEST(Http1Connection, ABodyWaitsForItsReader) {
  std::promise<StreamPtr> asked;
  TestServer server([&](StreamPtr stream) {
    stream->limit({.max_bytes = 1 << 30});
    asked.set_value(std::move(stream));
  });
  RawClient client(server.port());
  std::atomic<std::size_t> sent{0};
  std::size_t size = 64 << 20;
  client.send(std::string(kHead) + "Content-Length: " + std::to_string(size) + "\r\n\r\n");
  std::thread sender([&] {
    std::string piece(64 << 10, 'x');
    while (sent < size && client.send(piece)) sent += piece.size();
  });
  StreamPtr stream = asked.get_future().get();
  std::size_t before = 0;
  do {  // until nothing moves any more
    before = sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  } while (sent != before);
  EXPECT_LT(sent.load(), size) << "the server read although nobody asked";
  std::vector<std::byte> buffer(100'000);
  std::size_t received = 0;
  for (;;) {
    auto n = stream->read(buffer);
    ASSERT_TRUE(n) << n.error().message;
    if (*n == 0) break;
    received += *n;
  }
  EXPECT_EQ(received, size);
  sender.join();
  stream->send(Response::text(200, "text/plain", "all"));
  EXPECT_EQ(status_of(client.until("all")), 200);
}

TEST(Http1Connection, ABrokenOffBodyIsAnError) {
  std::promise<Error> error;
  TestServer server([&](StreamPtr stream) {
    auto* raw = stream.get();
    raw->collect([&error, stream](Result<std::shared_ptr<std::string>> body) {
      ASSERT_FALSE(body);
      error.set_value(body.error());
    });
  });
  {
    RawClient client(server.port());
    client.send(std::string(kHead) + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel");
  }
  EXPECT_EQ(error.get_future().get().code, Code::cancelled);
}

TEST(Http1Connection, TellsWhenTheClientLeaves) {
  std::promise<void> gone;
  std::promise<StreamPtr> asked;
  TestServer server([&](StreamPtr stream) {
    stream->on_gone([&] { gone.set_value(); });
    asked.set_value(std::move(stream));
  });
  auto client = std::make_unique<RawClient>(server.port());
  client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  StreamPtr stream = asked.get_future().get();
  EXPECT_FALSE(stream->gone());
  client.reset();
  gone.get_future().get();
  EXPECT_TRUE(stream->gone());
}

TEST(Http1Connection, TellsWhenTheClientLeavesAmidAnAnswer) {
  std::promise<void> gone;
  TestServer server([&](StreamPtr stream) {
    stream->on_gone([&] { gone.set_value(); });
    stream->start({});
    auto step = std::make_shared<std::function<void(Status)>>();
    *step = [step, stream](Status status) {
      if (status) return stream->write(Chunk(std::string(64 << 10, 'x')), *step);
      stream->post([step] { *step = nullptr; });
    };
    (*step)(Status());
  });
  auto client = std::make_unique<RawClient>(server.port());
  client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client->until("xxx");
  client.reset();
  gone.get_future().get();
}

TEST(Http1Connection, AHalfClosedClientIsStillAnswered) {
  std::promise<StreamPtr> asked;
  TestServer server([&](StreamPtr stream) { asked.set_value(std::move(stream)); });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.finish_sending();
  StreamPtr stream = asked.get_future().get();
  stream->send(Response::text(200, "text/plain", "still"));
  stream.reset();
  EXPECT_TRUE(client.until_end().ends_with("still"));
}

TEST(Http1Connection, AnswersShorterOrLongerThanTheirLengthBreakOff) {
  TestServer server([](StreamPtr stream) {
    std::string_view path = stream->head().path;
    ResponseHead head;
    head.content_length = 10;
    stream->start(head);
    stream->write(Chunk(path == "/long" ? "12345678901" : "12345"), [](Status) {});
    if (path != "/abort") return stream->finish();
    stream->abort();
  });
  for (const char* path : {"/short", "/long", "/abort"}) {
    RawClient client(server.port());
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string answer = client.until_end();
    EXPECT_EQ(answer.find("1234567890"), std::string::npos) << path;
    EXPECT_EQ(answer.find("HTTP/1.1", 8), std::string::npos) << path;
  }
}

TEST(Http1Connection, ResponseHeadersCannotBeForged) {
  TestServer server([](StreamPtr stream) {
    Response response = Response::text(200, "text/plain", "body");
    response.add("X-A", "a\r\nSet-Cookie: forged").add("X-B\r\nForged", "x").add("Content-Length", "0");
    response.add("Transfer-Encoding", "chunked").add("X-C", std::string("a\0b", 3));
    stream->send(std::move(response));
  });
  std::string answer = server.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(answer.find("\r\nX-A: a  Set-Cookie: forged\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("\r\nForged"), std::string::npos);
  EXPECT_EQ(answer.find("Content-Length: 0"), std::string::npos);
  EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(answer.find("\r\nX-C: a b\r\n"), std::string::npos);
}

TEST(Http1Connection, FurtherClientsWaitForAPlace) {
  ServerSettings settings{.threads = 1, .max_connections = 2};
  TestServer server(echo, settings);
  std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  auto first = std::make_unique<RawClient>(server.port());
  RawClient second(server.port());
  for (RawClient* client : {first.get(), &second}) {
    client->send(request);
    client->until("GET /  ");
  }
  RawClient third(server.port());
  third.send(request);
  pollfd waiting{third.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 250), 0);
  first.reset();
  EXPECT_EQ(status_of(third.until("GET /  ")), 200);
  std::string metrics = server.metrics.render();
  EXPECT_NE(metrics.find("souk_net_accepted_total 3"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("souk_net_requests_total{class=\"2xx\"} 3"), std::string::npos) << metrics;
}

}  // namespace
}  // namespace souk::net
