// SPDX-License-Identifier: Apache-2.0
//
// For tests: a socket that says exactly what it is told, and a server with what it needs.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "net/server.h"

namespace souk::net {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(); }
  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  bool send(std::string_view text) {
    while (!text.empty()) {
      ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Reads until `text` has come, the end, or ten seconds; returns all that came since the last call.
  std::string until(std::string_view text) {
    while (kept_.find(text) == std::string::npos && more()) {
    }
    std::size_t at = kept_.find(text);
    std::size_t end = at == std::string::npos ? kept_.size() : at + text.size();
    std::string taken = kept_.substr(0, end);
    kept_.erase(0, end);
    return taken;
  }
  // Exactly that many bytes; fewer at the end, or after ten seconds.
  std::string take(std::size_t count) {
    while (kept_.size() < count && more()) {
    }
    std::string taken = kept_.substr(0, count);
    kept_.erase(0, taken.size());
    return taken;
  }
  std::string until_end() {
    while (more()) {
    }
    return std::exchange(kept_, {});
  }
  // True when the server has closed, by FIN or by reset.
  bool ended() {
    while (more()) {
    }
    return ended_;
  }

 private:
  bool more() {
    pollfd waiting{fd_, POLLIN, 0};
    if (ended_ || ::poll(&waiting, 1, 10'000) <= 0) return false;
    char buffer[16 << 10];
    ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) ended_ = true;
    if (n > 0) kept_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }

  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string kept_;
};

struct TestServer {
  explicit TestServer(Handler handler, ServerSettings settings = {.threads = 2})
      : server(std::move(settings), "127.0.0.1:0", std::move(handler), log, metrics) {
    Status status = server.start();
    EXPECT_TRUE(status) << status.error().describe();
  }
  Logger log{Logger::Level::off};
  Metrics metrics;
  Server server;

  std::uint16_t port() const { return server.port(); }
  // What comes back for these bytes until the server closes.
  std::string exchange(std::string_view bytes) {
    RawClient client(port());
    client.send(bytes);
    client.finish_sending();
    return client.until_end();
  }
};

inline int status_of(std::string_view answer) {
  return answer.size() > 12 && answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : 0;
}

// Answers with what it was asked: "GET /path query body".
inline void echo(StreamPtr stream) {
  auto* raw = stream.get();
  raw->collect([stream](Result<std::shared_ptr<std::string>> body) {
    if (!body) {
      int status = body.error().code == Code::resource_exhausted  ? 413
                   : body.error().code == Code::deadline_exceeded ? 408
                                                                  : 400;
      return stream->send(Response::text(status, "text/plain", body.error().message));
    }
    const RequestHead& head = stream->head();
    std::string text(head.method);
    text.append(" ").append(head.path).append(" ").append(head.query).append(" ").append(**body);
    stream->send(Response::text(200, "text/plain", text));
  });
}

}  // namespace souk::net
