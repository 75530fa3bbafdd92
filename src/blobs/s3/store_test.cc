// SPDX-License-Identifier: Apache-2.0
//
// What a store does when S3 fails: every fault at every request. blobs_test.cc has what all stores do.
#include "blobs/s3/store.h"

#include <gtest/gtest.h>

#include <set>

#include "blobs/s3/backoff.h"
#include "blobs/s3/fake_s3_test.h"
#include "blobs/test_stores.h"

namespace souk::blobs::s3 {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class S3Test : public testing::Test {
 protected:
  S3Test() {
    settings_.access_key = "key";
    settings_.secret_key = "very-secret";
    settings_.part_size.count = 1 * kMiB;  // the fake takes any
    settings_.memory.count = 8 * kMiB;
    settings_.pause = std::chrono::milliseconds(1);
    settings_.stall_timeout = std::chrono::milliseconds(2000);
    settings_.attempts = 4;
    settings_.cache = (folder_.root() / "cache").string();
    reopen();
  }
  void reopen() {
    blobs_.reset();
    auto opened = Blobs::open(fake_.url(), log_, metrics_, settings_);
    ASSERT_TRUE(opened) << opened.error().describe();
    blobs_ = std::move(*opened);
    (void)blobs_->stored_bytes();  // counted
  }
  Result<Digest> put(const std::string& text) { return blobs_->put(as_bytes(text)); }
  void fail_always(Failure how, std::function<bool(const FakeS3::Seen&)> which = nullptr) {
    fake_.fail_next(-1, how, std::move(which));
  }
  void heal() {
    std::lock_guard lock(fake_.mutex);
    fake_.fails = nullptr;
  }
  std::set<std::string> keys(const std::string& prefix) {
    std::lock_guard lock(fake_.mutex);
    std::set<std::string> out;
    for (const auto& [key, object] : fake_.objects) {
      if (key.starts_with(prefix)) out.insert(key);
    }
    return out;
  }
  std::size_t open_uploads() {
    std::lock_guard lock(fake_.mutex);
    return fake_.uploads.size();
  }

  Logger log_{Logger::Level::off};
  Metrics metrics_;
  FakeS3 fake_;
  TestStore folder_{"file"};
  S3Settings settings_;
  std::unique_ptr<Blobs> blobs_;
};

TEST_F(S3Test, passing_faults_cost_nothing) {
  const std::string small = noise(1000), large = noise(5 * kMiB + 3);
  for (Failure how : {Failure::internal_error, Failure::slow_down, Failure::hang_up, Failure::cut_short}) {
    int at = 0;
    fake_.fail_next(-1, Failure::none);
    {
      std::lock_guard lock(fake_.mutex);
      fake_.fails = [&at, how](const FakeS3::Seen&) { return at++ % 3 == 0 ? how : Failure::none; };
    }
    for (const std::string* text : {&small, &large}) {
      auto digest = put(*text);
      ASSERT_TRUE(digest) << digest.error().describe();
      auto read = blobs_->read_all(*digest, 10 * kMiB);
      ASSERT_TRUE(read) << read.error().describe();
      EXPECT_EQ(*read, *text);
      ASSERT_TRUE(blobs_->remove(*digest));
    }
    heal();
    EXPECT_EQ(keys("").size(), 0u) << *keys("").begin();
    EXPECT_EQ(open_uploads(), 0u);
  }
}

TEST_F(S3Test, a_store_that_stays_away_is_unavailable_and_says_when_to_come_back) {
  Digest digest = *put("bytes");
  for (Failure how : {Failure::internal_error, Failure::slow_down, Failure::hang_up}) {
    fail_always(how);
    for (const Error& error : {put("other").error(), blobs_->find_size(digest).error(),
                               blobs_->open_blob(digest).error(), blobs_->remove(digest).error()}) {
      EXPECT_EQ(error.code, Code::unavailable) << error.describe();
      EXPECT_TRUE(error.retry_after) << error.describe();
      EXPECT_FALSE(error.hint.empty());
      EXPECT_EQ(error.describe().find("very-secret"), std::string::npos);
    }
    heal();
  }
  EXPECT_EQ(*blobs_->read_all(digest, 10), "bytes");
}

TEST_F(S3Test, what_will_not_pass_is_not_tried_again) {
  fail_always(Failure::denied);
  int before = fake_.requests("HEAD");
  auto size = blobs_->find_size(sha256("x"));
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().code, Code::unavailable);
  EXPECT_NE(size.error().hint.find("AWS_ACCESS_KEY_ID"), std::string::npos);
  EXPECT_EQ(fake_.requests("HEAD"), before + 1);
}

