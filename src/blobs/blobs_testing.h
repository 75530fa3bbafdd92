// SPDX-License-Identifier: Apache-2.0
//
// For tests of this room: a store of either kind, and uploads into it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "blobs/test_stores.h"

namespace souk::blobs {

inline constexpr std::uint64_t kMiB = 1 << 20;
inline constexpr std::chrono::hours kHour{1};

class BlobsTest : public testing::TestWithParam<std::string> {
 protected:
  BlobsTest() : store_(GetParam()) { reopen(); }

  void reopen() {
    blobs_.reset();
    auto opened = store_.open(log_, metrics_);
    ASSERT_TRUE(opened) << opened.error().describe();
    blobs_ = std::move(*opened);
  }
  std::unique_ptr<Writer> create() {
    auto writer = blobs_->create();
    EXPECT_TRUE(writer) << writer.error().describe();
    return std::move(*writer);
  }
  std::unique_ptr<PartUpload> create_parts(const PartPlan& plan) {
    auto upload = blobs_->create_parts(plan);
    EXPECT_TRUE(upload) << upload.error().describe();
    return std::move(*upload);
  }
  static std::string put_part(PartUpload& upload, const PartPlan& plan, const std::string& text, std::uint32_t number) {
    auto part = upload.open_part(number);
    if (!part) return "";
    auto bytes = as_bytes(text).subspan(plan.offset(number), plan.size_of(number));
    EXPECT_TRUE((*part)->write(bytes.first(bytes.size() / 2)));
    EXPECT_TRUE((*part)->write(bytes.subspan(bytes.size() / 2)));
    auto tag = (*part)->finish();
    EXPECT_TRUE(tag) << tag.error().describe();
    return tag.value_or("");
  }
  std::string read(const Digest& digest) {
    auto text = blobs_->read_all(digest, 100 * kMiB);
    EXPECT_TRUE(text) << text.error().describe();
    return text.value_or("");
  }

  Logger log_{Logger::Level::off};
  Metrics metrics_;
  TestStore store_;
  std::unique_ptr<Blobs> blobs_;
};

}  // namespace souk::blobs
