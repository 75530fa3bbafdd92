// SPDX-License-Identifier: Apache-2.0
//
// What every store of bytes does, on a folder and, where a server is given, on S3.
#include "blobs/blobs.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>
#include <thread>

#include "blobs/blobs_testing.h"

namespace souk::blobs {

std::string noise(std::size_t count) {
  std::mt19937_64 random(count);
  std::string text(count, '\0');
  for (std::size_t i = 0; i < count; i += 8) {
    std::uint64_t word = random();
    std::memcpy(text.data() + i, &word, std::min<std::size_t>(8, count - i));
  }
  return text;
}

namespace {

INSTANTIATE_TEST_SUITE_P(On, BlobsTest, testing::ValuesIn(TestStore::kinds()),
                         [](const auto& about) { return about.param; });

TEST_P(BlobsTest, keeps_bytes_by_their_digest) {
  for (std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, kMiB - 1, 5 * kMiB, 5 * kMiB + 77, 23 * kMiB + 5}) {
    std::string text = noise(size);
    auto writer = create();
    for (std::size_t at = 0; at < size; at += 100'001) {
      ASSERT_TRUE(writer->write(as_bytes(std::string_view(text).substr(at, 100'001))));
    }
    EXPECT_EQ(writer->size(), size);
    auto digest = writer->commit(sha256(text));
    ASSERT_TRUE(digest) << digest.error().describe();
    EXPECT_EQ(*digest, sha256(text));
    EXPECT_EQ(blobs_->find_size(*digest)->value(), size);
    EXPECT_EQ(read(*digest), text);
    EXPECT_TRUE(blobs_->verify(*digest));
  }
  EXPECT_EQ(*blobs_->expire_uploads(now() + kHour), 0u);  // nothing is left of the uploads
}

TEST_P(BlobsTest, refuses_bytes_of_another_digest_and_drops_them) {
  for (std::size_t size : {std::size_t{9}, 11 * kMiB}) {
    auto writer = create();
    ASSERT_TRUE(writer->write(as_bytes(noise(size))));
    auto digest = writer->commit(sha256("something else"));
    ASSERT_FALSE(digest);
    EXPECT_EQ(digest.error().code, Code::invalid_argument);
    EXPECT_NE(digest.error().message.find(sha256(noise(size)).string()), std::string::npos);
    EXPECT_FALSE(blobs_->find_size(sha256(noise(size)))->has_value());
    EXPECT_FALSE(blobs_->resume(writer->id()));
  }
  EXPECT_EQ(*blobs_->expire_uploads(now() + kHour), 0u);
}

TEST_P(BlobsTest, an_upload_survives_a_restart) {
  for (std::size_t size : {std::size_t{3000}, 17 * kMiB}) {
    std::string text = noise(size), id;
    {
      auto writer = create();
      ASSERT_TRUE(writer->write(as_bytes(text).first(size * 2 / 3)));
      ASSERT_TRUE(writer->suspend());
      id = writer->id();
    }
    reopen();
    auto writer = blobs_->resume(id);
    ASSERT_TRUE(writer) << writer.error().describe();
    EXPECT_EQ((*writer)->size(), size * 2 / 3);
    ASSERT_TRUE((*writer)->write(as_bytes(text).subspan(size * 2 / 3)));
    auto digest = (*writer)->commit(std::nullopt);
    ASSERT_TRUE(digest) << digest.error().describe();
    EXPECT_EQ(*digest, sha256(text));
    EXPECT_EQ(read(*digest), text);
  }
}

TEST_P(BlobsTest, what_a_resumed_upload_holds_is_verified) {
  std::string text = noise(12 * kMiB), id;
  {
    auto writer = create();
    ASSERT_TRUE(writer->write(as_bytes(text)));
    ASSERT_TRUE(writer->suspend());
    id = writer->id();
  }
  reopen();
  auto digest = (*blobs_->resume(id))->commit(sha256("another"));
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().code, Code::invalid_argument);
  EXPECT_EQ(*blobs_->expire_uploads(now() + kHour), 0u);
  EXPECT_EQ(*blobs_->stored_bytes(), 0u);
}

TEST_P(BlobsTest, goes_on_after_a_pause) {
  std::string text = noise(14 * kMiB);
  auto writer = create();
  for (std::size_t at = 0; at < text.size(); at += 2 * kMiB) {
    ASSERT_TRUE(writer->write(as_bytes(text).subspan(at, 2 * kMiB)));
    ASSERT_TRUE(writer->suspend());
  }
  EXPECT_EQ(*writer->commit(std::nullopt), sha256(text));
  EXPECT_EQ(read(sha256(text)), text);
}

TEST_P(BlobsTest, notices_that_another_went_on_with_the_upload) {
  for (std::size_t size : {std::size_t{5}, 6 * kMiB}) {
    std::string text = noise(size);
    auto first = create();
    ASSERT_TRUE(first->write(as_bytes(text)));
    ASSERT_TRUE(first->suspend());
    auto second = blobs_->resume(first->id());
    ASSERT_TRUE((*second)->write(as_bytes("two ")));
    ASSERT_TRUE((*second)->suspend());
    ASSERT_TRUE(first->write(as_bytes("three")));
    EXPECT_EQ(first->size(), size + 9);
    EXPECT_EQ(*first->commit(std::nullopt), sha256(text + "two three"));
  }
}

TEST_P(BlobsTest, has_only_uploads_that_were_begun) {
  for (std::string id : {"", ".", "..", "../../secret", "../sha256", "a/b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",
                         "no-such-upload", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.x"}) {
    auto writer = blobs_->resume(id);
    ASSERT_FALSE(writer) << id;
    EXPECT_EQ(writer.error().code, Code::not_found) << id;
    auto parts = blobs_->resume_parts(id, {10, 5});
    ASSERT_FALSE(parts) << id;
    EXPECT_EQ(parts.error().code, Code::not_found) << id;
  }
  auto one = create(), two = create();
  EXPECT_NE(one->id(), two->id());
  EXPECT_EQ(one->id().size(), 32u);
  ASSERT_TRUE(one->suspend());
  EXPECT_EQ((*blobs_->resume(one->id()))->size(), 0u);
  one->discard();
  EXPECT_FALSE(blobs_->resume(one->id()));
}

TEST_P(BlobsTest, reads_any_part) {
  std::string text = noise(9 * kMiB);
  auto reader = blobs_->open_blob(*blobs_->put(as_bytes(text)));
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->size(), text.size());
  std::array<std::byte, 100> part;
  for (std::size_t at : {text.size() - 50, std::size_t{0}, 4 * kMiB - 20, 2 * kMiB, std::size_t{7}}) {
    std::size_t got = 0;
    while (got < std::min<std::size_t>(100, text.size() - at)) {
      got += (*reader)->read_at(at + got, std::span(part).subspan(got)).value();
    }
    EXPECT_EQ(std::memcmp(part.data(), text.data() + at, got), 0) << at;
  }
  EXPECT_EQ(*(*reader)->read_at(text.size(), part), 0u);
  EXPECT_EQ((*reader)->read_at(text.size() + 1, part).error().code, Code::out_of_range);
}

TEST_P(BlobsTest, gives_a_local_file) {
  for (std::size_t size : {std::size_t{0}, std::size_t{10}, 6 * kMiB}) {
    std::string text = noise(size);
    auto reader = blobs_->open_blob(*blobs_->put(as_bytes(text)));
    auto path = (*reader)->local_path();
    ASSERT_TRUE(path) << path.error().describe();
    EXPECT_EQ(std::filesystem::file_size(*path), size);
    std::ifstream file(*path, std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
  }
}

TEST_P(BlobsTest, many_may_commit_the_same_bytes) {
  std::string text = noise(6 * kMiB);
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; t++) {
    threads.emplace_back([&] {
      auto writer = create();
      ASSERT_TRUE(writer->write(as_bytes(text)));
      auto digest = writer->commit(sha256(text));
      EXPECT_TRUE(digest) << digest.error().describe();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(read(sha256(text)), text);
  EXPECT_EQ(*blobs_->stored_bytes(), text.size());
  reopen();
  EXPECT_EQ(*blobs_->stored_bytes(), text.size());
  EXPECT_EQ(*blobs_->expire_uploads(now() + kHour), 0u);
}

TEST_P(BlobsTest, counts_and_lists_what_is_stored) {
  std::string large = noise(6 * kMiB);
  Digest one = *blobs_->put(as_bytes("12345"));
  ASSERT_TRUE(blobs_->put(as_bytes("1234567")));
  ASSERT_TRUE(blobs_->put(as_bytes(large)));
  ASSERT_TRUE(blobs_->put(as_bytes("")));
  ASSERT_TRUE(blobs_->put(as_bytes("12345")));
  EXPECT_EQ(*blobs_->stored_bytes(), 12 + large.size());

  std::map<Digest, std::uint64_t> wanted{
      {one, 5}, {sha256("1234567"), 7}, {sha256(large), large.size()}, {sha256(""), 0}};
  std::vector<StoredBlob> found;
  while (true) {
    auto page = blobs_->list(found.empty() ? std::nullopt : std::optional(found.back().digest), 3);
    ASSERT_TRUE(page) << page.error().describe();
    found.insert(found.end(), page->begin(), page->end());
    if (page->size() < 3) break;
  }
  ASSERT_EQ(found.size(), 4u);
  auto expected = wanted.begin();
  for (const StoredBlob& blob : found) {
    EXPECT_EQ(blob.digest, expected->first);
    EXPECT_EQ(blob.size, expected->second);
    ++expected;
  }

  for (const Digest& digest : {one, sha256(large)}) {
    ASSERT_TRUE(blobs_->remove(digest));
    ASSERT_TRUE(blobs_->remove(digest));
    EXPECT_FALSE(blobs_->find_size(digest)->has_value());
    EXPECT_EQ(blobs_->open_blob(digest).error().code, Code::not_found);
  }
  EXPECT_EQ(*blobs_->stored_bytes(), 7u);
  reopen();
  EXPECT_EQ(*blobs_->stored_bytes(), 7u);
  EXPECT_NE(metrics_.render().find("} 7\n"), std::string::npos) << metrics_.render();
}

TEST_P(BlobsTest, expires_uploads_nobody_touches) {
  auto small = create(), large = create();
  ASSERT_TRUE(small->write(as_bytes("some")));
  ASSERT_TRUE(small->suspend());
  ASSERT_TRUE(large->write(as_bytes(noise(11 * kMiB))));
  ASSERT_TRUE(large->suspend());
  PartPlan plan{11 * kMiB, 5 * kMiB};
  auto parts = create_parts(plan);
  put_part(*parts, plan, noise(11 * kMiB), 2);
  EXPECT_EQ(*blobs_->expire_uploads(now() - kHour), 0u);
  EXPECT_TRUE(blobs_->resume(large->id()));
  EXPECT_TRUE(blobs_->resume_parts(parts->id(), plan));
  EXPECT_EQ(*blobs_->expire_uploads(now() + kHour), 3u);
  EXPECT_FALSE(blobs_->resume(small->id()));
  EXPECT_FALSE(blobs_->resume(large->id()));
  EXPECT_FALSE(blobs_->resume_parts(parts->id(), plan));
  EXPECT_EQ(*blobs_->stored_bytes(), 0u);
}

TEST_P(BlobsTest, reads_whole_blobs_up_to_a_bound) {
  Digest digest = *blobs_->put(as_bytes("12345"));
  EXPECT_EQ(*blobs_->read_all(digest, 5), "12345");
  EXPECT_EQ(blobs_->read_all(digest, 4).error().code, Code::resource_exhausted);
}

TEST(Blobs, knows_its_urls) {
  Logger log(Logger::Level::off);
  Metrics metrics;
  EXPECT_EQ(Blobs::open("ftp://x", log, metrics).error().code, Code::invalid_argument);
  EXPECT_EQ(Blobs::open("file:", log, metrics).error().code, Code::invalid_argument);
  auto nowhere = Blobs::open("file:/proc/nowhere/blobs", log, metrics);
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("/proc/nowhere"), std::string::npos);
}

}  // namespace
}  // namespace souk::blobs
