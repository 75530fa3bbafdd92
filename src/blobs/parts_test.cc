// SPDX-License-Identifier: Apache-2.0
//
// Uploads in parts, on every store.
#include <thread>

#include "blobs/blobs_testing.h"

namespace souk::blobs {
namespace {

class PartsTest : public BlobsTest {};

INSTANTIATE_TEST_SUITE_P(On, PartsTest, testing::ValuesIn(TestStore::kinds()),
                         [](const auto& about) { return about.param; });

TEST_P(PartsTest, parts_come_in_any_order_side_by_side) {
  for (std::size_t size : {std::size_t{0}, std::size_t{3}, 5 * kMiB, 27 * kMiB + 1}) {
    std::string text = noise(size);
    PartPlan plan{size, 5 * kMiB};
    auto upload = create_parts(plan);
    std::vector<std::string> tags(plan.count());
    std::vector<std::thread> threads;
    for (std::uint32_t start = 1; start <= 3; start++) {
      threads.emplace_back([&, start] {
        for (std::uint32_t n = plan.count() + 1 - start; n >= 1 && n <= plan.count(); n -= 3) {
          tags[n - 1] = put_part(*upload, plan, text, n);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    auto digest = upload->commit(tags, sha256(text));
    ASSERT_TRUE(digest) << digest.error().describe();
    upload->discard();
    EXPECT_EQ(read(*digest), text);
  }
  EXPECT_EQ(*blobs_->expire_uploads(now() + kHour), 0u);
}

TEST_P(PartsTest, parts_survive_a_restart_and_come_anew) {
  std::string text = noise(16 * kMiB), other = noise(16 * kMiB + 8);
  PartPlan plan{text.size(), 5 * kMiB};
  auto upload = create_parts(plan);
  std::vector<std::string> tags(plan.count());
  tags[0] = put_part(*upload, plan, text, 1);
  tags[2] = put_part(*upload, plan, other, 3);
  std::string id = upload->id();
  upload.reset();
  reopen();
  auto resumed = blobs_->resume_parts(id, plan);
  ASSERT_TRUE(resumed) << resumed.error().describe();
  for (std::uint32_t n : {4, 2, 3}) tags[n - 1] = put_part(**resumed, plan, text, n);
  auto digest = (*resumed)->commit(tags, std::nullopt);
  ASSERT_TRUE(digest) << digest.error().describe();
  EXPECT_EQ(*digest, sha256(text));
}

TEST_P(PartsTest, an_end_of_parts_may_be_repeated_until_it_is_discarded) {
  std::string text = noise(11 * kMiB);
  PartPlan plan{text.size(), 5 * kMiB};
  auto upload = create_parts(plan);
  std::vector<std::string> tags(plan.count());
  for (std::uint32_t n : {2, 1, 3}) tags[n - 1] = put_part(*upload, plan, text, n);
  for (int again = 0; again < 2; again++) {
    auto digest = upload->commit(tags, std::nullopt);
    ASSERT_TRUE(digest) << digest.error().describe();
    EXPECT_EQ(*digest, sha256(text));
  }
  std::string id = upload->id();
  upload.reset();
  reopen();
  auto resumed = blobs_->resume_parts(id, plan);
  ASSERT_TRUE(resumed) << resumed.error().describe();
  // What is a blob does not change any more.
  if (auto part = (*resumed)->open_part(3); part) {
    ASSERT_TRUE((*part)->write(as_bytes(noise(plan.size_of(3)))));
    EXPECT_FALSE((*part)->finish());
  }
  auto digest = (*resumed)->commit(tags, sha256(text));
  ASSERT_TRUE(digest) << digest.error().describe();
  (*resumed)->discard();
  EXPECT_EQ(read(sha256(text)), text);
  EXPECT_EQ(blobs_->resume_parts(id, plan).error().code, Code::not_found);
  EXPECT_EQ(*blobs_->expire_uploads(now() + kHour), 0u);
  EXPECT_EQ(read(sha256(text)), text);
}

TEST_P(PartsTest, a_part_that_comes_anew_is_hashed_anew) {
  std::string text = noise(11 * kMiB), other = noise(11 * kMiB + 8);
  PartPlan plan{text.size(), 5 * kMiB};
  auto upload = create_parts(plan);
  std::vector<std::string> tags;
  for (std::uint32_t n = 1; n <= 3; n++) tags.push_back(put_part(*upload, plan, text, n));
  tags[1] = put_part(*upload, plan, other, 2);
  auto digest = upload->commit(tags, sha256(text));
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().code, Code::invalid_argument);
  EXPECT_FALSE(blobs_->find_size(sha256(text))->has_value());
  EXPECT_EQ(*blobs_->expire_uploads(now() + kHour), 0u);
}

TEST_P(PartsTest, a_part_has_its_size) {
  PartPlan plan{6 * kMiB, 5 * kMiB};
  auto upload = create_parts(plan);
  auto part = *upload->open_part(2);
  ASSERT_TRUE(part->write(as_bytes(noise(kMiB - 1))));
  EXPECT_EQ(part->finish().error().code, Code::out_of_range);
  EXPECT_EQ(part->write(as_bytes("12")).error().code, Code::out_of_range);
  ASSERT_TRUE(part->write(as_bytes("1")));
  EXPECT_TRUE(part->finish());
  upload->discard();
  EXPECT_FALSE(blobs_->resume_parts(upload->id(), plan));
}

TEST_P(PartsTest, plans_parts_for_any_size) {
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, 1000 * kMiB, 40'000 * kMiB}) {
    PartPlan plan = *blobs_->plan_parts(size);
    EXPECT_EQ(plan.offset(plan.count()) + plan.size_of(plan.count()), size);
    EXPECT_LE(plan.count(), 10'000u);
  }
  EXPECT_EQ(blobs_->plan_parts(1ull << 60).error().code, Code::resource_exhausted);
}

}  // namespace
}  // namespace souk::blobs
