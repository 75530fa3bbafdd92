// SPDX-License-Identifier: Apache-2.0
//
// Load that writes: so many clients, each on a kept connection, send an item's requests one after the other.
// usage: post_load HOST PORT CLIENTS EACH SECONDS ITEM, until each has sent so many items or so many seconds passed.
// ITEM is a file of a path and a body, and again, a line each; %n is another number for each item, %c the client's,
// %id the id in the answer before. Prints {"per_second": items}; fails on any answer but 200, 201 and 204.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what, const std::string& detail = "") {
  std::fprintf(stderr, "post_load: %s %s\n", what, detail.c_str());
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
    if (!length && got.rfind("HTTP/1.1 204", 0) != 0) fail("no Content-Length", got);
    whole = head + 4 + (length ? std::strtoul(length + 17, nullptr, 10) : 0);
  }
  return got;
}

int connect_to(const char* host, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host, &address.sin_addr);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

using Marks = std::map<std::string, std::string>;  // "%n" → "1000017"

std::string filled(std::string text, const Marks& marks) {
  for (const auto& [what, by] : marks) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
      text.replace(at, what.size(), by);
  }
  return text;
}

std::string id_in(const std::string& answer) {
  const std::size_t at = answer.find("\"id\":\"");
  return at == std::string::npos ? "" : answer.substr(at + 6, answer.find('"', at + 6) - at - 6);
}

struct Load {
  const char* host;
  int port;
  int each;
  std::chrono::steady_clock::time_point end;
  std::vector<std::string> lines;
};

void client(const Load& load, int number, std::atomic<long>& done) {
  const int fd = connect_to(load.host, load.port);
  for (int i = 0; i < load.each && std::chrono::steady_clock::now() < load.end; ++i) {
    Marks marks{{"%n", std::to_string(number) + std::to_string(1'000'000 + i)}, {"%c", std::to_string(number)}};
    for (std::size_t line = 0; line + 1 < load.lines.size(); line += 2) {
      const std::string body = filled(load.lines[line + 1], marks);
      const std::string request = "POST " + filled(load.lines[line], marks) +
                                  " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
                                  std::to_string(body.size()) + "\r\n\r\n" + body;
      if (::write(fd, request.data(), request.size()) != static_cast<ssize_t>(request.size())) fail("cannot send");
      const std::string answer = read_answer(fd);
      const std::string status = answer.substr(0, 12);
      if (status != "HTTP/1.1 201" && status != "HTTP/1.1 200" && status != "HTTP/1.1 204") fail("refused:", answer);
      marks["%id"] = id_in(answer);
    }
    ++done;
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const auto begin = std::chrono::steady_clock::now();
  Load load{argv[1], std::atoi(argv[2]), std::atoi(argv[4]), begin + std::chrono::seconds(std::atoi(argv[5])), {}};
  std::ifstream in(argv[6]);
  for (std::string line; std::getline(in, line);) load.lines.push_back(line);
  std::atomic<long> done{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < std::atoi(argv[3]); ++i) threads.emplace_back([&, i] { client(load, i + 1, done); });
  threads.clear();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("{\"per_second\": %.1f}\n", static_cast<double>(done) / seconds);
}
