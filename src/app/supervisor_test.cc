// SPDX-License-Identifier: Apache-2.0
#include "app/supervisor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace souk::app {
namespace {

TEST(Supervisor, IsToldByADatagram) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("souk-notify-" + std::to_string(::getpid()))).string();
  ::unlink(path.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  tell_supervisor("READY=1");
  char text[32] = "";
  EXPECT_EQ(::recv(fd, text, sizeof text, MSG_DONTWAIT), 7);
  EXPECT_STREQ(text, "READY=1");
  ::close(fd);
  ::unlink(path.c_str());
  tell_supervisor("READY=1");  // nobody there: nothing happens
  ::setenv("NOTIFY_SOCKET", std::string(300, '/').c_str(), 1);
  tell_supervisor("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  tell_supervisor("READY=1");
}

}  // namespace
}  // namespace souk::app