TEST_F(S3Test, an_upload_goes_on_when_the_store_comes_back) {
  const std::string text = noise(12 * kMiB);
  auto writer = *blobs_->create();
  ASSERT_TRUE(writer->write(as_bytes(text).first(2 * kMiB)));
  fail_always(Failure::slow_down,
              [](const FakeS3::Seen& s) { return s.query.find("partNumber") != std::string::npos; });
  std::uint64_t at = 2 * kMiB;
  Status failed;
  while (failed && at < text.size()) {
    failed = writer->write(as_bytes(text).subspan(at, kMiB));
    at = writer->size();
  }
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unavailable);
  heal();
  ASSERT_TRUE(writer->write(as_bytes(text).subspan(writer->size())));
  auto digest = writer->commit(sha256(text));
  ASSERT_TRUE(digest) << digest.error().describe();
  EXPECT_EQ(*blobs_->read_all(*digest, 20 * kMiB), text);
}

TEST_F(S3Test, an_end_that_failed_may_be_tried_again) {
  const std::string text = noise(3 * kMiB);
  const auto sorts = std::vector<std::function<bool(const FakeS3::Seen&)>>{
      [](const FakeS3::Seen& s) { return s.method == "POST" && s.query.starts_with("uploadId"); },
      [](const FakeS3::Seen& s) { return s.method == "PUT" && s.key.starts_with("uploads/"); },
      [](const FakeS3::Seen& s) { return s.method == "PUT" && s.key.starts_with("sha256/"); },
      [](const FakeS3::Seen& s) { return s.method == "HEAD"; }};
  for (const auto& sort : sorts) {
    auto writer = *blobs_->create();
    ASSERT_TRUE(writer->write(as_bytes(text)));
    fail_always(Failure::internal_error, sort);
    EXPECT_EQ(writer->commit(sha256(text)).error().code, Code::unavailable);
    EXPECT_TRUE(keys("sha256/").empty());
    heal();
    auto digest = writer->commit(sha256(text));
    ASSERT_TRUE(digest) << digest.error().describe();
    EXPECT_EQ(*blobs_->read_all(*digest, 10 * kMiB), text);
    ASSERT_TRUE(blobs_->remove(*digest));
    EXPECT_TRUE(keys("").empty()) << *keys("").begin();
  }
}

TEST_F(S3Test, an_answer_lost_at_the_end_is_no_loss) {
  const std::string text = noise(3 * kMiB);
  auto writer = *blobs_->create();
  ASSERT_TRUE(writer->write(as_bytes(text)));
  // The link is made, the answer to it is not believed.
  bool made = false;
  {
    std::lock_guard lock(fake_.mutex);
    fake_.fails = [&](const FakeS3::Seen& s) {
      bool is_link = s.method == "PUT" && s.key.starts_with("sha256/");
      if (is_link && !made) {
        made = true;
        return Failure::none;
      }
      return made ? Failure::internal_error : Failure::none;
    };
  }
  auto first = writer->commit(sha256(text));
  heal();
  auto second = first ? first : writer->commit(sha256(text));
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_EQ(*blobs_->read_all(sha256(text), 10 * kMiB), text);
  ASSERT_TRUE(blobs_->expire_uploads(now() + std::chrono::hours(1)));
  EXPECT_EQ(*blobs_->read_all(sha256(text), 10 * kMiB), text);
  EXPECT_EQ(keys("data/").size(), 1u);
  EXPECT_TRUE(keys("uploads/").empty());
}

