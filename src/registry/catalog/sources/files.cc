// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/sources/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "access/access.h"

namespace souk::registry {

namespace {

namespace fs = std::filesystem;

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string shown(const std::string& path) {
  return access::as_shown(path);
}

}  // namespace

std::string file_mark(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return "";
  return std::to_string(about.st_dev) + " " + std::to_string(about.st_ino) + " " + std::to_string(about.st_size) + " " +
         std::to_string(about.st_mtim.tv_sec) + "." + std::to_string(about.st_mtim.tv_nsec);
}

Result<std::string> read_whole(const std::string& path, std::uint64_t max_bytes) {
  // Without O_NONBLOCK a named pipe would hold the reader up for ever.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    const std::string why = shown(path) + " cannot be read: " + std::strerror(errno);
    return errno == ENOENT ? not_found(why) : failed_precondition(why);
  }
  struct stat about {};
  if (::fstat(file.fd, &about) != 0 || !S_ISREG(about.st_mode))
    return failed_precondition(shown(path) + " is no ordinary file");
  const auto too_large = [&] {
    return resource_exhausted(shown(path) + " has more than the " + std::to_string(max_bytes) + " bytes that are read");
  };
  if (static_cast<std::uint64_t>(about.st_size) > max_bytes) return too_large();
  std::string out;
  out.reserve(static_cast<std::size_t>(about.st_size) + 1);
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(file.fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed_precondition(shown(path) + " cannot be read: " + std::strerror(errno));
    if (got == 0) return out;
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > max_bytes) return too_large();  // it grew meanwhile
  }
}

Result<std::string> path_inside(const std::string& folder, const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos) return invalid_argument("the path is empty or holds NUL");
  std::error_code failed;
  const fs::path base = fs::canonical(folder, failed);
  if (failed) return not_found("the folder " + shown(folder) + " is not there");
  const fs::path file = fs::canonical(base / path, failed);  // an absolute path stands for itself
  if (failed) return not_found(shown(path) + " is not there, or may not be read");
  const auto [end, ignored] = std::mismatch(base.begin(), base.end(), file.begin(), file.end());
  if (end != base.end()) return permission_denied(shown(path) + " leads out of the folder of the sources");
  return file.string();
}

}  // namespace souk::registry
