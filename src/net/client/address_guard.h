// SPDX-License-Identifier: Apache-2.0
//
// Which addresses a request on somebody else's behalf may go to: those of the public internet, and what an operator
// allows besides. Asked with the very address of a connection, after its name was resolved, so that no name can be made
// to mean another address in between. Public addresses are reached on ports 80 and 443 only. Immutable; pure.
// Sources: IANA special-purpose address registries (RFC 6890 and its updates).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sockaddr;

namespace souk::net {

class AddressGuard {
 public:
  // Only the public internet.
  AddressGuard() = default;
  // "10.1.0.0/16", "192.168.1.7", "fd00::/8". Errors: invalid_argument (which)
  static Result<AddressGuard> parse(const std::vector<std::string>& allowed);

  // With its port. Errors: permission_denied (with the address and what it is)
  Status check(const sockaddr* address) const;
  Status check(std::string_view address) const;  // as text; for tests and messages

 private:
  struct Range {
    std::array<unsigned char, 16> address{};  // IPv4 as ::ffff:a.b.c.d
    int bits = 128;
  };
  using Bytes = std::array<unsigned char, 16>;
  static bool contains(const Range& range, const Bytes& address);
  static Result<Range> parse_range(std::string_view text);
  bool is_allowed(const Bytes& address) const;
  Status check(const Bytes& address, int port) const;

  std::vector<Range> allowed_;
};

}  // namespace souk::net
