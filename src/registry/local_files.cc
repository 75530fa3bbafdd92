// SPDX-License-Identifier: Apache-2.0
#include "registry/local_files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace souk::registry {

namespace {

constexpr std::size_t kPiece = 1 << 20;

}  // namespace

LocalFiles::~LocalFiles() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Status LocalFiles::open(artifacts::Artifacts& artifacts, const artifacts::Repository& repository,
                        const std::vector<artifacts::File>& files) {
  for (const artifacts::File& file : files) {
    auto reader = SOUK_TRY(artifacts.open_blob(repository, file.digest));
    const auto path = reader->path();
    files_.push_back({file.path, path ? *path : SOUK_TRY(copy(*reader))});
    if (path) readers_.push_back(std::move(reader));
  }
  return {};
}

Result<std::string> LocalFiles::copy(blobs::Reader& reader) {
  if (folder_.empty()) {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "souk-inspect-XXXXXX").string();
    if (error || ::mkdtemp(name.data()) == nullptr) {
      return unavailable("cannot make a folder for inspection: " + std::string(std::strerror(errno)));
    }
    folder_ = std::move(name);
  }
  const std::string path = folder_ + "/" + std::to_string(files_.size());
  std::ofstream out(path, std::ios::binary);
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t at = 0;;) {
    const std::size_t got = SOUK_TRY(reader.read_at(at, piece));
    if (got == 0) break;
    out.write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(got));
    at += got;
  }
  out.close();
  if (!out) return unavailable("cannot write " + path + " for inspection: is the disk full?");
  return path;
}

}  // namespace souk::registry