TEST_F(S3Test, an_upload_that_died_at_its_end_is_taken_up_or_expires) {
  const std::string text = noise(3 * kMiB);
  for (bool takes_up : {true, false}) {
    auto writer = *blobs_->create();
    ASSERT_TRUE(writer->write(as_bytes(text)));
    ASSERT_TRUE(writer->suspend());
    std::string id = writer->id();
    fail_always(Failure::internal_error, [](const FakeS3::Seen& s) { return s.key.starts_with("sha256/"); });
    // The bytes become one object, and nobody comes to name it.
    {
      std::lock_guard lock(fake_.mutex);
      fake_.fails = [](const FakeS3::Seen& s) {
        return s.method == "PUT" && s.key.starts_with("sha256/") ? Failure::internal_error : Failure::none;
      };
    }
    EXPECT_FALSE(writer->commit(std::nullopt));
    EXPECT_EQ(keys("data/").size(), 1u);
    writer.reset();
    heal();
    reopen();
    if (takes_up) {
      auto resumed = blobs_->resume(id);
      ASSERT_TRUE(resumed) << resumed.error().describe();
      EXPECT_EQ((*resumed)->size(), text.size());
      auto digest = (*resumed)->commit(sha256(text));
      ASSERT_TRUE(digest) << digest.error().describe();
      EXPECT_EQ(*blobs_->read_all(*digest, 10 * kMiB), text);
      ASSERT_TRUE(blobs_->remove(*digest));
    } else {
      EXPECT_EQ(*blobs_->expire_uploads(now() + std::chrono::hours(1)), 1u);
    }
    EXPECT_TRUE(keys("").empty()) << *keys("").begin();
  }
}

TEST_F(S3Test, damaged_bytes_are_never_given_out_whole) {
  const std::string small = noise(1000), large = noise(5 * kMiB);
  for (const std::string* text : {&small, &large}) {
    Digest digest = *put(*text);
    fail_always(Failure::corrupt, [](const FakeS3::Seen& s) { return s.method == "GET" && !s.range.empty(); });
    auto read = blobs_->read_all(digest, 10 * kMiB);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::data_loss);
    EXPECT_NE(read.error().message.find(digest.string()), std::string::npos);
    EXPECT_EQ(blobs_->verify(digest).error().code, Code::data_loss);
    auto path = (*blobs_->open_blob(digest))->local_path();
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, Code::data_loss);
    heal();
    EXPECT_EQ(*blobs_->read_all(digest, 10 * kMiB), *text);
  }
}

TEST_F(S3Test, damage_on_the_way_to_the_cache_is_fetched_again) {
  Digest digest = *put(noise(5 * kMiB));
  fake_.fail_next(1, Failure::corrupt, [](const FakeS3::Seen& s) { return !s.range.empty(); });
  auto reader = *blobs_->open_blob(digest);
  auto path = reader->local_path();
  ASSERT_TRUE(path) << path.error().describe();
  int gets = fake_.requests("GET");
  EXPECT_TRUE((*blobs_->open_blob(digest))->local_path());
  EXPECT_EQ(fake_.requests("GET"), gets);  // from the cache
}

TEST_F(S3Test, bytes_that_vanished_are_named_and_come_back_by_a_push) {
  const std::string text = noise(3 * kMiB);
  Digest digest = *put(text);
  {
    std::lock_guard lock(fake_.mutex);
    fake_.objects.erase(fake_.objects.lower_bound("data/"));
  }
  auto read = blobs_->read_all(digest, 10 * kMiB);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::data_loss);
  EXPECT_NE(read.error().message.find(digest.string()), std::string::npos) << read.error().message;
  ASSERT_TRUE(put(text));
  EXPECT_EQ(*blobs_->read_all(digest, 10 * kMiB), text);
}

TEST_F(S3Test, removal_that_failed_half_way_is_finished_by_the_next) {
  Digest digest = *put(noise(3 * kMiB));
  fail_always(Failure::internal_error,
              [](const FakeS3::Seen& s) { return s.method == "DELETE" && s.key.starts_with("sha256/"); });
  EXPECT_FALSE(blobs_->remove(digest));
  heal();
  ASSERT_TRUE(blobs_->remove(digest));
  EXPECT_TRUE(keys("").empty());
}

