// SPDX-License-Identifier: Apache-2.0
#include "blobs/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <unordered_map>

#include "blobs/file.h"
#include "blobs/folder_parts.h"
#include "blobs/folder_writer.h"

namespace souk::blobs {

namespace {

namespace fs = std::filesystem;
constexpr std::size_t kIdLength = 32;
constexpr std::uint64_t kPartBytes = 16 << 20;
constexpr std::uint64_t kPartStep = 1 << 20;
constexpr std::uint64_t kMaxParts = 10'000;
constexpr std::uint64_t kMaxBytes = 1ull << 40;
constexpr const char* kWhole = ".whole";  // of an upload on its way into a damaged blob's place

class FileReader final : public Reader {
 public:
  FileReader(File file, std::string path, std::uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset > size_) {
      return out_of_range("reading at " + std::to_string(offset) + " of a blob of " + std::to_string(size_) + " bytes");
    }
    std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
    if (wanted == 0) return std::size_t{0};
    std::size_t got = SOUK_TRY(file_.read_at(offset, into.first(wanted)));
    if (got == 0) return data_loss("blob " + path_ + " ends before its " + std::to_string(size_) + " bytes");
    return got;
  }

  Result<std::string> local_path() override { return path_; }

 private:
  File file_;
  std::string path_;
  std::uint64_t size_;
};

bool is_id(const std::string& id) {
  return id.size() == kIdLength && std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

}  // namespace

FolderBlobs::FolderBlobs(std::string root, Logger& log, Metrics& metrics)
    : root_(std::move(root)),
      log_(log),
      written_(metrics.counter("souk_blobs_written_bytes_total", "Bytes written into uploads").with()) {
  Gauge& gauge = metrics.gauge("souk_blobs_stored_bytes", "Bytes of all blobs kept", {"place"}).with({"file:" + root_});
  metrics.on_render([&gauge, stored = stored_] { gauge.set(static_cast<double>(stored->load())); });
}

FolderBlobs::~FolderBlobs() = default;

Result<std::unique_ptr<Blobs>> FolderBlobs::open(const std::string& root, Logger& log, Metrics& metrics) {
  std::error_code error;
  fs::create_directories(fs::path(root).parent_path(), error);
  for (const char* folder : {"", "/sha256", "/uploads"}) SOUK_TRY(make_folder(root + folder));
  if (::access((root + "/uploads").c_str(), R_OK | W_OK | X_OK) < 0) {
    return file_error("opening the blobs folder", root, errno);
  }
  SOUK_TRY(sync_folder(root));
  auto made = std::unique_ptr<FolderBlobs>(new FolderBlobs(root, log, metrics));
  made->counter_ = std::jthread([blobs = made.get()](std::stop_token stop) { blobs->count_stored(stop); });
  return std::unique_ptr<Blobs>(std::move(made));
}

std::string FolderBlobs::blob_path(const Digest& digest) const {
  std::string hex = digest.hex();
  return root_ + "/sha256/" + hex.substr(0, 2) + "/" + hex;
}

Result<std::unique_ptr<Writer>> FolderBlobs::create() {
  std::string id = random_token(kIdLength);
  File file = SOUK_TRY(File::create(upload_path(id)));
  return std::unique_ptr<Writer>(std::make_unique<FolderWriter>(*this, std::move(id), std::move(file), 0));
}

Result<std::unique_ptr<Writer>> FolderBlobs::resume(const std::string& id) {
  if (!is_id(id)) return not_found("there is no upload of that id").advise("start the upload again");
  Result<File> file = File::open(upload_path(id), true);
  if (!file && file.error().code == Code::not_found) {
    return not_found("upload " + id + " does not exist or has expired").advise("start the upload again");
  }
  File open = SOUK_TRY(std::move(file));
  std::uint64_t size = SOUK_TRY(open.size());
  return std::unique_ptr<Writer>(std::make_unique<FolderWriter>(*this, id, std::move(open), size));
}

Result<PartPlan> FolderBlobs::plan_parts(std::uint64_t size) {
  std::uint64_t part = std::max(kPartBytes, (size / kMaxParts + kPartStep) / kPartStep * kPartStep);
  if (size > kMaxBytes) {
    return resource_exhausted("an upload of " + std::to_string(size) + " bytes is larger than the " +
                              std::to_string(kMaxBytes) + " that one may have")
        .at("size");
  }
  return PartPlan{size, part};
}

Result<std::unique_ptr<PartUpload>> FolderBlobs::create_parts(const PartPlan& plan) {
  std::string id = random_token(kIdLength);
  File file = SOUK_TRY(File::create(upload_path(id)));
  SOUK_TRY(sync_folder(root_ + "/uploads"));  // parts are acknowledged as durable
  return std::unique_ptr<PartUpload>(std::make_unique<FolderParts>(*this, std::move(id), plan));
}

Result<std::unique_ptr<PartUpload>> FolderBlobs::resume_parts(const std::string& id, const PartPlan& plan) {
  if (!is_id(id) || !SOUK_TRY(find_file(upload_path(id)))) {
    return not_found("the upload does not exist or has expired").advise("start the upload again");
  }
  return std::unique_ptr<PartUpload>(std::make_unique<FolderParts>(*this, id, plan));
}

Result<std::optional<std::uint64_t>> FolderBlobs::find_size(const Digest& digest) {
  return find_file(blob_path(digest));
}

Result<std::unique_ptr<Reader>> FolderBlobs::open_blob(const Digest& digest) {
  std::string path = blob_path(digest);
  Result<File> file = File::open(path, false);
  if (!file && file.error().code == Code::not_found) return not_found("blob " + digest.string() + " does not exist");
  File open = SOUK_TRY(std::move(file));
  std::uint64_t size = SOUK_TRY(open.size());
  open.read_sequentially();
  return std::unique_ptr<Reader>(std::make_unique<FileReader>(std::move(open), std::move(path), size));
}

// Makes the folder's entries durable, and the folder itself.
Status FolderBlobs::sync_entries(const std::string& folder) const {
  SOUK_TRY(sync_folder(folder));
  return sync_folder(root_ + "/sha256");
}

Status FolderBlobs::keep(const std::string& upload, const Digest& digest, std::uint64_t size) {
  SOUK_TRY(keep_too(upload, digest, size));
  unlink(upload.c_str());
  return {};
}

Status FolderBlobs::keep_too(const std::string& upload, const Digest& digest, std::uint64_t size) {
  std::string path = blob_path(digest), folder = path.substr(0, path.rfind('/'));
  std::optional<std::uint64_t> there = SOUK_TRY(find_file(path));
  if (there == size) return sync_entries(folder);  // whoever put it there may not have got that far
  if (there) {                                     // cut short by something outside souk: healed
    const std::string whole = upload + kWhole;
    unlink(whole.c_str());
    if (link(upload.c_str(), whole.c_str()) < 0 || rename(whole.c_str(), path.c_str()) < 0) {
      return file_error("moving an upload to", path, errno);
    }
    add_stored(digest, static_cast<std::int64_t>(size) - static_cast<std::int64_t>(*there));
    return sync_entries(folder);
  }
  SOUK_TRY(make_folder(folder));
  if (link(upload.c_str(), path.c_str()) == 0) {
    add_stored(digest, static_cast<std::int64_t>(size));
  } else if (errno != EEXIST) {  // that one came a moment ago, with the same bytes
    return file_error("moving an upload to", path, errno);
  }
  return sync_entries(folder);
}

// The sub-folders are the first byte of the digests, so they are walked in order, each sorted by itself.
Result<std::vector<StoredBlob>> FolderBlobs::list(const std::optional<Digest>& after, std::size_t count) {
  std::vector<StoredBlob> out;
  unsigned first = after ? std::to_integer<unsigned>(after->bytes[0]) : 0;
  for (unsigned byte = first; byte < 256 && out.size() < count; byte++) {
    std::byte one{static_cast<unsigned char>(byte)};
    std::string folder = root_ + "/sha256/" + to_hex(std::span(&one, 1));
    std::size_t before = out.size();
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      Result<Digest> digest = Digest::parse("sha256:" + at->path().filename().string());
      if (!digest || (after && *digest <= *after)) continue;
      std::optional<std::uint64_t> size = SOUK_TRY(find_file(at->path().string()));
      if (size) out.push_back({*digest, *size});
    }
    if (error && error != std::errc::no_such_file_or_directory) return file_error("listing", folder, error.value());
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(),
              [](const StoredBlob& a, const StoredBlob& b) { return a.digest < b.digest; });
  }
  if (out.size() > count) out.resize(count);
  return out;
}

