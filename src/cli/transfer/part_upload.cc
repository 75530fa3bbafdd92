// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/part_upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <set>
#include <thread>

#include "base/hash/crc32c.h"
#include "cli/transfer/patience.h"

namespace souk::cli {
namespace {

constexpr std::size_t kSenders = 3;
constexpr std::int64_t kLargestPart = 1 << 30;

struct Upload {
  std::string id;
  std::string state;
  std::int64_t size = 0;
  std::int64_t part_size = 0;
  std::int64_t part_count = 0;
};
BOOST_DESCRIBE_STRUCT(Upload, (), (id, state, size, part_size, part_count))

struct UploadPart {
  std::int64_t number = 0;
  std::string checksum;
};
BOOST_DESCRIBE_STRUCT(UploadPart, (), (number, checksum))

struct UploadParts {
  std::vector<UploadPart> parts;
};
BOOST_DESCRIBE_STRUCT(UploadParts, (), (parts))

struct NewUpload {
  std::uint64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(NewUpload, (), (size))

struct Completion {
  Digest digest;
};
BOOST_DESCRIBE_STRUCT(Completion, (), (digest))

template <class T>
Result<T> read(const json::Document& document) {
  return json::read<T>(document.root().raw(), json::UnknownFields::ignore);
}

std::string checksum_of(const std::string& bytes) {
  return "crc32c=:" + crc32c_base64(crc32c(as_bytes(bytes))) + ":";
}

// The parts that are read and wait for a sender, a few at a time; the first error ends all.
class Queue {
 public:
  struct Part {
    std::int64_t number = 0;
    std::string bytes;
    std::string checksum;
  };

