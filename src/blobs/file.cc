// SPDX-License-Identifier: Apache-2.0
#include "blobs/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace souk::blobs {

Error file_error(const std::string& doing, const std::string& path, int error) {
  std::string message = doing + " " + path + " failed: " + strerror(error);
  switch (error) {
    case ENOENT:
      return not_found(std::move(message));
    case EEXIST:
      return already_exists(std::move(message));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return unavailable(std::move(message))
          .advise("free space on the disk that holds the blobs folder, or move the folder to a larger one (--blobs)")
          .retry_in(std::chrono::seconds(30));
    case EMFILE:
    case ENFILE:
      return unavailable(std::move(message)).advise("raise the limit on open files (ulimit -n)");
    case EIO:
      return data_loss(std::move(message)).advise("check the disk that holds the blobs folder");
    case EACCES:
    case EPERM:
    case EROFS:
      return unavailable(std::move(message)).advise("let souk's user read and write the blobs folder");
    default:
      return unavailable(std::move(message));
  }
}

File::File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  path_ = std::move(other.path_);
  return *this;
}

void File::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<File> File::create(const std::string& path) {
  File file;
  file.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file.fd_ < 0) return file_error("creating", path, errno);
  file.path_ = path;
  return file;
}

Result<File> File::open(const std::string& path, bool writable) {
  File file;
  file.fd_ = ::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
  if (file.fd_ < 0) return file_error("opening", path, errno);
  file.path_ = path;
  return file;
}

Result<std::uint64_t> File::size() const {
  struct stat about {};
  if (fstat(fd_, &about) < 0) return file_error("looking at", path_, errno);
  return static_cast<std::uint64_t>(about.st_size);
}

Result<std::uint64_t> File::links() const {
  struct stat about {};
  if (fstat(fd_, &about) < 0) return file_error("looking at", path_, errno);
  return static_cast<std::uint64_t>(about.st_nlink);
}

Status File::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    ssize_t put = pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put > 0) {
      done += static_cast<std::size_t>(put);
    } else if (put == 0 || errno != EINTR) {
      return file_error("writing", path_, put == 0 ? EIO : errno);
    }
  }
  return {};
}

Status File::cut(std::uint64_t size) {
  if (ftruncate(fd_, static_cast<off_t>(size)) < 0) return file_error("cutting", path_, errno);
  return {};
}

Result<std::size_t> File::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  while (true) {
    ssize_t got = pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return file_error("reading", path_, errno);
  }
}

void File::start_write_back(std::uint64_t offset, std::uint64_t count) {
  sync_file_range(fd_, static_cast<off_t>(offset), static_cast<off_t>(count), SYNC_FILE_RANGE_WRITE);
}

void File::read_sequentially() {
  posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

Status File::sync_data() {
  if (fdatasync(fd_) < 0) return file_error("writing to the disk", path_, errno);
  return {};
}

Status make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return file_error("making the folder", path, errno);
}

Status sync_folder(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return file_error("opening", path, errno);
  int rc = fsync(fd);
  int error = errno;
  ::close(fd);
  if (rc < 0) return file_error("writing to the disk", path, error);
  return {};
}

Result<std::optional<std::uint64_t>> find_file(const std::string& path) {
  struct stat about {};
  if (lstat(path.c_str(), &about) == 0) {
    if (!S_ISREG(about.st_mode)) return std::optional<std::uint64_t>();
    return std::optional<std::uint64_t>(static_cast<std::uint64_t>(about.st_size));
  }
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::uint64_t>();
  return file_error("looking at", path, errno);
}

}  // namespace souk::blobs
