// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include "cli/transfer/digest_cache.h"
#include "cli/transfer/part_upload.h"
#include "cli/transfer/transfer.h"

namespace souk::cli {
namespace {

constexpr std::size_t kTransfers = 4;
constexpr std::uint64_t kHashFirst = 16 << 20;  // files up to here are hashed before they are sent

struct OpenFile {
  int fd;
  explicit OpenFile(const std::filesystem::path& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd >= 0) ::close(fd);
  }
  OpenFile(const OpenFile&) = delete;
};

Error changed(const PackFile& file) {
  return aborted(file.on_disk.string() + " changed while it was sent").advise("run the push again");
}

Result<std::size_t> read_some(int fd, std::span<std::byte> into, const PackFile& file) {
  for (;;) {
    const ssize_t count = ::read(fd, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return unavailable("cannot read " + file.on_disk.string() + ": " + std::strerror(errno));
  }
}

std::string blobs_path(const std::string& repository) {
  return "/v2/" + repository + "/blobs/";
}

Result<bool> has_blob(Remote& remote, const std::string& repository, const Digest& digest) {
  net::ClientRequest request;
  request.method = "HEAD";
  request.url = blobs_path(repository) + digest.string();
  const net::ClientResponse response = SOUK_TRY(remote.exchange(std::move(request)));
  if (response.status == 200) return true;
  if (response.status == 404) return false;
  // An answer to HEAD says why it fails only by its status; the same GET tells.
  const auto answer = remote.get(blobs_path(repository) + digest.string());
  return answer ? error_of(response, "HEAD of a blob in " + repository) : answer.error();
}

// The place of an upload session, from its answer's Location.
Result<std::string> location_of(const net::ClientResponse& response, std::string_view what) {
  if (response.status != 202) return error_of(response, what);
  std::string location(response.header("Location"));
  if (location.empty()) return internal("the answer to " + std::string(what) + " has no Location");
  return location;
}

Result<std::string> begin_upload(Remote& remote, const std::string& repository) {
  net::ClientRequest request;
  request.method = "POST";
  request.url = blobs_path(repository) + "uploads/";
  return location_of(SOUK_TRY(remote.exchange(std::move(request))), "POST of an upload to " + repository);
}

Status end_upload(Remote& remote, const std::string& location, const Digest& digest, net::ClientRequest request) {
  request.method = "PUT";
  request.url = location + (location.find('?') == std::string::npos ? "?" : "&") + "digest=" + digest.string();
  request.headers.push_back({"Content-Type", "application/octet-stream"});
  const net::ClientResponse response = SOUK_TRY(remote.exchange(std::move(request)));
  if (response.status != 201) return error_of(response, "PUT of a blob");
  return {};
}

Result<Digest> hash_file(const PackFile& file) {
  const OpenFile open(file.on_disk);
  if (open.fd < 0) return not_found("cannot read " + file.on_disk.string() + ": " + std::strerror(errno));
  Sha256 hash;
  std::vector<std::byte> block(256 << 10);
  for (std::uint64_t total = 0;;) {
    const std::size_t count = SOUK_TRY(read_some(open.fd, block, file));
    total += count;
    if (count == 0 && total != file.size) return changed(file);
    if (count == 0) return hash.finish();
    hash.update({block.data(), count});
  }
}

Status send_known(Remote& remote, const std::string& repository, const PackFile& file, const Digest& digest,
                  Progress& progress) {
  const OpenFile open(file.on_disk);
  if (open.fd < 0) return not_found("cannot read " + file.on_disk.string() + ": " + std::strerror(errno));
  const std::string location = SOUK_TRY(begin_upload(remote, repository));
  net::ClientRequest request;
  request.body_source = [&](std::span<std::byte> into) -> Result<std::size_t> {
    const std::size_t count = SOUK_TRY(read_some(open.fd, into, file));
    progress.add(count);
    return count;
  };
  request.body_size = file.size;
  request.timeout = std::chrono::milliseconds(0);
  return end_upload(remote, location, digest, std::move(request));
}

Result<Digest> push_file(Remote& remote, const std::string& repository, const PackFile& file, DigestCache& cache,
                         UploadBook& book, Progress& progress) {
  std::optional<Digest> known = cache.find(file.on_disk);
  if (!known && file.size <= kHashFirst) known = SOUK_TRY(hash_file(file));
  if (!known) {
    const DigestCache::Stamp before = DigestCache::stamp(file.on_disk);
    const Digest digest = SOUK_TRY(send_in_parts(remote, repository, file, book, progress));
    cache.remember(file.on_disk, before, digest);
    return digest;
  }
  if (SOUK_TRY(has_blob(remote, repository, *known))) {
    progress.add(file.size);
  } else if (file.size > kHashFirst) {
    if (SOUK_TRY(send_in_parts(remote, repository, file, book, progress)) != *known) return changed(file);
  } else {
    SOUK_TRY(send_known(remote, repository, file, *known, progress));
  }
  return *known;
}

}  // namespace

Status in_parallel(std::size_t count, const std::function<Status(std::size_t)>& f) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::optional<Error> first;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      if (Status status = f(i); !status) {
        next = count;
        const std::lock_guard lock(mutex);
        if (!first) first = std::move(status).error();
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(count, kTransfers); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (first) return *std::move(first);
  return {};
}

Result<std::vector<Digest>> push_files(Remote& remote, const std::string& repository,
                                       const std::vector<PackFile>& files, Progress& progress) {
  std::vector<Digest> digests(files.size());
  DigestCache cache(DigestCache::default_file());
  UploadBook book(UploadBook::default_file());
  SOUK_TRY(in_parallel(files.size(), [&](std::size_t i) -> Status {
    digests[i] = SOUK_TRY(push_file(remote, repository, files[i], cache, book, progress));
    return {};
  }));
  cache.save();
  return digests;
}

Status push_bytes(Remote& remote, const std::string& repository, const std::string& bytes) {
  const Digest digest = sha256(bytes);
  if (SOUK_TRY(has_blob(remote, repository, digest))) return {};
  const std::string location = SOUK_TRY(begin_upload(remote, repository));
  net::ClientRequest request;
  request.body = bytes;
  return end_upload(remote, location, digest, std::move(request));
}

Result<Digest> push_manifest(Remote& remote, const std::string& repository, const std::string& tag,
                             const std::string& manifest) {
  net::ClientRequest request;
  request.method = "PUT";
  request.url = "/v2/" + repository + "/manifests/" + tag;
  request.headers.push_back({"Content-Type", std::string(kImageManifestType)});
  request.body = manifest;
  request.timeout = std::chrono::minutes(10);  // sealing loads the model
  const net::ClientResponse response = SOUK_TRY(remote.exchange(std::move(request)));
  if (response.status != 201) return error_of(response, "PUT of the manifest " + repository + ":" + tag);
  return sha256(manifest);
}

}  // namespace souk::cli
