// SPDX-License-Identifier: Apache-2.0
#include "blobs/power_cut_test.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "blobs/folder.h"
#include "blobs/test_stores.h"

namespace souk::blobs {

namespace {

namespace fs = std::filesystem;

std::atomic<PowerCut*> recording{nullptr};

template <class F>
F real(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

std::string path_of(int fd) {
  char path[4096];
  ssize_t size = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : "";
}

// While a cut records, a change and its record are one step: another thread sees both or neither.
std::mutex one_step;

template <class Call, class F>
int told(Call call, F tell) {
  PowerCut* cut = recording;
  if (cut == nullptr) return call();
  std::lock_guard lock(one_step);
  const int result = call();
  if (result == 0) tell(*cut);
  return result;
}

}  // namespace

PowerCut::PowerCut(fs::path root, std::uint64_t events, Options options)
    : root_(std::move(root)), options_(options), left_(events), disk_(std::make_shared<File>()) {
  disk_->is_folder = true;
  now_[root_.string()] = disk_;
  recording = this;
}

PowerCut::~PowerCut() {
  recording = nullptr;
}

bool PowerCut::is_cut() {
  std::lock_guard lock(mutex_);
  return left_ == 0;
}

bool PowerCut::count() {
  if (left_ == 0) return false;
  left_--;
  return true;
}

PowerCut::FilePtr PowerCut::find(const std::string& path) {
  auto found = now_.find(path);
  return found == now_.end() ? nullptr : found->second;
}

void PowerCut::created(const std::string& path, bool is_folder) {
  std::lock_guard lock(mutex_);
  FilePtr folder = find(fs::path(path).parent_path().string());
  if (!folder || !count()) return;
  auto file = std::make_shared<File>();
  file->is_folder = is_folder;
  now_[path] = file;
  folder->changes.push_back({fs::path(path).filename().string(), file});
}

void PowerCut::wrote(const std::string& path, std::uint64_t offset, std::optional<std::string> bytes) {
  std::lock_guard lock(mutex_);
  FilePtr file = find(path);
  if (file && count()) file->pending.push_back({offset, std::move(bytes)});
}

void PowerCut::synced(const std::string& path) {
  std::lock_guard lock(mutex_);
  FilePtr file = find(path);
  if (!file || (file->is_folder ? options_.loses_folder_syncs : options_.loses_data_syncs) || !count()) return;
  for (const File::Write& write : file->pending) apply(file->durable, write);
  file->pending.clear();
  for (const File::Change& change : file->changes) {
    if (change.file) {
      file->entries[change.name] = change.file;
    } else {
      file->entries.erase(change.name);
    }
  }
  file->changes.clear();
}

void PowerCut::linked(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  FilePtr file = find(from), folder = find(fs::path(to).parent_path().string());
  if (!file || !folder || !count()) return;
  now_[to] = file;
  folder->changes.push_back({fs::path(to).filename().string(), file});
}

void PowerCut::removed(const std::string& path) {
  std::lock_guard lock(mutex_);
  FilePtr folder = find(fs::path(path).parent_path().string());
  if (!folder || !count()) return;
  now_.erase(path);
  folder->changes.push_back({fs::path(path).filename().string(), nullptr});
}

void PowerCut::apply(std::string& content, const File::Write& write) {
  if (!write.bytes) return content.resize(write.offset);
  if (content.size() < write.offset + write.bytes->size()) content.resize(write.offset + write.bytes->size());
  content.replace(write.offset, write.bytes->size(), *write.bytes);
}

void PowerCut::restore(const fs::path& into, std::mt19937_64& random) const {
  restore(*disk_, into, random);
}

void PowerCut::restore(const File& file, const fs::path& into, std::mt19937_64& random) {
  if (!file.is_folder) {
    std::string content = file.durable;
    const auto mood = random() % 4;  // none, all, or each for itself
    for (const File::Write& write : file.pending) {
      if (mood == 0 || (mood > 1 && random() % 2 == 0)) continue;
      File::Write kept = write;
      if (mood == 3 && kept.bytes && !kept.bytes->empty()) kept.bytes->resize(random() % kept.bytes->size());  // torn
      apply(content, kept);
    }
    std::ofstream(into, std::ios::binary) << content;
    return;
  }
  std::map<std::string, std::shared_ptr<File>> entries = file.entries;
  const auto mood = random() % 3;
  for (const File::Change& change : file.changes) {
    if (mood == 0 || (mood == 2 && random() % 2 == 0)) continue;
    if (change.file) {
      entries[change.name] = change.file;
    } else {
      entries.erase(change.name);
    }
  }
  fs::create_directories(into);
  for (const auto& [name, entry] : entries) restore(*entry, into / name, random);
}

namespace {

class PowerCutTest : public testing::Test {
 protected:
  struct Outcome {
    int lost = 0;     // acknowledged, and not there or damaged
    int damaged = 0;  // there under a name that is not theirs
    int lost_parts = 0;
    int acknowledged = 0;
  };

