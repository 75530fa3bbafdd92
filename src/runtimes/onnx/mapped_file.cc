// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace souk::runtimes {

Result<MappedFile> MappedFile::open(const std::string& path, const std::string& name) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    std::string why = name + " cannot be opened: " + std::strerror(errno);
    return errno == ENOENT ? not_found(std::move(why)) : unavailable(std::move(why));
  }
  struct stat info {};
  MappedFile file;
  Status status;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    status = unavailable(name + " is not a plain file");
  } else if (info.st_size > 0) {
    auto size = static_cast<std::size_t>(info.st_size);
    void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) {
      status = unavailable(name + " cannot be mapped: " + std::strerror(errno));
    } else {
      file.bytes_ = {static_cast<const std::byte*>(at), size};
    }
  }
  ::close(fd);
  SOUK_TRY(std::move(status));
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace souk::runtimes