  // False: a sender failed.
  bool put(Part part) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failed_ || parts_.empty(); });
    if (failed_) return false;
    parts_.push_back(std::move(part));
    changed_.notify_all();
    return true;
  }
  std::optional<Part> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failed_ || closed_ || !parts_.empty(); });
    if (failed_ || parts_.empty()) return std::nullopt;
    Part part = std::move(parts_.front());
    parts_.pop_front();
    changed_.notify_all();
    return part;
  }
  void fail(Error error) {
    const std::lock_guard lock(mutex_);
    if (!failed_) failed_ = std::move(error);
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  const std::optional<Error>& failure() const { return failed_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Part> parts_;
  bool closed_ = false;
  std::optional<Error> failed_;
};

class PartSender {
 public:
  PartSender(Remote& remote, const std::string& repository, const PackFile& file, UploadBook& book, Progress& progress)
      : remote_(remote),
        file_(file),
        book_(book),
        progress_(progress),
        target_(remote.url() + "/" + repository),
        uploads_(api_path({"namespaces", repository.substr(0, repository.find('/')), "models",
                           repository.substr(repository.find('/') + 1), "uploads"})) {}

  Result<Digest> send() {
    SOUK_TRY(find());
    if (upload_.id.empty()) SOUK_TRY(begin());
    const Digest digest = SOUK_TRY(send_parts());
    SOUK_TRY(complete(digest));
    book_.forget(target_, file_.on_disk);
    return digest;
  }

 private:
  std::string path() const { return uploads_ + "/" + upload_.id; }

  // What an earlier push left.
  Status find() {
    const std::optional<std::string> noted = book_.find(target_, file_.on_disk);
    if (!noted) return {};
    const auto document = remote_.get(uploads_ + "/" + net::encode_path_segment(*noted));
    if (!document && document.error().code == Code::not_found) return {};
    if (!document) return document.error();
    const auto there = SOUK_TRY(read<Upload>(*document));
    if (there.state != "OPEN" || there.size != static_cast<std::int64_t>(file_.size)) return {};
    const json::Document parts = SOUK_TRY(remote_.list(uploads_ + "/" + there.id + "/parts", "parts"));
    for (const UploadPart& part : SOUK_TRY(read<UploadParts>(parts)).parts) there_[part.number] = part.checksum;
    upload_ = there;
    return {};
  }

  Status begin() {
    const auto document = SOUK_TRY(remote_.send("POST", uploads_, json::write(NewUpload{file_.size})));
    upload_ = SOUK_TRY(read<Upload>(document));
    if (upload_.part_size < 1 || upload_.part_size > kLargestPart) {
      return internal("the server wants parts of " + std::to_string(upload_.part_size) + " bytes");
    }
    book_.note(target_, file_.on_disk, upload_.id);
    return {};
  }

  Result<Digest> send_parts() {
    std::vector<std::thread> senders;
    for (std::size_t i = 0; i < kSenders; ++i) senders.emplace_back([this] { send_queued(); });
    const Result<Digest> digest = read_parts();
    if (!digest) queue_.fail(digest.error());
    queue_.close();
    for (std::thread& sender : senders) sender.join();
    if (queue_.failure()) return *queue_.failure();
    return digest;
  }

  // Reads the file once, in order; parts that the server has are only hashed.
  Result<Digest> read_parts() {
    const int fd = ::open(file_.on_disk.c_str(), O_RDONLY | O_CLOEXEC);
    const std::unique_ptr<const int, void (*)(const int*)> closing(&fd, [](const int* f) {
      if (*f >= 0) ::close(*f);
    });
    if (fd < 0) return not_found("cannot read " + file_.on_disk.string() + ": " + std::strerror(errno));
    Sha256 hash;
    std::uint64_t total = 0;
    for (std::int64_t number = 1; number <= upload_.part_count; ++number) {
      Queue::Part part{number, SOUK_TRY(read_part(fd)), ""};
      hash.update(as_bytes(part.bytes));
      total += part.bytes.size();
      part.checksum = checksum_of(part.bytes);
      if (const auto found = there_.find(number); found != there_.end() && found->second == part.checksum) {
        progress_.add(part.bytes.size());
      } else if (!queue_.put(std::move(part))) {
        break;
      }
    }
    char more = 0;
    if (!queue_.failure() && (total != file_.size || ::read(fd, &more, 1) > 0)) {
      return aborted(file_.on_disk.string() + " changed while it was sent").advise("run the push again");
    }
    return hash.finish();
  }

  Result<std::string> read_part(int fd) const {
    std::string bytes(static_cast<std::size_t>(upload_.part_size), '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t count = ::read(fd, bytes.data() + filled, bytes.size() - filled);
      if (count == 0) break;
      if (count < 0 && errno != EINTR) {
        return unavailable("cannot read " + file_.on_disk.string() + ": " + std::strerror(errno));
      }
      if (count > 0) filled += static_cast<std::size_t>(count);
    }
    bytes.resize(filled);
    return bytes;
  }

  void send_queued() {
    while (const std::optional<Queue::Part> part = queue_.take()) {
      if (Status sent = send_part(*part); !sent) return queue_.fail(sent.error());
      progress_.add(part->bytes.size());
    }
  }

  Status send_part(const Queue::Part& part) {
    for (Patience patience;;) {
      net::ClientRequest request;
      request.method = "PUT";
      request.url = path() + "/parts/" + std::to_string(part.number);
      request.headers.push_back({"Content-Type", "application/octet-stream"});
      request.headers.push_back({"Content-Digest", part.checksum});
      std::span<const std::byte> rest = as_bytes(part.bytes);
      request.body_size = rest.size();
      request.body_source = [rest](std::span<std::byte> into) mutable -> Result<std::size_t> {
        const std::size_t count = std::min(into.size(), rest.size());
        std::memcpy(into.data(), rest.data(), count);
        rest = rest.subspan(count);
        return count;
      };
      request.timeout = std::chrono::milliseconds(0);
      const auto response = remote_.exchange(std::move(request));
      if (response && response->status == 200) return {};
      Error error = response ? error_of(*response, "PUT of part " + std::to_string(part.number)) : response.error();
      if (!patience.waits_after(error)) return error;
    }
  }

  Status complete(const Digest& digest) {
    for (Patience patience;;) {
      const auto done = remote_.send("POST", path() + ":complete", json::write(Completion{digest}));
      if (done) return {};
      if (done.error().code == Code::aborted) patience.renew();  // the server is at it
      if (!patience.waits_after(done.error())) return done.error();
    }
  }

  Remote& remote_;
  const PackFile& file_;
  UploadBook& book_;
  Progress& progress_;
  const std::string target_, uploads_;
  Upload upload_;
  std::map<std::int64_t, std::string> there_;  // number → checksum
  Queue queue_;
};

}  // namespace

Result<Digest> send_in_parts(Remote& remote, const std::string& repository, const PackFile& file, UploadBook& book,
                             Progress& progress) {
  return PartSender(remote, repository, file, book, progress).send();
}

}  // namespace souk::cli
