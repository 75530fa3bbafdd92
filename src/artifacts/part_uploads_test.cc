// SPDX-License-Identifier: Apache-2.0
#include "artifacts/part_uploads.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/hash/crc32c.h"
#include "store/test_database.h"

namespace souk::artifacts {
namespace {

const Repository kHere{NamespaceId(1), "default", "m"};
const Repository kThere{NamespaceId(1), "default", "other"};
constexpr std::size_t kPart = 16 << 20;  // of a folder

Checksums crc_of(std::string_view text) {
  Checksums out;
  out.crc32c = crc32c(as_bytes(text));
  return out;
}

class PartUploadsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database_.emplace(GetParam());
    store_ = database_->open_migrated();
    std::string form = (std::filesystem::temp_directory_path() / "souk_uploads_XXXXXX").string();
    folder_ = mkdtemp(form.data());
    restart();
    for (std::size_t i = 0; i < text_.size(); i += 7) text_[i] = static_cast<char>(i >> 3);
  }
  void TearDown() override {
    uploads_.reset();
    artifacts_.reset();
    blobs_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void restart() {
    uploads_.reset();
    artifacts_.reset();
    blobs_ = std::move(*blobs::Blobs::open("file:" + folder_.string(), database_->log, database_->metrics));
    artifacts_.emplace(*store_, *blobs_, database_->log, database_->metrics);
    uploads_.emplace(*store_, *artifacts_);
  }
  Upload begin(std::optional<Digest> digest = std::nullopt) {
    auto upload = uploads_->create(kHere, text_.size(), digest);
    EXPECT_TRUE(upload) << upload.error().describe();
    return *upload;
  }
  std::string_view part(std::int64_t number) const {
    return std::string_view(text_).substr((number - 1) * kPart, kPart);
  }
  Result<UploadPart> put(const std::string& id, std::int64_t number, std::string_view bytes, Checksums checksums) {
    auto incoming = SOUK_TRY(uploads_->open_part(kHere, id, number, checksums));
    SOUK_TRY(incoming->write(as_bytes(bytes).first(bytes.size() / 3)));
    SOUK_TRY(incoming->write(as_bytes(bytes).subspan(bytes.size() / 3)));
    return incoming->finish();
  }
  Result<UploadPart> put(const std::string& id, std::int64_t number) {
    return put(id, number, part(number), crc_of(part(number)));
  }

  std::optional<store::TestDatabase> database_;
  std::unique_ptr<store::Store> store_;
  std::filesystem::path folder_;
  std::unique_ptr<blobs::Blobs> blobs_;
  std::optional<Artifacts> artifacts_;
  std::optional<PartUploads> uploads_;
  std::string text_ = std::string(2 * kPart + 1000, 'x');
};

INSTANTIATE_TEST_SUITE_P(On, PartUploadsTest, testing::Values(store::Dialect::sqlite, store::Dialect::postgresql),
                         [](const auto& about) {
                           return about.param == store::Dialect::sqlite ? "sqlite" : "postgresql";
                         });

TEST_P(PartUploadsTest, become_a_blob_of_the_repository) {
  Upload upload = begin();
  EXPECT_EQ(upload.part_size, static_cast<std::int64_t>(kPart));
  EXPECT_EQ(upload.part_count, 3);
  for (std::int64_t number : {3, 1, 2}) ASSERT_TRUE(put(upload.id, number));
  Upload there = *uploads_->get(kHere, upload.id);
  EXPECT_EQ(there.received_parts, 3);
  EXPECT_EQ(there.received_bytes, static_cast<std::int64_t>(text_.size()));
  auto done = uploads_->complete(kHere, upload.id, sha256(text_));
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->state, UploadState::COMPLETED);
  EXPECT_EQ(done->digest, sha256(text_));
  EXPECT_EQ(*artifacts_->blob_size(kHere, sha256(text_)), text_.size());
  EXPECT_FALSE(artifacts_->blob_size(kThere, sha256(text_)));
  // Once more, as after an answer that was lost.
  EXPECT_EQ(uploads_->complete(kHere, upload.id, std::nullopt)->digest, sha256(text_));
  EXPECT_EQ(uploads_->complete(kHere, upload.id, sha256("x")).error().code, Code::invalid_argument);
  EXPECT_EQ(put(upload.id, 1).error().code, Code::failed_precondition);
}