Status FolderBlobs::remove(const Digest& digest) {
  std::string path = blob_path(digest);
  std::optional<std::uint64_t> size = SOUK_TRY(find_file(path));
  if (unlink(path.c_str()) < 0) {
    if (errno == ENOENT) return {};
    return file_error("removing", path, errno);
  }
  if (size) add_stored(digest, -static_cast<std::int64_t>(*size));
  return {};
}

Result<std::size_t> FolderBlobs::expire_uploads(Time before) {
  std::size_t dropped = 0;
  std::error_code error;
  for (fs::directory_iterator at(root_ + "/uploads", error), end; !error && at != end; at.increment(error)) {
    struct stat about {};
    std::string path = at->path().string();
    if (lstat(path.c_str(), &about) < 0 || !S_ISREG(about.st_mode)) continue;
    std::int64_t touched = about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1'000'000;
    if (touched < to_millis(before) && unlink(path.c_str()) == 0) dropped++;
  }
  if (error) return file_error("listing", root_ + "/uploads", error.value());
  return dropped;
}

void FolderBlobs::add_stored(const Digest& digest, std::int64_t bytes) {
  std::lock_guard lock(counting_);
  if (is_counted_) {
    stored_->fetch_add(bytes);
  } else {
    changed_while_counting_.insert(digest);
  }
}