TEST_F(S3Test, takes_what_is_there_instead_of_sending_it_again) {
  const std::string text = noise(3 * kMiB);
  ASSERT_TRUE(put(text));
  ASSERT_TRUE(put(text));
  EXPECT_EQ(keys("data/").size(), 1u);
  EXPECT_EQ(open_uploads(), 0u);
}

TEST_F(S3Test, begun_uploads_do_not_take_all_memory) {
  std::vector<std::unique_ptr<blobs::Writer>> writers;
  for (int i = 0; i < 3; i++) {
    writers.push_back(*blobs_->create());
    ASSERT_TRUE(writers.back()->write(as_bytes(noise(5 * kMiB + static_cast<std::size_t>(i)))));
    ASSERT_TRUE(writers.back()->suspend());  // gives its buffers back
  }
  for (int i = 0; i < 3; i++) {
    EXPECT_EQ(*writers[i]->commit(std::nullopt), sha256(noise(5 * kMiB + static_cast<std::size_t>(i))));
  }
}

TEST_F(S3Test, gives_urls_for_large_pulls_that_hold_no_secret) {
  Digest large = *put(noise(3 * kMiB)), small = *put("small");
  EXPECT_EQ((*blobs_->open_blob(large))->direct_url(), "");
  settings_.redirect_from.count = 1 * kMiB;
  reopen();
  EXPECT_EQ((*blobs_->open_blob(small))->direct_url(), "");
  std::string url = (*blobs_->open_blob(large))->direct_url();
  EXPECT_NE(url.find("/souk/data/"), std::string::npos) << url;
  EXPECT_NE(url.find("X-Amz-Expires=900"), std::string::npos);
  EXPECT_EQ(url.find("very-secret"), std::string::npos);
}

TEST_F(S3Test, says_at_the_start_what_is_wrong) {
  Metrics metrics;
  S3Settings other = settings_;
  other.access_key = "nobody";
  auto denied = Blobs::open(fake_.url(), log_, metrics, other);
  ASSERT_FALSE(denied);
  EXPECT_NE(denied.error().hint.find("AWS_SECRET_ACCESS_KEY"), std::string::npos) << denied.error().hint;
  other.access_key.clear();
  auto without = Blobs::open(fake_.url(), log_, metrics, other);
  if (getenv("AWS_ACCESS_KEY_ID") == nullptr) {
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().code, Code::invalid_argument);
  }
  auto nowhere = Blobs::open("s3://souk?endpoint=http://127.0.0.1:1", log_, metrics, settings_);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Code::unavailable);
}

TEST(Backoff, doubles_with_jitter_up_to_a_bound) {
  Backoff backoff(12, Duration(100));
  Duration most(100);
  for (int i = 0; i < 11; i++) {
    auto pause = backoff.next(std::nullopt);
    ASSERT_TRUE(pause);
    EXPECT_GT(pause->count(), 0);
    EXPECT_LE(*pause, std::min(most, Backoff::kLongest));
    most *= 2;
  }
  EXPECT_FALSE(backoff.next(std::nullopt));
}

TEST(Backoff, heeds_what_the_server_asks_for) {
  Backoff backoff(3, Duration(1));
  EXPECT_GE(*backoff.next(Duration(2000)), Duration(2000));
  EXPECT_LE(*backoff.next(Duration(3'600'000)), Backoff::kLongestAsked + Duration(10));
  Time at = *parse_rfc3339("2026-01-01T00:00:00Z");
  EXPECT_EQ(parse_retry_after("120", at), Duration(120'000));
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 2026 00:00:30 GMT", at), Duration(30'000));
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 2025 00:00:30 GMT", at), Duration(0));
  for (const char* text : {"", "soon", "-1", "1.5", "999999999999999999999"}) {
    EXPECT_EQ(parse_retry_after(text, at), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace souk::blobs::s3