TEST_P(PartUploadsTest, survive_a_restart_and_say_what_is_missing) {
  Upload upload = begin();
  ASSERT_TRUE(put(upload.id, 2));
  restart();
  auto parts = uploads_->parts(kHere, upload.id, 0, 100);
  ASSERT_EQ(parts->size(), 1u);
  EXPECT_EQ((*parts)[0].number, 2);
  EXPECT_EQ((*parts)[0].checksum, crc_of(part(2)).text());
  auto early = uploads_->complete(kHere, upload.id, sha256(text_));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::failed_precondition);
  EXPECT_NE(early.error().message.find("1, 3"), std::string::npos) << early.error().message;
  ASSERT_TRUE(put(upload.id, 1));
  restart();
  ASSERT_TRUE(put(upload.id, 3));
  EXPECT_EQ(uploads_->complete(kHere, upload.id, std::nullopt)->digest, sha256(text_));
}

TEST_P(PartUploadsTest, a_damaged_part_does_not_count) {
  Upload upload = begin();
  std::string damaged(part(1));
  damaged[5] ^= 1;
  auto wrong = put(upload.id, 1, damaged, crc_of(part(1)));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::invalid_argument);
  EXPECT_EQ(wrong.error().field, "Content-Digest");
  Checksums by_sha;
  by_sha.sha256 = sha256(part(1));
  EXPECT_FALSE(put(upload.id, 1, damaged, by_sha));
  EXPECT_FALSE(put(upload.id, 1, part(1).substr(1), crc_of(part(1).substr(1))));
  EXPECT_FALSE(put(upload.id, 3, part(1), crc_of(part(1))));
  EXPECT_EQ(uploads_->get(kHere, upload.id)->received_parts, 0);
  ASSERT_TRUE(put(upload.id, 1, part(1), by_sha));
  EXPECT_EQ(uploads_->get(kHere, upload.id)->received_parts, 1);
}

TEST_P(PartUploadsTest, a_part_may_come_again_and_anew) {
  Upload upload = begin();
  std::string other(part(1));
  other[0] ^= 1;
  ASSERT_TRUE(put(upload.id, 1, other, crc_of(other)));
  ASSERT_TRUE(put(upload.id, 1));
  ASSERT_TRUE(put(upload.id, 1));
  ASSERT_TRUE(put(upload.id, 2));
  ASSERT_TRUE(put(upload.id, 3));
  EXPECT_EQ(uploads_->complete(kHere, upload.id, std::nullopt)->digest, sha256(text_));
}

TEST_P(PartUploadsTest, a_part_broken_off_leaves_the_one_before) {
  Upload upload = begin();
  ASSERT_TRUE(put(upload.id, 1));
  std::string other(part(1));
  other[0] ^= 1;
  {
    auto incoming = uploads_->open_part(kHere, upload.id, 1, crc_of(other));
    ASSERT_TRUE((*incoming)->write(as_bytes(other).first(100)));
  }
  // What was there was being replaced, so it does not count any more.
  EXPECT_EQ(uploads_->get(kHere, upload.id)->received_parts, 0);
}

TEST_P(PartUploadsTest, two_do_not_write_one_part_nor_end_what_is_written) {
  Upload upload = begin();
  auto first = uploads_->open_part(kHere, upload.id, 1, crc_of(part(1)));
  ASSERT_TRUE(first);
  auto second = uploads_->open_part(kHere, upload.id, 1, crc_of(part(1)));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::aborted);
  EXPECT_TRUE(second.error().retry_after);
  ASSERT_TRUE(put(upload.id, 2));
  ASSERT_TRUE(put(upload.id, 3));
  EXPECT_EQ(uploads_->abort(kHere, upload.id).error().code, Code::aborted);
  first->reset();
  ASSERT_TRUE(put(upload.id, 1));
  EXPECT_TRUE(uploads_->complete(kHere, upload.id, std::nullopt));
}

TEST_P(PartUploadsTest, an_end_that_cannot_be_written_down_may_be_repeated) {
  for (const bool restarted : {false, true}) {
    text_[5] = restarted ? 'a' : 'b';
    Upload upload = begin();
    for (std::int64_t number : {2, 1, 3}) ASSERT_TRUE(put(upload.id, number));
    const auto break_links = [&](const char* from, const char* to) {
      ASSERT_TRUE(store_->write([&](store::Tx& tx) {
        return tx.exec("ALTER TABLE " + std::string(from) + " RENAME TO " + std::string(to));
      }));
    };
    break_links("upload_parts", "away");
    EXPECT_FALSE(uploads_->complete(kHere, upload.id, std::nullopt));
    break_links("away", "upload_parts");
    break_links("repository_blobs", "away");  // as if the disk were full just when the blob is there
    EXPECT_FALSE(uploads_->complete(kHere, upload.id, std::nullopt));
    EXPECT_FALSE(uploads_->complete(kHere, upload.id, std::nullopt));
    break_links("away", "repository_blobs");
    if (restarted) restart();
    EXPECT_EQ(uploads_->get(kHere, upload.id)->received_parts, 3);
    const auto done = uploads_->complete(kHere, upload.id, std::nullopt);
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(done->digest, sha256(text_));
    EXPECT_EQ(*artifacts_->blob_size(kHere, sha256(text_)), text_.size());
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "uploads"));
  }
}

