// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/time.h"

namespace souk::store {

namespace {

std::string own_name() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return "process " + std::to_string(::getpid()) + " on host " + host + ", started " + format_rfc3339(now());
}

// What the holder wrote, as one line of printable text.
std::string holder_of(int fd) {
  char text[512];
  const ssize_t size = ::pread(fd, text, sizeof text, 0);
  std::string holder;
  for (ssize_t i = 0; i < size; ++i) holder += text[i] >= ' ' && text[i] < 127 ? text[i] : ' ';
  while (holder.ends_with(' ')) holder.pop_back();
  return holder.empty() ? "a process that is just starting" : holder;
}

Error cannot(std::string_view what, const std::string& path) {
  return unavailable("cannot " + std::string(what) + " the lock file " + path + ": " + std::strerror(errno))
      .advise("check that its folder is there and may be written");
}

}  // namespace

Result<LockFile> LockFile::acquire(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return cannot("open", path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    Error error = errno != EWOULDBLOCK
                      ? cannot("lock", path)
                      : failed_precondition("the database is held by " + holder_of(fd) + " (" + path + ")")
                            .advise("stop that process, or use another data folder");
    ::close(fd);
    return error;
  }
  LockFile lock(fd);
  const std::string name = own_name() + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, name.data(), name.size(), 0) != static_cast<ssize_t>(name.size())) {
    return cannot("write", path);
  }
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

LockFile::~LockFile() {
  if (fd_ < 0) return;
  (void)!::ftruncate(fd_, 0);
  ::close(fd_);
}

}  // namespace souk::store
