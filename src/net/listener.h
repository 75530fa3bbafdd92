// SPDX-License-Identifier: Apache-2.0
//
// A listening socket in a loop: accepts and hands each connection on. Pauses, leaving clients in the kernel's queue,
// while there are too many connections or descriptors, and looks again on the tick.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "net/loop.h"
#include "net/loop_stream.h"

namespace souk::net {

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
  // HOST:PORT or [V6]:PORT. Errors: invalid_argument
  static Result<ListenAddress> parse(const std::string& text);
};

// Bound and listening, non-blocking. Errors: unavailable (in use), invalid_argument (no such host)
Result<int> open_listener(const ListenAddress& address);
// "127.0.0.1:51234" of one's own side.
Result<ListenAddress> local_address(int fd);

class Listener final : public Ready, public Loop::Member, public std::enable_shared_from_this<Listener> {
 public:
  using Accepted = std::function<void(int fd, Peer peer)>;  // takes the descriptor over
  using HasRoom = std::function<bool()>;

  Listener(std::shared_ptr<Loop> loop, int fd, Logger& log, HasRoom has_room, Accepted accepted);
  ~Listener() override;

  // All on the loop.
  void open();
  void close();
  void ready(Direction direction) override;
  void tick() override;
  void drain() override {}
  void shut() override { close(); }

 private:
  void accept_some();
  void pause();

  std::shared_ptr<Loop> loop_;
  int fd_;
  Logger& log_;
  HasRoom has_room_;
  Accepted accepted_;
  std::unique_ptr<Descriptor> descriptor_;
  bool paused_ = false;
  SteadyTime complained_{};
};

}  // namespace souk::net