// Counts once, beside the server's start. A blob that comes or goes meanwhile may or may not be met; those are
// looked at again at the end, when nothing else changes the sum.
void FolderBlobs::count_stored(std::stop_token stop) {
  std::int64_t sum = 0;
  std::unordered_map<Digest, std::int64_t> met;
  std::error_code error;
  fs::recursive_directory_iterator at(root_ + "/sha256", error), end;
  for (; !error && at != end && !stop.stop_requested(); at.increment(error)) {
    struct stat about {};
    if (lstat(at->path().c_str(), &about) < 0 || !S_ISREG(about.st_mode)) continue;
    Result<Digest> digest = Digest::parse("sha256:" + at->path().filename().string());
    if (!digest) continue;
    std::lock_guard lock(counting_);
    if (!changed_while_counting_.contains(*digest)) {
      sum += about.st_size;
      met.emplace(*digest, about.st_size);
    }
  }
  std::lock_guard lock(counting_);
  for (const Digest& digest : changed_while_counting_) {
    if (auto known = met.find(digest); known != met.end()) sum -= known->second;
    Result<std::optional<std::uint64_t>> size = find_size(digest);
    if (size && *size) sum += static_cast<std::int64_t>(**size);
  }
  if (error) {
    log_.warn("blobs", "counting the stored bytes failed", {{"folder", root_}, {"error", error.message()}});
  }
  stored_->store(sum);
  changed_while_counting_.clear();
  is_counted_ = true;
  counted_.notify_all();
}

Result<std::uint64_t> FolderBlobs::stored_bytes() {
  std::unique_lock lock(counting_);
  counted_.wait(lock, [&] { return is_counted_; });
  return static_cast<std::uint64_t>(std::max<std::int64_t>(stored_->load(), 0));
}

}  // namespace souk::blobs
