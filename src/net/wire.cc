// SPDX-License-Identifier: Apache-2.0
#include "net/wire.h"

#include <sys/socket.h>

#include <cerrno>

namespace souk::net {
namespace {

class PlainWire final : public Wire {
 public:
  explicit PlainWire(int fd) : fd_(fd) {}

  IoResult handshake() override { return {IoResult::Kind::moved, 0}; }

  IoResult read(std::span<std::byte> into) override { return receive(into, 0); }

  IoResult peek() override {
    std::byte one;
    return receive({&one, 1}, MSG_PEEK);
  }

  IoResult write(std::span<const iovec> pieces) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    for (;;) {
      ssize_t n = pieces.size() == 1 ? ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                                     : ::sendmsg(fd_, &message, MSG_NOSIGNAL);
      if (n >= 0) return {IoResult::Kind::moved, static_cast<std::size_t>(n)};
      if (errno == EINTR) continue;
      return {errno == EAGAIN ? IoResult::Kind::again_write : IoResult::Kind::failed, 0};
    }
  }

  bool holds_input() const override { return false; }
  void shutdown_write() override { ::shutdown(fd_, SHUT_WR); }

 private:
  IoResult receive(std::span<std::byte> into, int flags) {
    for (;;) {
      ssize_t n = ::recv(fd_, into.data(), into.size(), flags);
      if (n > 0) return {IoResult::Kind::moved, static_cast<std::size_t>(n)};
      if (n == 0) return {IoResult::Kind::end, 0};
      if (errno == EINTR) continue;
      return {errno == EAGAIN ? IoResult::Kind::again_read : IoResult::Kind::failed, 0};
    }
  }

  int fd_;
};

}  // namespace

std::unique_ptr<Wire> make_plain_wire(int fd) {
  return std::make_unique<PlainWire>(fd);
}

}  // namespace souk::net
