// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/json.h"
#include "cli/transfer/hash_pipe.h"
#include "cli/transfer/patience.h"
#include "cli/transfer/transfer.h"

namespace souk::cli {
namespace {

constexpr std::string_view kTitleAnnotation = "org.opencontainers.image.title";
constexpr std::string_view kMetadataAnnotation = "org.cncf.model.file.metadata+json";

struct Layer {
  std::string mediaType;
  Digest digest;
  std::uint64_t size = 0;
  std::map<std::string, std::string> annotations;
};
BOOST_DESCRIBE_STRUCT(Layer, (), (mediaType, digest, size, annotations))

struct ManifestLayers {
  std::vector<Layer> layers;
};
BOOST_DESCRIBE_STRUCT(ManifestLayers, (), (layers))

struct Metadata {
  std::optional<std::uint32_t> mode;
};
BOOST_DESCRIBE_STRUCT(Metadata, (), (mode))

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error cannot(const std::string& what, const std::string& path) {
  const int error = errno;
  const std::string why = error == ELOOP || error == ENOTDIR ? "a link or a file is in the way" : std::strerror(error);
  const std::string message = "cannot " + what + " " + path + ": " + why;
  return error == ENOSPC ? resource_exhausted(message) : failed_precondition(message);
}

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > 4096 || path.find('\\') != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    begin = end + 1;
  }
  return std::none_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<PullFile> plan_layer(const Layer& layer) {
  const std::string shown = "layer " + layer.digest.string();
  auto path = layer.annotations.find(std::string(kFilepathAnnotation));
  if (path == layer.annotations.end()) path = layer.annotations.find(std::string(kTitleAnnotation));
  if (path == layer.annotations.end()) {
    return failed_precondition(shown + " does not name a file; it belongs to another kind of artifact (" +
                               layer.mediaType + ")")
        .advise("pull it with an OCI client, such as crane pull");
  }
  if (!is_safe_path(path->second)) {
    return invalid_argument(shown + " has the path " + json::write(path->second.substr(0, 200)) +
                            ", which is not inside of a folder; nothing was written");
  }
  PullFile file{path->second, layer.digest, layer.size, false};
  if (const auto text = layer.annotations.find(std::string(kMetadataAnnotation)); text != layer.annotations.end()) {
    const auto metadata = json::read<Metadata>(text->second, json::UnknownFields::ignore);
    file.executable = metadata && (metadata->mode.value_or(0) & 0100) != 0;
  }
  return file;
}

// The folder of a path under `root`, made as needed; no link is followed on the way.
Result<Fd> open_parent(int root, const std::string& path, std::string& name) {
  Fd folder(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  std::size_t begin = 0;
  for (std::size_t slash; (slash = path.find('/', begin)) != std::string::npos; begin = slash + 1) {
    const std::string part = path.substr(begin, slash - begin);
    if (::mkdirat(folder.get(), part.c_str(), 0777) != 0 && errno != EEXIST) return cannot("make", path);
    Fd next(::openat(folder.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0) return cannot("open the folder of", path);
    folder = std::move(next);
  }
  name = path.substr(begin);
  return folder;
}

// Whether the file is there with the digest wanted.
Result<bool> is_there(int folder, const std::string& name, const PullFile& file, bool overwrite) {
  const Fd old(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (old.get() < 0 && errno == ENOENT) return false;
  struct stat status {};
  const bool regular = old.get() >= 0 && ::fstat(old.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (regular && static_cast<std::uint64_t>(status.st_size) == file.size) {
    Sha256 hash;
    std::vector<std::byte> block(256 << 10);
    for (ssize_t count; (count = ::read(old.get(), block.data(), block.size())) > 0;) {
      hash.update({block.data(), static_cast<std::size_t>(count)});
    }
    if (hash.finish() == file.digest) return true;
  }
  if (regular && overwrite) return false;
  return failed_precondition(file.path + " is already there with other content")
      .advise("pull into an empty folder, or add --force");
}

// Takes a blob's bytes: into the file, and through the hash.
class FileSink {
 public:
  FileSink(int fd, const PullFile& file, Progress& progress) : fd_(fd), file_(file), progress_(progress) {}

  Status take(std::span<const std::byte> piece) {
    total_ += piece.size();
    if (total_ > file_.size)
      return data_loss("the server sends more than the " + std::to_string(file_.size) + " bytes of " + file_.path);
    progress_.add(piece.size());
    while (!piece.empty()) {
      if (used_ == 0) block_ = pipe_.block();
      const std::size_t count = std::min(piece.size(), block_.size() - used_);
      std::memcpy(block_.data() + used_, piece.data(), count);
      used_ += count;
      piece = piece.subspan(count);
      if (used_ == block_.size()) SOUK_TRY(flush());
    }
    return {};
  }

  // Takes what an earlier pull left in the file. Errors: data_loss (more than the file has)
  Status resume() {
    for (;;) {
      block_ = pipe_.block();
      const ssize_t count = ::read(fd_, block_.data(), block_.size());
      if (count < 0 && errno != EINTR) return cannot("read what is there of", file_.path);
      if (count == 0) return {};
      if (count < 0) continue;
      pipe_.submit(static_cast<std::size_t>(count));
      total_ += static_cast<std::uint64_t>(count);
      if (total_ > file_.size) return data_loss("more is there of " + file_.path + " than it has");
      progress_.add(static_cast<std::uint64_t>(count));
    }
  }

  std::uint64_t total() const { return total_; }

  // Writes what is still in memory.
  Status keep() { return flush(); }

  Status finish() {
    SOUK_TRY(flush());
    const Digest digest = pipe_.finish();
    if (digest != file_.digest) {
      return data_loss(file_.path + " arrived as " + digest.string() + " instead of " + file_.digest.string())
          .advise("run the pull again; if it stays so, the server's copy is damaged");
    }
    return {};
  }

 private:
  Status flush() {
    if (used_ == 0) return {};
    pipe_.submit(used_);
    for (std::size_t at = 0; at < used_;) {
      const ssize_t count = ::write(fd_, block_.data() + at, used_ - at);
      if (count < 0 && errno != EINTR) return cannot("write", file_.path);
      if (count > 0) at += static_cast<std::size_t>(count);
    }
    used_ = 0;
    return {};
  }

  int fd_;
  const PullFile& file_;
  Progress& progress_;
  HashPipe pipe_;
  std::span<std::byte> block_;
  std::size_t used_ = 0;
  std::uint64_t total_ = 0;
};

// Everything after what the sink has already, from the server or from where it sends to.
Result<net::ClientResponse> get_rest(Remote& remote, const std::string& path, FileSink& sink) {
  net::ClientRequest request;
  request.url = path;
  request.sink = [&sink](std::span<const std::byte> piece) { return sink.take(piece); };
  request.timeout = std::chrono::milliseconds(0);
  if (sink.total() > 0) request.headers.push_back({"Range", "bytes=" + std::to_string(sink.total()) + "-"});
  const net::ClientResponse response = SOUK_TRY(remote.exchange(request));
  if (response.status != 307) return response;
  request.url = response.header("Location");
  return remote.exchange_elsewhere(std::move(request));
}

Status download(Remote& remote, const std::string& repository, const PullFile& file, FileSink& sink) {
  if (sink.total() > 0 && sink.total() == file.size) return sink.finish();
  const std::string path = "/v2/" + repository + "/blobs/" + file.digest.string();
  for (Patience patience;;) {
    const std::uint64_t before = sink.total();
    const auto response = get_rest(remote, path, sink);
    if (response && response->status == (before > 0 ? 206 : 200)) return sink.finish();
    Error error = response ? error_of(*response, "GET of " + file.path) : response.error();
    if (sink.total() > before) patience.renew();
    if (sink.total() == file.size || !patience.waits_after(error)) return error;
  }
}

// Where a file is written until it is whole. One that an earlier pull left is taken up again, unless another pull is at
// it now.
struct Unfinished {
  Fd fd;
  std::string name;
};

Result<Unfinished> open_unfinished(int folder, const PullFile& file) {
  const mode_t mode = file.executable ? 0777 : 0666;
  Unfinished out{Fd(), ".souk-" + file.digest.hex().substr(0, 32)};
  out.fd = Fd(::openat(folder, out.name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode));
  struct stat status {};
  const bool mine = out.fd.get() >= 0 && ::fstat(out.fd.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                    status.st_nlink == 1 && ::flock(out.fd.get(), LOCK_EX | LOCK_NB) == 0;
  if (mine) return out;
  out.name = ".souk-" + random_token(12);
  out.fd = Fd(::openat(folder, out.name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (out.fd.get() < 0) return cannot("write", file.path);
  return out;
}

// What an earlier pull left in the file, and the rest. What came so far stays there unless it is wrong.
Status complete(Remote& remote, const std::string& repository, const PullFile& file, int fd, Progress& progress,
                bool& resumed) {
  FileSink sink(fd, file, progress);
  Status status = sink.resume();
  resumed = sink.total() > 0;
  if (status) status = download(remote, repository, file, sink);
  if (status) return status;
  const bool wrong = status.error().code == Code::data_loss || sink.total() == 0;
  if (!wrong) {
    (void)sink.keep();
    return status;
  }
  if (::ftruncate(fd, 0) != 0) return cannot("write", file.path);
  return status;
}

Status pull_file(Remote& remote, const std::string& repository, const PullFile& file, int root, bool overwrite,
                 Progress& progress) {
  std::string name;
  const Fd folder = SOUK_TRY(open_parent(root, file.path, name));
  if (SOUK_TRY(is_there(folder.get(), name, file, overwrite))) {
    progress.add(file.size);
    return {};
  }
  const Unfinished out = SOUK_TRY(open_unfinished(folder.get(), file));
  bool resumed = false;
  Status status = complete(remote, repository, file, out.fd.get(), progress, resumed);
  if (!status && resumed && status.error().code == Code::data_loss) {
    ::lseek(out.fd.get(), 0, SEEK_SET);  // what was left was not of this file: from the beginning
    status = complete(remote, repository, file, out.fd.get(), progress, resumed);
  }
  if (status && ::renameat(folder.get(), out.name.c_str(), folder.get(), name.c_str()) != 0) {
    status = cannot("write", file.path);
  }
  struct stat left {};
  const bool empty = ::fstat(out.fd.get(), &left) != 0 || left.st_size == 0;
  if (!status && empty) ::unlinkat(folder.get(), out.name.c_str(), 0);
  return status;
}

}  // namespace

Result<PullPlan> plan_pull(std::string_view manifest) {
  PullPlan plan;
  plan.digest = sha256(manifest);
  const auto read = json::read<ManifestLayers>(manifest, json::UnknownFields::ignore);
  if (!read) return data_loss("the manifest " + plan.digest.string() + " cannot be read").because(read.error());
  std::set<std::string> paths;
  for (const Layer& layer : read->layers) {
    PullFile file = SOUK_TRY(plan_layer(layer));
    if (!paths.insert(file.path).second) return invalid_argument("two layers have the path " + file.path);
    plan.size += file.size;
    plan.files.push_back(std::move(file));
  }
  return plan;
}

Result<PullPlan> fetch_plan(Remote& remote, const std::string& repository, const std::string& reference) {
  net::ClientRequest request;
  request.url = "/v2/" + repository + "/manifests/" + reference;
  request.headers.push_back({"Accept", std::string(kImageManifestType)});
  const net::ClientResponse response = SOUK_TRY(remote.exchange(std::move(request)));
  if (response.status != 200) return error_of(response, "GET of the manifest " + repository + ":" + reference);
  const std::string digest = sha256(response.body).string();
  const std::string named =
      reference.starts_with("sha256:") ? reference : std::string(response.header("Docker-Content-Digest"));
  if (!named.empty() && named != digest) return data_loss("the manifest arrived as " + digest + " instead of " + named);
  return plan_pull(response.body);
}

Status pull_files(Remote& remote, const std::string& repository, const PullPlan& plan,
                  const std::filesystem::path& folder, bool overwrite, Progress& progress) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const Fd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) return cannot("open", folder.string());
  return in_parallel(plan.files.size(), [&](std::size_t i) {
    return pull_file(remote, repository, plan.files[i], root.get(), overwrite, progress);
  });
}

}  // namespace souk::cli
