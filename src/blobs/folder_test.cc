// SPDX-License-Identifier: Apache-2.0
//
// What only a folder does; blobs_test.cc has what every store does.
#include "blobs/folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <fstream>

#include "blobs/test_stores.h"

namespace souk::blobs {
namespace {

namespace fs = std::filesystem;

class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    auto opened = store_.open(log_, metrics_);
    EXPECT_TRUE(opened) << opened.error().describe();
    blobs_ = std::move(*opened);
  }
  fs::path uploads() const { return store_.root() / "blobs/uploads"; }
  std::string path_of(const Digest& digest) { return *(*blobs_->open_blob(digest))->local_path(); }
  std::size_t files_under(const fs::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.is_regular_file();
    return count;
  }

  Logger log_{Logger::Level::off};
  Metrics metrics_;
  TestStore store_{"file"};
  std::unique_ptr<Blobs> blobs_;
};

TEST_F(FolderTest, upload_ids_cannot_leave_the_folder) {
  std::ofstream(store_.root() / "secret") << "x";
  std::string id(32, 'b');
  fs::create_symlink(store_.root() / "secret", uploads() / id);
  EXPECT_FALSE(blobs_->resume(id));
  EXPECT_FALSE(blobs_->resume_parts(id, {10, 10}));
}

TEST_F(FolderTest, only_its_owner_may_read) {
  auto digest = blobs_->put(as_bytes("private"));
  ASSERT_TRUE(digest);
  struct stat about {};
  std::string path = path_of(*digest);
  ASSERT_EQ(stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_EQ(about.st_nlink, 1u);
  ASSERT_EQ(stat(fs::path(path).parent_path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0700u);
}

TEST_F(FolderTest, says_when_a_blob_is_cut_short) {
  std::string text = noise(10'000);
  Digest digest = *blobs_->put(as_bytes(text));
  auto reader = blobs_->open_blob(digest);
  fs::resize_file(*(*reader)->local_path(), 5'000);
  std::array<std::byte, 100> part;
  EXPECT_EQ((*reader)->read_at(6'000, part).error().code, Code::data_loss);
  // A new push of the same bytes heals it.
  ASSERT_TRUE(blobs_->put(as_bytes(text)));
  EXPECT_EQ(*blobs_->read_all(digest, 1 << 20), text);
}

TEST_F(FolderTest, finds_and_names_a_blob_whose_bytes_rotted) {
  std::string text = noise(3 << 20);
  Digest digest = *blobs_->put(as_bytes(text)), other = *blobs_->put(as_bytes("other"));
  std::fstream file(path_of(digest), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(2'000'000);
  file.put(static_cast<char>(text[2'000'000] ^ 1));
  file.close();
  auto verified = blobs_->verify(digest);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::data_loss);
  EXPECT_NE(verified.error().message.find(digest.string()), std::string::npos) << verified.error().message;
  EXPECT_EQ(blobs_->read_all(digest, 10 << 20).error().code, Code::data_loss);
  EXPECT_TRUE(blobs_->verify(other));
}

// Runs f while no file may grow past `bytes`, as on a disk that is full.
template <class F>
auto with_full_disk(std::uint64_t bytes, F f) {
  auto old = signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{bytes, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  auto result = f();
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, old);
  return result;
}

TEST_F(FolderTest, a_full_disk_is_unavailable_and_costs_nothing_written) {
  std::string text = noise(3 << 20);
  auto writer = blobs_->create();
  ASSERT_TRUE((*writer)->write(as_bytes(text).first(1 << 20)));
  Status status = with_full_disk((1 << 20) + 5000, [&] { return (*writer)->write(as_bytes(text).subspan(1 << 20)); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::unavailable);
  EXPECT_FALSE(status.error().hint.empty());
  EXPECT_TRUE(status.error().retry_after);
  EXPECT_EQ((*writer)->size(), 1u << 20);
  EXPECT_EQ(fs::file_size(uploads() / (*writer)->id()), 1u << 20);
  ASSERT_TRUE((*writer)->write(as_bytes(text).subspan(1 << 20)));
  EXPECT_EQ(*(*writer)->commit(std::nullopt), sha256(text));
}

TEST_F(FolderTest, a_full_disk_costs_one_part_only) {
  std::string text = noise(3 << 20);
  PartPlan plan{text.size(), 1 << 20};
  auto upload = *blobs_->create_parts(plan);
  std::vector<std::string> tags(3);
  auto put = [&](std::uint32_t number) -> Result<std::string> {
    auto part = SOUK_TRY(upload->open_part(number));
    SOUK_TRY(part->write(as_bytes(text).subspan(plan.offset(number), plan.size_of(number))));
    return part->finish();
  };
  tags[2] = *put(3);
  tags[0] = *put(1);
  auto failed = with_full_disk((1 << 20) + 5000, [&] { return put(2); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unavailable);
  tags[1] = *put(2);
  EXPECT_EQ(*upload->commit(tags, sha256(text)), sha256(text));
  EXPECT_EQ(*blobs_->read_all(sha256(text), 10 << 20), text);
}

TEST_F(FolderTest, keeps_equal_bytes_once) {
  ASSERT_TRUE(blobs_->put(as_bytes("same")));
  ASSERT_TRUE(blobs_->put(as_bytes("same")));
  EXPECT_EQ(files_under(store_.root() / "blobs"), 1u);
}

TEST_F(FolderTest, expires_uploads_by_their_last_write) {
  auto old = blobs_->create(), fresh = blobs_->create();
  timeval then[2] = {{1'000'000, 0}, {1'000'000, 0}};
  ASSERT_EQ(utimes((uploads() / (*old)->id()).c_str(), then), 0);
  EXPECT_EQ(*blobs_->expire_uploads(from_millis(2'000'000'000)), 1u);
  EXPECT_FALSE(blobs_->resume((*old)->id()));
  EXPECT_TRUE(blobs_->resume((*fresh)->id()));
}

}  // namespace
}  // namespace souk::blobs
