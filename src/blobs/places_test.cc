// SPDX-License-Identifier: Apache-2.0
#include "blobs/places.h"

#include <gtest/gtest.h>

#include <fstream>

#include "blobs/test_stores.h"

namespace souk::blobs {
namespace {

class PlacesTest : public testing::Test {
 protected:
  PlacesTest() : old_(open(first_)), new_(open(second_)), places_(old_) {}
  std::shared_ptr<Blobs> open(TestStore& store) {
    auto opened = store.open(log_, metrics_);
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  bool has(const std::shared_ptr<Blobs>& store, const Digest& digest) { return store->find_size(digest)->has_value(); }

  Logger log_{Logger::Level::off};
  Metrics metrics_;
  TestStore first_{"file"}, second_{"file"};
  std::shared_ptr<Blobs> old_, new_;
  Places places_;
};

TEST_F(PlacesTest, reads_either_and_writes_to_the_main_one) {
  Digest before = *places_.put(as_bytes("before"));
  places_.set(new_, old_);
  Digest after = *places_.put(as_bytes("after"));
  EXPECT_EQ(*places_.read_all(before, 100), "before");
  EXPECT_EQ(*places_.read_all(after, 100), "after");
  EXPECT_TRUE(has(new_, after));
  EXPECT_FALSE(has(old_, after));
  EXPECT_EQ(*places_.find_size(before), 6u);
  EXPECT_EQ(*places_.find_size(sha256("none")), std::nullopt);
  EXPECT_EQ(places_.open_blob(sha256("none")).error().code, Code::not_found);
}

TEST_F(PlacesTest, brings_a_blob_over_once) {
  Digest digest = *places_.put(as_bytes("bytes"));
  EXPECT_EQ(*places_.bring(digest), Places::Brought::there);
  places_.set(new_, old_);
  EXPECT_EQ(*places_.bring(digest), Places::Brought::copied);
  EXPECT_EQ(*places_.bring(digest), Places::Brought::there);
  EXPECT_EQ(*places_.bring(sha256("none")), Places::Brought::missing);
  EXPECT_EQ(*new_->read_all(digest, 100), "bytes");
  ASSERT_TRUE(places_.remove(digest));
  EXPECT_FALSE(has(new_, digest));
  EXPECT_FALSE(has(old_, digest));
}

TEST_F(PlacesTest, does_not_bring_damaged_bytes) {
  Digest digest = *places_.put(as_bytes("bytes"));
  std::ofstream(*(*old_->open_blob(digest))->local_path()) << "bYtes";
  places_.set(new_, old_);
  auto brought = places_.bring(digest);
  ASSERT_FALSE(brought);
  EXPECT_EQ(brought.error().code, Code::data_loss);
  EXPECT_NE(brought.error().message.find(digest.string()), std::string::npos);
  EXPECT_FALSE(has(new_, digest));
  EXPECT_EQ(*new_->expire_uploads(now() + std::chrono::hours(1)), 0u);
}

TEST_F(PlacesTest, an_upload_begun_before_the_switch_ends_up_in_the_main_place) {
  auto open = places_.create();
  ASSERT_TRUE((*open)->write(as_bytes("open")));
  auto suspended = places_.create();
  ASSERT_TRUE((*suspended)->write(as_bytes("suspended")));
  ASSERT_TRUE((*suspended)->suspend());
  PartPlan plan{10, 5};
  auto parts = places_.create_parts(plan);
  auto part = [&](PartUpload& upload, std::uint32_t number, std::string_view text) {
    auto writer = upload.open_part(number);
    EXPECT_TRUE((*writer)->write(as_bytes(text)));
    return *(*writer)->finish();
  };
  std::string first = part(**parts, 1, "01234");
  places_.set(new_, old_);

  EXPECT_TRUE(has(new_, *(*open)->commit(std::nullopt)));
  auto resumed = places_.resume((*suspended)->id());
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(has(new_, *(*resumed)->commit(std::nullopt)));
  auto again = places_.resume_parts((*parts)->id(), plan);
  ASSERT_TRUE(again);
  std::string second = part(**again, 2, "56789");
  auto digest = (*again)->commit({first, second}, std::nullopt);
  ASSERT_TRUE(digest);
  EXPECT_TRUE(has(new_, *digest));
  EXPECT_EQ(*places_.read_all(*digest, 100), "0123456789");
  EXPECT_EQ(places_.resume("nothing").error().code, Code::not_found);
  EXPECT_EQ(places_.resume_parts("nothing", plan).error().code, Code::not_found);
}

}  // namespace
}  // namespace souk::blobs