  // Pushes from a few threads until the power goes, then looks at some of the states the disk may be in.
  Outcome round(std::uint64_t seed, PowerCut::Options options = {}) {
    std::mt19937_64 random(seed);
    TestStore place("file");
    const fs::path root = place.root() / "blobs";
    Outcome out;
    std::mutex mutex;
    std::vector<Digest> blobs;
    std::vector<std::pair<std::string, std::string>> parts;  // upload, bytes of its first part
    PowerCut cut(root, random() % 120, options);
    {
      auto store = FolderBlobs::open(root.string(), log_, metrics_);
      EXPECT_TRUE(store);
      std::vector<std::thread> threads;
      for (int t = 0; t < 3; t++) {
        threads.emplace_back([&, t, own = random()] {
          std::mt19937_64 mine(own);
          for (int i = 0; i < 6 && !cut.is_cut(); i++) {
            std::string text = noise(1 + mine() % 3000) + std::to_string(mine() % 8);
            if (t == 2) {
              PartPlan plan{text.size(), (text.size() + 1) / 2};
              auto upload = (*store)->create_parts(plan);
              auto part = (*upload)->open_part(1);
              std::string first = text.substr(0, plan.size_of(1));
              EXPECT_TRUE((*part)->write(as_bytes(first)));
              EXPECT_TRUE((*part)->finish());
              std::lock_guard lock(mutex);
              if (!cut.is_cut()) parts.emplace_back((*upload)->id(), first);
            } else {
              auto digest = (*store)->put(as_bytes(text));
              EXPECT_TRUE(digest);
              std::lock_guard lock(mutex);
              if (!cut.is_cut()) blobs.push_back(*digest);
            }
          }
        });
      }
      for (auto& thread : threads) thread.join();
    }
    out.acknowledged = static_cast<int>(blobs.size() + parts.size());
    for (int state = 0; state < 4; state++) {
      look(cut, place.root() / ("after" + std::to_string(state)), random, blobs, parts, out);
    }
    return out;
  }

  void look(const PowerCut& cut, const fs::path& after, std::mt19937_64& random, const std::vector<Digest>& blobs,
            const std::vector<std::pair<std::string, std::string>>& parts, Outcome& out) {
    cut.restore(after, random);
    auto store = FolderBlobs::open(after.string(), log_, metrics_);
    ASSERT_TRUE(store) << store.error().describe();
    for (const Digest& digest : blobs) out.lost += !(*store)->verify(digest);
    auto listed = (*store)->list(std::nullopt, 1000);
    for (const StoredBlob& blob : *listed) out.damaged += !(*store)->verify(blob.digest);
    for (const auto& [id, bytes] : parts) {
      std::ifstream file(after / "uploads" / id, std::ios::binary);
      std::string there(std::istreambuf_iterator<char>(file), {});
      out.lost_parts += there.substr(0, bytes.size()) != bytes;
    }
  }

