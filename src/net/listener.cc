// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace souk::net {
namespace {

constexpr int kAcceptedAtOnce = 64;
constexpr std::chrono::seconds kComplainEvery{10};

struct Address {
  std::string host;
  std::uint16_t port = 0;
  bool loopback = false;
  bool v6 = false;
};

Address describe(const sockaddr_storage& storage) {
  Address address;
  char text[INET6_ADDRSTRLEN] = "?";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    address.port = ntohs(v4.sin_port);
    address.loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  } else if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    address.port = ntohs(v6.sin6_port);
    address.v6 = true;
    address.loopback =
        IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) || (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127);
  }
  address.host = text;
  return address;
}

Error cannot_listen(const ListenAddress& address, const std::string& why) {
  return unavailable("cannot listen on " + address.host + ":" + std::to_string(address.port) + ": " + why)
      .advise("choose another address with --listen HOST:PORT; port 0 takes a free one");
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(const std::string& text) {
  auto malformed = [&] { return invalid_argument("the address " + text + " is not HOST:PORT or [V6]:PORT"); };
  std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return malformed();
  ListenAddress address;
  address.host = text.substr(0, colon);
  bool bracketed = address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']';
  if (bracketed) address.host = address.host.substr(1, address.host.size() - 2);
  if (!bracketed && address.host.find(':') != std::string::npos) return malformed();
  const char* first = text.data() + colon + 1;
  const char* last = text.data() + text.size();
  auto [end, error] = std::from_chars(first, last, address.port);
  if (first == last || error != std::errc() || end != last) return malformed();
  return address;
}

Result<int> open_listener(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (int rc = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found); rc != 0) {
    return invalid_argument("the host " + address.host + " has no address: " + gai_strerror(rc));
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return cannot_listen(address, std::strerror(errno));
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd, 4096) != 0) {
    Error error = cannot_listen(address, std::strerror(errno));
    ::close(fd);
    return error;
  }
  return fd;
}

Result<ListenAddress> local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return internal(std::string("cannot tell the address of a socket: ") + std::strerror(errno));
  }
  Address address = describe(storage);
  return ListenAddress{address.v6 ? "[" + address.host + "]" : address.host, address.port};
}

Listener::Listener(std::shared_ptr<Loop> loop, int fd, Logger& log, HasRoom has_room, Accepted accepted)
    : loop_(std::move(loop)), fd_(fd), log_(log), has_room_(std::move(has_room)), accepted_(std::move(accepted)) {}

Listener::~Listener() {
  if (!descriptor_ && fd_ >= 0) ::close(fd_);
}

void Listener::open() {
  descriptor_ = loop_->adopt(fd_);
  descriptor_->wait(Direction::read, shared_from_this());
}

void Listener::close() {
  if (paused_) loop_->remove(*this);
  paused_ = false;
  descriptor_.reset();
  fd_ = -1;
}

void Listener::ready(Direction) {
  if (descriptor_) accept_some();
}

void Listener::tick() {
  if (!has_room_()) return;
  paused_ = false;
  loop_->remove(*this);
  accept_some();
}

void Listener::accept_some() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    if (!has_room_()) return pause();
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) break;
      if (loop_->now() - complained_ > kComplainEvery) {
        complained_ = loop_->now();
        log_.error("net", "cannot accept a connection", {{"error", std::strerror(errno)}});
      }
      return pause();
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Address peer = describe(storage);
    std::string host = peer.v6 ? "[" + peer.host + "]" : peer.host;
    accepted_(fd, {host + ":" + std::to_string(peer.port), peer.loopback, false});
  }
  descriptor_->wait(Direction::read, shared_from_this());
}

void Listener::pause() {
  if (paused_) return;
  paused_ = true;
  loop_->add(*this);
}

}  // namespace souk::net
