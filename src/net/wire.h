// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one connection, plain or under TLS, without ever blocking. A wire does not own its descriptor
// and does not wait: when it answers `again_…` the caller waits for that direction and calls once more.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::net {

struct IoResult {
  enum class Kind { moved, again_read, again_write, end, failed };
  Kind kind = Kind::failed;
  std::size_t bytes = 0;

  bool moved() const { return kind == Kind::moved; }
  bool again() const { return kind == Kind::again_read || kind == Kind::again_write; }
};

class Wire {
 public:
  virtual ~Wire() = default;
  // `moved` with 0 bytes: done.
  virtual IoResult handshake() = 0;
  virtual IoResult read(std::span<std::byte> into) = 0;
  virtual IoResult write(std::span<const iovec> pieces) = 0;
  // What a read would say, taking nothing.
  virtual IoResult peek() = 0;
  // True when a read may give bytes although the descriptor is not readable.
  virtual bool holds_input() const = 0;
  // What both sides agreed to speak, by ALPN; empty: nothing. After the handshake.
  virtual std::string_view protocol() const { return {}; }
  // Says that nothing more will be written.
  virtual void shutdown_write() = 0;
};

std::unique_ptr<Wire> make_plain_wire(int fd);

// Certificate and key for all TLS wires of a server; thread-safe.
class TlsContext {
 public:
  // Errors: invalid_argument (file missing, malformed, key does not fit)
  static Result<std::shared_ptr<TlsContext>> open(const std::string& certificate_file, const std::string& key_file);
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<Wire> make_wire(int fd) = 0;
};

}  // namespace souk::net