  Logger log_{Logger::Level::off};
  Metrics metrics_;
};

TEST_F(PowerCutTest, loses_nothing_acknowledged_and_shows_nothing_half_written) {
  int acknowledged = 0;
  for (std::uint64_t seed = 0; seed < 150; seed++) {
    Outcome out = round(seed);
    ASSERT_EQ(out.lost, 0) << "seed " << seed;
    ASSERT_EQ(out.damaged, 0) << "seed " << seed;
    ASSERT_EQ(out.lost_parts, 0) << "seed " << seed;
    acknowledged += out.acknowledged;
  }
  EXPECT_GT(acknowledged, 300);
}

// That the test above can fail: stores that forget one or the other.
TEST_F(PowerCutTest, finds_a_store_that_does_not_sync_its_data) {
  int lost = 0, damaged = 0, lost_parts = 0;
  for (std::uint64_t seed = 0; seed < 30; seed++) {
    Outcome out = round(seed, {.loses_data_syncs = true});
    lost += out.lost;
    damaged += out.damaged;
    lost_parts += out.lost_parts;
  }
  EXPECT_GT(lost, 0);
  EXPECT_GT(damaged, 0);
  EXPECT_GT(lost_parts, 0);
}

TEST_F(PowerCutTest, finds_a_store_that_does_not_sync_its_folders) {
  int lost = 0, lost_parts = 0;
  for (std::uint64_t seed = 0; seed < 30; seed++) {
    Outcome out = round(seed, {.loses_folder_syncs = true});
    lost += out.lost;
    lost_parts += out.lost_parts;
  }
  EXPECT_GT(lost, 0);
  EXPECT_GT(lost_parts, 0);
}

}  // namespace
}  // namespace souk::blobs

using souk::blobs::path_of;
using souk::blobs::PowerCut;
using souk::blobs::real;
using souk::blobs::recording;
using souk::blobs::told;

extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  PowerCut* cut = recording;
  std::unique_lock lock(souk::blobs::one_step, std::defer_lock);
  if (cut != nullptr) lock.lock();
  ssize_t put = next(fd, bytes, count, offset);
  if (put > 0 && cut != nullptr) {
    cut->wrote(path_of(fd), static_cast<std::uint64_t>(offset),
               std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(put)));
  }
  return put;
}

int ftruncate(int fd, off_t size) noexcept {
  static const auto next = real<int (*)(int, off_t)>("ftruncate");
  return told([&] { return next(fd, size); },
              [&](PowerCut& cut) { cut.wrote(path_of(fd), static_cast<std::uint64_t>(size), {}); });
}

int fdatasync(int fd) {
  static const auto next = real<int (*)(int)>("fdatasync");
  // The disk of the record takes it; the real one need not.
  return told([&] { return recording == nullptr ? next(fd) : 0; }, [&](PowerCut& cut) { cut.synced(path_of(fd)); });
}

int fsync(int fd) {
  static const auto next = real<int (*)(int)>("fsync");
  return told([&] { return recording == nullptr ? next(fd) : 0; }, [&](PowerCut& cut) { cut.synced(path_of(fd)); });
}

int link(const char* from, const char* to) noexcept {
  static const auto next = real<int (*)(const char*, const char*)>("link");
  return told([&] { return next(from, to); }, [&](PowerCut& cut) { cut.linked(from, to); });
}

int rename(const char* from, const char* to) noexcept {
  static const auto next = real<int (*)(const char*, const char*)>("rename");
  return told([&] { return next(from, to); },
              [&](PowerCut& cut) {
                cut.linked(from, to);
                cut.removed(from);
              });
}

int unlink(const char* path) noexcept {
  static const auto next = real<int (*)(const char*)>("unlink");
  return told([&] { return next(path); }, [&](PowerCut& cut) { cut.removed(path); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto next = real<int (*)(const char*, mode_t)>("mkdir");
  return told([&] { return next(path, mode); }, [&](PowerCut& cut) { cut.created(path, true); });
}

int open(const char* path, int flags, ...) {
  static const auto next = real<int (*)(const char*, int, ...)>("open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  PowerCut* cut = recording;
  std::unique_lock lock(souk::blobs::one_step, std::defer_lock);
  if (cut != nullptr && (flags & O_EXCL) != 0) lock.lock();
  int fd = next(path, flags, mode);
  if (fd >= 0 && cut != nullptr && (flags & O_EXCL) != 0) cut->created(path, false);
  return fd;
}
}
