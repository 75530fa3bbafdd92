// SPDX-License-Identifier: Apache-2.0
#include "net/client/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace souk::net {

namespace {

using Bytes = std::array<unsigned char, 16>;
constexpr int kMappedBits = 96;  // of ::ffff:0:0/96

Bytes mapped(const unsigned char* four) {
  Bytes out{};
  out[10] = out[11] = 0xff;
  std::copy_n(four, 4, out.begin() + 12);
  return out;
}

bool is_mapped(const Bytes& address) {
  static const Bytes kZero = mapped(reinterpret_cast<const unsigned char*>("\0\0\0\0"));
  return std::equal(address.begin(), address.begin() + 12, kZero.begin());
}

std::optional<Bytes> parse_address(std::string_view text) {
  const std::string owned(text);
  unsigned char four[4];
  Bytes out{};
  if (inet_pton(AF_INET, owned.c_str(), four) == 1) return mapped(four);
  if (inet_pton(AF_INET6, owned.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

std::string shown(const Bytes& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (is_mapped(address)) {
    inet_ntop(AF_INET, address.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, address.data(), text, sizeof text);
  }
  return text;
}

struct Special {
  const char* range;
  const char* what;
};

// Everything that is not the public internet. IPv6 is public in 2000::/3 only, and not in these parts of it.
constexpr Special kSpecial[] = {
    {"0.0.0.0/8", "of this host"},
    {"10.0.0.0/8", "private"},
    {"100.64.0.0/10", "shared by a carrier"},
    {"127.0.0.0/8", "loopback"},
    {"169.254.0.0/16", "link-local, where clouds keep their metadata"},
    {"172.16.0.0/12", "private"},
    {"192.0.0.0/24", "reserved"},
    {"192.0.2.0/24", "for documentation"},
    {"192.88.99.0/24", "reserved"},
    {"192.168.0.0/16", "private"},
    {"198.18.0.0/15", "for benchmarks"},
    {"198.51.100.0/24", "for documentation"},
    {"203.0.113.0/24", "for documentation"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved"},
    {"2001::/23", "reserved"},
    {"2001:db8::/32", "for documentation"},
    {"2002::/16", "a tunnel to another address"},
    {"3fff::/20", "for documentation"},
};

}  // namespace

bool AddressGuard::contains(const Range& range, const Bytes& address) {
  const int whole = range.bits / 8, rest = range.bits % 8;
  if (!std::equal(address.begin(), address.begin() + whole, range.address.begin())) return false;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest) & 0xff;
  return (address[static_cast<std::size_t>(whole)] & mask) == (range.address[static_cast<std::size_t>(whole)] & mask);
}

Result<AddressGuard::Range> AddressGuard::parse_range(std::string_view text) {
  const Error wrong = invalid_argument("'" + std::string(text.substr(0, 60)) + "' is neither an address nor a range")
                          .advise("write it as 10.1.0.0/16, 192.168.1.7 or fd00::/8");
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<Bytes> address = parse_address(text.substr(0, slash));
  if (!address) return wrong;
  const int least = is_mapped(*address) ? kMappedBits : 0;
  Range out{*address, 128};
  if (slash < text.size()) {
    const std::string_view bits = text.substr(slash + 1);
    int count = 0;
    const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), count);
    if (error != std::errc() || end != bits.data() + bits.size() || count < 0 || count + least > 128) return wrong;
    out.bits = count + least;
  }
  return out;
}

Result<AddressGuard> AddressGuard::parse(const std::vector<std::string>& allowed) {
  AddressGuard out;
  for (const std::string& text : allowed) out.allowed_.push_back(SOUK_TRY(parse_range(text)));
  return out;
}

bool AddressGuard::is_allowed(const Bytes& address) const {
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const Range& range) { return contains(range, address); });
}

Status AddressGuard::check(const Bytes& address, int port) const {
  if (is_allowed(address)) return {};
  // An IPv4 address inside of an IPv6 one is the address that is meant (NAT64, RFC 6052).
  static const Range kNat64 = *parse_range("64:ff9b::/96");
  if (contains(kNat64, address)) return check(mapped(address.data() + 12), port);
  const auto refuse = [&](const std::string& what) -> Status {
    return permission_denied("the address " + shown(address) + " is " + what +
                             ", and requests for others do not go there");
  };
  static const std::vector<std::pair<Range, const char*>> kRanges = [] {
    std::vector<std::pair<Range, const char*>> out;
    for (const Special& one : kSpecial) out.emplace_back(*parse_range(one.range), one.what);
    return out;
  }();
  for (const auto& [range, what] : kRanges) {
    if (contains(range, address)) return refuse(what);
  }
  static const Range kGlobal = *parse_range("2000::/3");
  if (!is_mapped(address) && !contains(kGlobal, address)) return refuse("not of the public internet");
  if (port == 80 || port == 443) return {};
  return permission_denied("requests for others go to the ports 80 and 443 only, not to " + shown(address) + " port " +
                           std::to_string(port));
}

Status AddressGuard::check(const sockaddr* address) const {
  if (address->sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, address, sizeof four);
    return check(mapped(reinterpret_cast<const unsigned char*>(&four.sin_addr)), ntohs(four.sin_port));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, address, sizeof six);
    Bytes bytes;
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return check(bytes, ntohs(six.sin6_port));
  }
  return permission_denied("requests for others go to addresses of the internet only");
}

Status AddressGuard::check(std::string_view address) const {
  const std::optional<Bytes> bytes = parse_address(address);
  if (!bytes) return invalid_argument("'" + std::string(address) + "' is no address");
  return check(*bytes, 443);
}

}  // namespace souk::net
