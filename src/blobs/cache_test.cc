// SPDX-License-Identifier: Apache-2.0
#include "blobs/cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "blobs/test_stores.h"

namespace souk::blobs {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
 protected:
  CacheTest() {
    std::string form = (fs::temp_directory_path() / "souk_cache_XXXXXX").string();
    root_ = mkdtemp(form.data());
    reopen();
  }
  ~CacheTest() override {
    cache_.reset();
    fs::remove_all(root_);
  }
  void reopen(std::uint64_t limit = 3000) {
    cache_.reset();
    auto opened = Cache::open((root_ / "cache").string(), limit, log_, metrics_);
    ASSERT_TRUE(opened) << opened.error().describe();
    cache_ = *opened;
  }
  Result<std::unique_ptr<Cache::Held>> get(const std::string& text) {
    return cache_->get(sha256(text), text.size(), [this, text](const Cache::Sink& sink) {
      fills_++;
      return sink(as_bytes(text));
    });
  }
  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  Logger log_{Logger::Level::off};
  Metrics metrics_;
  fs::path root_;
  std::shared_ptr<Cache> cache_;
  std::atomic<int> fills_{0};
};

TEST_F(CacheTest, fetches_a_blob_once) {
  for (int i = 0; i < 3; i++) {
    auto held = get("some bytes");
    ASSERT_TRUE(held) << held.error().describe();
    EXPECT_EQ(content((*held)->path), "some bytes");
  }
  EXPECT_EQ(fills_, 1);
  EXPECT_EQ(cache_->bytes(), 10u);
}

TEST_F(CacheTest, many_wait_for_one_fetch) {
  std::atomic<int> begun{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; t++) {
    threads.emplace_back([&] {
      auto held = cache_->get(sha256("x"), 1, [&](const Cache::Sink& sink) {
        begun++;
        std::this_thread::yield();
        return sink(as_bytes("x"));
      });
      EXPECT_TRUE(held);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(begun, 1);
}

TEST_F(CacheTest, drops_the_least_lately_used_but_never_one_in_use) {
  std::string a = noise(1000), b = noise(1001), c = noise(999), d = noise(998);
  auto held = get(a);
  ASSERT_TRUE(get(b));
  ASSERT_TRUE(get(c));
  ASSERT_TRUE(get(b));
  ASSERT_TRUE(get(d));  // c goes: a is held, b was used after it
  EXPECT_LE(cache_->bytes(), 3000u);
  EXPECT_EQ(content((*held)->path), a);
  fills_ = 0;
  ASSERT_TRUE(get(b));
  EXPECT_EQ(fills_, 0);
  ASSERT_TRUE(get(c));
  EXPECT_EQ(fills_, 1);
}

TEST_F(CacheTest, holds_what_is_too_large_only_while_it_is_used) {
  std::string large = noise(5000);
  auto held = get(large);
  ASSERT_TRUE(held);
  EXPECT_EQ(content((*held)->path), large);
  held->reset();
  EXPECT_EQ(cache_->bytes(), 0u);
}

TEST_F(CacheTest, refuses_other_bytes) {
  auto fill = [](const Cache::Sink& sink) { return sink(as_bytes("other")); };
  auto held = cache_->get(sha256("bytes"), 5, fill);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, Code::data_loss);
  EXPECT_NE(held.error().message.find(sha256("bytes").string()), std::string::npos);
  EXPECT_TRUE(fs::is_empty(root_ / "cache"));
  EXPECT_EQ(
      cache_->get(sha256("bytes"), 5, [](const Cache::Sink&) { return Status(unavailable("gone")); }).error().code,
      Code::unavailable);
  EXPECT_EQ(cache_->bytes(), 0u);
  EXPECT_TRUE(get("bytes"));
}

TEST_F(CacheTest, verifies_again_what_it_finds_after_a_start) {
  std::string path = (*get("bytes"))->path;
  ASSERT_TRUE(get("intact"));
  std::ofstream(path) << "bytEs";
  std::ofstream(path + ".partabc") << "rest";
  reopen();
  EXPECT_FALSE(fs::exists(path + ".partabc"));
  fills_ = 0;
  EXPECT_EQ(content((*get("bytes"))->path), "bytes");
  EXPECT_EQ(fills_, 1);
  ASSERT_TRUE(get("intact"));
  EXPECT_EQ(fills_, 1);
  reopen(6);
  EXPECT_LE(cache_->bytes(), 6u);
}

}  // namespace
}  // namespace souk::blobs
