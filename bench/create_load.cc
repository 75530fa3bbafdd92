// SPDX-License-Identifier: Apache-2.0
//
// Load: so many clients, each on a kept connection, register models of different names one after the other.
// usage: create_load HOST PORT CLIENTS EACH PREFIX; prints {"per_second": …}; fails on any answer but 201.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what, const std::string& detail = "") {
  std::fprintf(stderr, "create_load: %s %s\n", what, detail.c_str());
  std::exit(1);
}

// Reads one whole answer that has a Content-Length.
std::string read_answer(int fd) {
  std::string got;
  std::size_t whole = 0;
  char piece[16384];
  while (whole == 0 || got.size() < whole) {
    ssize_t count = ::read(fd, piece, sizeof piece);
    if (count <= 0) fail("the connection ended", got);
    got.append(piece, static_cast<std::size_t>(count));
    std::size_t head = got.find("\r\n\r\n");
    if (whole != 0 || head == std::string::npos) continue;
    const char* length = strcasestr(got.c_str(), "\r\ncontent-length:");
    if (!length) fail("no Content-Length", got);
    whole = head + 4 + std::strtoul(length + 17, nullptr, 10);
  }
  return got;
}

void client(const char* host, int port, const std::string& prefix, int number, int each) {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host, &address.sin_addr);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (int i = 0; i < each; ++i) {
    std::string body = "{\"name\":\"" + prefix + "-" + std::to_string(number) + "-" + std::to_string(i) + "\"}";
    std::string request =
        "POST /api/v1/namespaces/default/models HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    if (::write(fd, request.data(), request.size()) != static_cast<ssize_t>(request.size())) fail("cannot send");
    std::string answer = read_answer(fd);
    if (answer.rfind("HTTP/1.1 201", 0) != 0) fail("answer is not 201:", answer);
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  int clients = std::atoi(argv[3]), each = std::atoi(argv[4]);
  auto begin = std::chrono::steady_clock::now();
  std::vector<std::jthread> threads;
  for (int i = 0; i < clients; ++i)
    threads.emplace_back([=] { client(argv[1], std::atoi(argv[2]), argv[5], i, each); });
  threads.clear();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("{\"per_second\": %.0f}\n", clients * each / seconds);
}
