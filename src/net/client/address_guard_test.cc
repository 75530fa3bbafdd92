// SPDX-License-Identifier: Apache-2.0
#include "net/client/address_guard.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/client/client.h"
#include "net/server.h"

namespace souk::net {
namespace {

TEST(AddressGuard, LetsThePublicInternetThrough) {
  for (const char* address : {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.0", "192.167.1.1", "223.255.255.255",
                              "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"}) {
    EXPECT_TRUE(AddressGuard().check(address)) << address;
  }
}

TEST(AddressGuard, RefusesEverythingElse) {
  for (const char* address : {"127.0.0.1",
                              "127.255.255.254",
                              "0.0.0.0",
                              "10.0.0.1",
                              "100.64.0.1",
                              "100.127.255.255",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.0.1",
                              "192.0.0.1",
                              "192.0.2.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.7",
                              "203.0.113.9",
                              "224.0.0.1",
                              "255.255.255.255",
                              "240.0.0.1",
                              "::",
                              "::1",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "::127.0.0.1",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a9fe:a9fe",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "fc00::1",
                              "fd00:ec2::254",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1"}) {
    const Status checked = AddressGuard().check(address);
    ASSERT_FALSE(checked) << address;
    EXPECT_EQ(checked.error().code, Code::permission_denied) << address;
  }
}

TEST(AddressGuard, LimitsThePortsOfPublicAddresses) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, "1.1.1.1", &address.sin_addr);
  const auto at = [&](int port) {
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return reinterpret_cast<const sockaddr*>(&address);
  };
  for (int port : {80, 443}) EXPECT_TRUE(AddressGuard().check(at(port)));
  for (int port : {0, 22, 25, 6379, 8080, 65535}) {
    const Status checked = AddressGuard().check(at(port));
    ASSERT_FALSE(checked) << port;
    EXPECT_NE(checked.error().message.find("port " + std::to_string(port)), std::string::npos);
  }
  EXPECT_TRUE(AddressGuard::parse({"1.1.1.1"})->check(at(8080)));  // what an operator allows, on any port
}

TEST(AddressGuard, LetsThroughWhatIsAllowed) {
  const auto guard = AddressGuard::parse({"10.1.0.0/16", "127.0.0.1", "fd00::/8", "0.0.0.0/0"});
  ASSERT_TRUE(guard);
  EXPECT_TRUE(AddressGuard::parse({"10.1.0.0/16"})->check("10.1.255.7"));
  EXPECT_TRUE(AddressGuard::parse({"10.1.0.0/16"})->check("::ffff:10.1.0.1"));
  EXPECT_FALSE(AddressGuard::parse({"10.1.0.0/16"})->check("10.2.0.1"));
  EXPECT_FALSE(AddressGuard::parse({"127.0.0.1"})->check("127.0.0.2"));
  EXPECT_TRUE(AddressGuard::parse({"127.0.0.0/31"})->check("127.0.0.1"));
  EXPECT_FALSE(AddressGuard::parse({"127.0.0.0/31"})->check("127.0.0.2"));
  EXPECT_TRUE(guard->check("fd12::1"));
  EXPECT_FALSE(guard->check("fe80::1"));  // 0.0.0.0/0 is all of IPv4 only
  for (const char* text : {"", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "::/129", "localhost"}) {
    EXPECT_FALSE(AddressGuard::parse({text})) << text;
  }
}

TEST(AddressGuard, IsAskedBeforeAConnectionIsMade) {
  Logger log(Logger::Level::off);
  Metrics metrics;
  std::atomic<int> asked{0};
  Server server(
      ServerSettings{.threads = 1}, "127.0.0.1:0",
      [&asked](StreamPtr stream) {
        ++asked;
        stream->send(Response::text(200, "text/plain", "secret"));
      },
      log, metrics);
  ASSERT_TRUE(server.start());
  const std::string port = std::to_string(server.port());
  const AddressGuard closed;
  Client guarded({.guard = &closed});
  // However loopback is written.
  for (const std::string& host :
       {std::string("127.0.0.1"), std::string("localhost"), std::string("127.1"), std::string("2130706433"),
        std::string("0x7f000001"), std::string("0"), std::string("[::1]"), std::string("[::ffff:127.0.0.1]")}) {
    ClientRequest request;
    request.url = "http://" + host + ":" + port + "/";
    const auto answer = guarded.send(request);
    ASSERT_FALSE(answer) << host;
    EXPECT_TRUE(answer.error().code == Code::permission_denied || answer.error().code == Code::unavailable)
        << host << " " << answer.error().describe();
  }
  EXPECT_EQ(asked, 0);
  const AddressGuard open = *AddressGuard::parse({"127.0.0.1"});
  Client allowed({.guard = &open});
  ClientRequest request;
  request.url = "http://127.0.0.1:" + port + "/";
  EXPECT_EQ(allowed.send(request)->body, "secret");
  server.drain();
}

}  // namespace
}  // namespace souk::net
