// SPDX-License-Identifier: Apache-2.0
#include "blobs/blobs.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace souk::blobs {
namespace {

namespace fs = std::filesystem;

class BlobsTest : public testing::Test {
 protected:
  BlobsTest() {
    std::string form = (fs::temp_directory_path() / "souk_blobs_XXXXXX").string();
    root_ = mkdtemp(form.data());
    reopen();
  }
  ~BlobsTest() override {
    blobs_.reset();
    fs::remove_all(root_);
  }

  void reopen() {
    blobs_.reset();
    auto opened = Blobs::open("file:" + root_.string() + "/blobs", log_, metrics_);
    ASSERT_TRUE(opened) << opened.error().describe();
    blobs_ = std::move(*opened);
  }

  fs::path uploads() const { return root_ / "blobs/uploads"; }
  static std::string noise(std::size_t count) {
    std::mt19937_64 random(count);
    std::string text(count, '\0');
    for (std::size_t i = 0; i < count; i += 8) {
      std::uint64_t word = random();
      std::memcpy(text.data() + i, &word, std::min<std::size_t>(8, count - i));
    }
    return text;
  }
  std::size_t files_under(const fs::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.is_regular_file();
    return count;
  }

  fs::path root_;
  Logger log_{Logger::Level::off};
  Metrics metrics_;
  std::unique_ptr<Blobs> blobs_;
};

TEST_F(BlobsTest, keeps_bytes_by_their_digest) {
  for (std::size_t size : {0u, 1u, 4096u, (1u << 20) - 1, (5u << 20) + 77}) {
    std::string text = noise(size);
    auto writer = blobs_->create();
    ASSERT_TRUE(writer) << writer.error().describe();
    for (std::size_t at = 0; at < size; at += 100'001) {
      ASSERT_TRUE((*writer)->write(as_bytes(std::string_view(text).substr(at, 100'001))));
    }
    EXPECT_EQ((*writer)->size(), size);
    auto digest = (*writer)->commit(sha256(text));
    ASSERT_TRUE(digest) << digest.error().describe();
    EXPECT_EQ(*digest, sha256(text));
    EXPECT_EQ(blobs_->find_size(*digest)->value(), size);
    EXPECT_EQ(*blobs_->read_all(*digest, 10 << 20), text);
  }
  EXPECT_EQ(files_under(uploads()), 0u);
}

TEST_F(BlobsTest, refuses_bytes_of_another_digest_and_drops_them) {
  auto writer = blobs_->create();
  ASSERT_TRUE((*writer)->write(as_bytes("something")));
  auto digest = (*writer)->commit(sha256("something else"));
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().code, Code::invalid_argument);
  EXPECT_NE(digest.error().message.find(sha256("something").string()), std::string::npos);
  EXPECT_EQ(files_under(root_ / "blobs"), 0u);
  EXPECT_EQ(blobs_->resume((*writer)->id()).error().code, Code::not_found);
}

TEST_F(BlobsTest, an_upload_survives_a_restart) {
  std::string text = noise(3 << 20), id;
  {
    auto writer = blobs_->create();
    ASSERT_TRUE((*writer)->write(as_bytes(text).first(2 << 20)));
    ASSERT_TRUE((*writer)->suspend());
    id = (*writer)->id();
  }
  reopen();
  auto writer = blobs_->resume(id);
  ASSERT_TRUE(writer) << writer.error().describe();
  EXPECT_EQ((*writer)->size(), 2u << 20);
  ASSERT_TRUE((*writer)->write(as_bytes(text).subspan(2 << 20)));
  auto digest = (*writer)->commit(std::nullopt);
  ASSERT_TRUE(digest);
  EXPECT_EQ(*digest, sha256(text));
}

TEST_F(BlobsTest, goes_on_after_a_pause_without_hashing_again) {
  std::string text = noise(4 << 20);
  auto writer = blobs_->create();
  ASSERT_TRUE((*writer)->write(as_bytes(text).first(2 << 20)));
  ASSERT_TRUE((*writer)->suspend());
  ASSERT_TRUE((*writer)->write(as_bytes(text).subspan(2 << 20)));
  EXPECT_EQ(*(*writer)->commit(std::nullopt), sha256(text));
}

TEST_F(BlobsTest, notices_that_another_went_on_with_the_upload) {
  auto first = blobs_->create();
  ASSERT_TRUE((*first)->write(as_bytes("one ")));
  ASSERT_TRUE((*first)->suspend());
  auto second = blobs_->resume((*first)->id());
  ASSERT_TRUE((*second)->write(as_bytes("two ")));
  ASSERT_TRUE((*second)->suspend());
  ASSERT_TRUE((*first)->write(as_bytes("three")));
  EXPECT_EQ((*first)->size(), 13u);
  EXPECT_EQ(*(*first)->commit(std::nullopt), sha256("one two three"));
}

TEST_F(BlobsTest, upload_ids_cannot_leave_the_folder) {
  std::ofstream(root_ / "secret") << "x";
  for (std::string id : {"", ".", "..", "../../secret", "../sha256", "a/b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",
                         "no-such-upload", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    auto writer = blobs_->resume(id);
    ASSERT_FALSE(writer) << id;
    EXPECT_EQ(writer.error().code, Code::not_found) << id;
  }
  std::string id(32, 'b');
  fs::create_symlink(root_ / "secret", uploads() / id);
  EXPECT_FALSE(blobs_->resume(id));
  auto one = blobs_->create(), two = blobs_->create();
  EXPECT_NE((*one)->id(), (*two)->id());
  EXPECT_EQ((*one)->id().size(), 32u);
}

TEST_F(BlobsTest, only_its_owner_may_read) {
  auto digest = blobs_->put(as_bytes("private"));
  ASSERT_TRUE(digest);
  struct stat about {};
  std::string path = *(*blobs_->open_blob(*digest))->path();
  ASSERT_EQ(stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_EQ(about.st_nlink, 1u);
  ASSERT_EQ(stat(fs::path(path).parent_path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0700u);
}

TEST_F(BlobsTest, reads_any_part) {
  std::string text = noise(10'000);
  auto reader = blobs_->open_blob(*blobs_->put(as_bytes(text)));
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->size(), 10'000u);
  std::array<std::byte, 100> part;
  EXPECT_EQ(*(*reader)->read_at(9'950, part), 50u);
  EXPECT_EQ(std::memcmp(part.data(), text.data() + 9'950, 50), 0);
  EXPECT_EQ(*(*reader)->read_at(10'000, part), 0u);
  EXPECT_EQ((*reader)->read_at(10'001, part).error().code, Code::out_of_range);
}

TEST_F(BlobsTest, says_when_a_blob_is_damaged) {
  std::string text = noise(10'000);
  Digest digest = *blobs_->put(as_bytes(text));
  auto reader = blobs_->open_blob(digest);
  fs::resize_file(*(*reader)->path(), 5'000);
  std::array<std::byte, 100> part;
  EXPECT_EQ((*reader)->read_at(6'000, part).error().code, Code::data_loss);
  // A new push of the same bytes heals it.
  ASSERT_TRUE(blobs_->put(as_bytes(text)));
  EXPECT_EQ(*blobs_->read_all(digest, 1 << 20), text);
}

TEST_F(BlobsTest, a_full_disk_is_unavailable_and_costs_nothing_written) {
  std::string text = noise(3 << 20);
  auto writer = blobs_->create();
  ASSERT_TRUE((*writer)->write(as_bytes(text).first(1 << 20)));
  auto old = signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{(1 << 20) + 5000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  Status status = (*writer)->write(as_bytes(text).subspan(1 << 20));
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, old);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::unavailable);
  EXPECT_FALSE(status.error().hint.empty());
  EXPECT_EQ((*writer)->size(), 1u << 20);
  EXPECT_EQ(fs::file_size(uploads() / (*writer)->id()), 1u << 20);
  ASSERT_TRUE((*writer)->write(as_bytes(text).subspan(1 << 20)));
  EXPECT_EQ(*(*writer)->commit(std::nullopt), sha256(text));
}

TEST_F(BlobsTest, many_may_commit_the_same_bytes) {
  std::string text = noise(2 << 20);
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; t++) {
    threads.emplace_back([&] {
      auto writer = blobs_->create();
      ASSERT_TRUE((*writer)->write(as_bytes(text)));
      EXPECT_TRUE((*writer)->commit(sha256(text)));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*blobs_->read_all(sha256(text), 4 << 20), text);
  EXPECT_EQ(files_under(root_ / "blobs"), 1u);
  EXPECT_EQ(*blobs_->stored_bytes(), 2u << 20);
}

TEST_F(BlobsTest, counts_what_is_stored) {
  Digest one = *blobs_->put(as_bytes("12345"));
  ASSERT_TRUE(blobs_->put(as_bytes("1234567")));
  ASSERT_TRUE(blobs_->put(as_bytes("12345")));
  EXPECT_EQ(*blobs_->stored_bytes(), 12u);
  ASSERT_TRUE(blobs_->remove(one));
  ASSERT_TRUE(blobs_->remove(one));
  EXPECT_EQ(*blobs_->stored_bytes(), 7u);
  EXPECT_FALSE(blobs_->find_size(one)->has_value());
  EXPECT_EQ(blobs_->open_blob(one).error().code, Code::not_found);
  reopen();
  EXPECT_EQ(*blobs_->stored_bytes(), 7u);
  EXPECT_NE(metrics_.render().find("souk_blobs_stored_bytes 7"), std::string::npos) << metrics_.render();
}

TEST_F(BlobsTest, expires_uploads_nobody_touches) {
  auto old = blobs_->create(), fresh = blobs_->create();
  timeval then[2] = {{1'000'000, 0}, {1'000'000, 0}};
  ASSERT_EQ(utimes((uploads() / (*old)->id()).c_str(), then), 0);
  EXPECT_EQ(*blobs_->expire_uploads(from_millis(2'000'000'000)), 1u);
  EXPECT_FALSE(blobs_->resume((*old)->id()));
  EXPECT_TRUE(blobs_->resume((*fresh)->id()));
}

TEST_F(BlobsTest, reads_whole_blobs_up_to_a_bound) {
  Digest digest = *blobs_->put(as_bytes("12345"));
  EXPECT_EQ(*blobs_->read_all(digest, 5), "12345");
  EXPECT_EQ(blobs_->read_all(digest, 4).error().code, Code::resource_exhausted);
}

TEST_F(BlobsTest, knows_its_urls) {
  EXPECT_EQ(blobs_->kind(), "file");
  auto s3 = Blobs::open("s3://bucket/prefix?endpoint=http://127.0.0.1:1", log_, metrics_);
  ASSERT_FALSE(s3);
  EXPECT_EQ(s3.error().code, Code::unimplemented);
  EXPECT_NE(s3.error().hint.find("file:PATH"), std::string::npos);
  EXPECT_EQ(Blobs::open("ftp://x", log_, metrics_).error().code, Code::invalid_argument);
  EXPECT_EQ(Blobs::open("file:", log_, metrics_).error().code, Code::invalid_argument);
  auto nowhere = Blobs::open("file:/proc/nowhere/blobs", log_, metrics_);
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("/proc/nowhere"), std::string::npos);
}

}  // namespace
}  // namespace souk::blobs
