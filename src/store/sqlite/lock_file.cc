// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/lock_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "base/time.h"

namespace souk::store {

namespace {

constexpr std::string_view kProcess = "process ";
constexpr std::chrono::seconds kPatience{5};

std::string on_this_host() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return std::string(" on host ") + host + ", ";
}

std::string own_name() {
  return std::string(kProcess) + std::to_string(::getpid()) + on_this_host() + "started " + format_rfc3339(now());
}

// Whether the holder was a process of this host that runs no more.
bool has_ended(std::string_view holder) {
  if (!holder.starts_with(kProcess)) return false;
  holder.remove_prefix(kProcess.size());
  pid_t process = 0;
  const auto [rest, fault] = std::from_chars(holder.data(), holder.data() + holder.size(), process);
  if (fault != std::errc() || process <= 0) return false;
  holder.remove_prefix(static_cast<std::size_t>(rest - holder.data()));
  return holder.starts_with(on_this_host()) && ::kill(process, 0) != 0 && errno == ESRCH;
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
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    // A child that the holder was making when it was killed has the lock too, until it executes its program.
    if (errno == EWOULDBLOCK && has_ended(holder_of(fd)) && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
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
