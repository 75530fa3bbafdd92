// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "registry/test_registry.h"

namespace souk::registry {
namespace {

class RemovalTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    w_ = std::make_unique<TestRegistry>(GetParam());
  }
  Status remove(const std::string& reference) {
    return w_->registry->remove_manifest(w_->call, w_->repository("m"), reference);
  }
  bool is_there(const std::string& reference) {
    return w_->registry->resolve_manifest(w_->repository("m"), reference).has_value();
  }
  std::unique_ptr<TestRegistry> w_;
};
SOUK_ON_BOTH_DATABASES(RemovalTest);

TEST_P(RemovalTest, WhatIsAVersionGoesOnlyWithIt) {
  const Pushed pushed = TestRegistry::must(w_->push_onnx("m", "v1", "weights"));
  TestRegistry::must(w_->registry->set_alias(w_->call, w_->model("m"), "champion", "v1"));
  for (const std::string& reference :
       {std::string("v1"), std::string("latest"), std::string("champion"), std::string("1"), pushed.digest.string()}) {
    const Status refused = remove(reference);
    ASSERT_FALSE(refused) << reference;
    EXPECT_EQ(refused.error().code, Code::failed_precondition) << reference;
    EXPECT_NE(refused.error().hint.find("default/m:1"), std::string::npos);
    EXPECT_TRUE(is_there(reference));
  }
}

TEST_P(RemovalTest, WhatIsNoVersionIsTaken) {
  TestRegistry::must(w_->push_onnx("m", "v1", "weights"));
  const std::string loose = w_->onnx_manifest(w_->repository("m"), "other");
  const std::string digest = sha256(loose).string();
  TestRegistry::must(w_->push("m", digest, loose));
  TestRegistry::must(w_->push("m", "sha256-abc.sig", loose));
  EXPECT_TRUE(remove("sha256-abc.sig"));
  EXPECT_FALSE(is_there("sha256-abc.sig"));
  EXPECT_TRUE(is_there(digest));
  EXPECT_TRUE(remove(digest));
  EXPECT_FALSE(is_there(digest));
  EXPECT_EQ(remove(digest).error().code, Code::not_found);
  EXPECT_EQ(remove("nothing").error().code, Code::not_found);
}

TEST_P(RemovalTest, AReaderRemovesNothing) {
  const std::string loose = w_->onnx_manifest(w_->repository("m"), "other");
  TestRegistry::must(w_->push("m", sha256(loose).string(), loose));
  const auto repository = w_->repository("m");
  const auto reader = access::TestAccess::somebody(access::Role::READER, repository.namespace_id);
  EXPECT_EQ(w_->registry->remove_manifest(reader, repository, sha256(loose).string()).error().code,
            Code::permission_denied);
  const auto stranger = access::TestAccess::somebody(access::Role::READER, NamespaceId(999));
  EXPECT_EQ(w_->registry->remove_manifest(stranger, repository, sha256(loose).string()).error().code, Code::not_found);
}

}  // namespace
}  // namespace souk::registry