TEST_P(PartUploadsTest, another_digest_ends_the_upload) {
  Upload upload = begin(sha256("something"));
  for (std::int64_t number : {1, 2, 3}) ASSERT_TRUE(put(upload.id, number));
  EXPECT_EQ(uploads_->complete(kHere, upload.id, sha256("else")).error().code, Code::invalid_argument);
  auto done = uploads_->complete(kHere, upload.id, std::nullopt);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::invalid_argument);
  EXPECT_NE(done.error().message.find(sha256(text_).string()), std::string::npos);
  EXPECT_EQ(uploads_->get(kHere, upload.id).error().code, Code::not_found);
  EXPECT_FALSE(blobs_->find_size(sha256(text_))->has_value());
}

TEST_P(PartUploadsTest, are_of_their_repository_only) {
  Upload upload = begin();
  for (const std::string& id : {upload.id, std::string("../../x"), std::string(), std::string(32, 'a'),
                                std::string(100'000, 'a'), std::string("a\0b", 3)}) {
    EXPECT_EQ(uploads_->get(kThere, id).error().code, Code::not_found);
    EXPECT_EQ(uploads_->open_part(kThere, id, 1, crc_of("")).error().code, Code::not_found);
    EXPECT_EQ(uploads_->complete(kThere, id, std::nullopt).error().code, Code::not_found);
    EXPECT_EQ(uploads_->abort(kThere, id).error().code, Code::not_found);
  }
  for (std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{4}, std::int64_t{1} << 40}) {
    EXPECT_EQ(uploads_->open_part(kHere, upload.id, number, crc_of("")).error().code, Code::out_of_range);
  }
  EXPECT_TRUE(uploads_->list(kThere)->empty());
  EXPECT_EQ(uploads_->list(kHere)->at(0).id, upload.id);
  ASSERT_TRUE(uploads_->abort(kHere, upload.id));
  EXPECT_TRUE(uploads_->list(kHere)->empty());
  EXPECT_EQ(put(upload.id, 1).error().code, Code::not_found);
}

TEST_P(PartUploadsTest, expire_when_nobody_touches_them) {
  Upload upload = begin();
  ASSERT_TRUE(put(upload.id, 3));
  ASSERT_TRUE(artifacts_->collect(Duration(3'600'000)));
  EXPECT_TRUE(uploads_->get(kHere, upload.id));
  ASSERT_TRUE(artifacts_->collect(Duration(-1000)));
  EXPECT_EQ(uploads_->get(kHere, upload.id).error().code, Code::not_found);
  EXPECT_EQ(put(upload.id, 1).error().code, Code::not_found);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "uploads"));
}

TEST_P(PartUploadsTest, of_nothing_are_one_empty_part) {
  auto upload = uploads_->create(kHere, 0, std::nullopt);
  ASSERT_TRUE(upload);
  EXPECT_EQ(upload->part_count, 1);
  ASSERT_TRUE(put(upload->id, 1, "", crc_of("")));
  EXPECT_EQ(uploads_->complete(kHere, upload->id, std::nullopt)->digest, sha256(""));
  EXPECT_EQ(uploads_->create(kHere, 1ull << 62, std::nullopt).error().code, Code::resource_exhausted);
}

TEST(Checksums, are_read_as_http_writes_them) {
  auto both = parse_checksums("crc32c=:4waSgw==:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
  ASSERT_TRUE(both) << both.error().describe();
  EXPECT_EQ(both->crc32c, 0xe3069283u);
  EXPECT_EQ(both->sha256, sha256(""));
  EXPECT_TRUE(parse_checksums("md5=:AAAA:,crc32c=:4waSgw==:"));
  EXPECT_EQ(*parse_checksums(both->text())->crc32c, 0xe3069283u);
  for (const char* text : {"", "crc32c", "crc32c=", "crc32c=::", "crc32c=:4waSgw==", "crc32c=:4waSg:", "md5=:AAAA:",
                           "sha-256=:4waSgw==:", "crc32c=:!!!!:", ",", "crc32c=4waSgw=="}) {
    EXPECT_FALSE(parse_checksums(text)) << text;
  }
}

}  // namespace
}  // namespace souk::artifacts
