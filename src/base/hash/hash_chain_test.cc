// SPDX-License-Identifier: Apache-2.0
#include "base/hash/hash_chain.h"

#include <gtest/gtest.h>

#include <vector>

namespace souk {
namespace {

TEST(HashChain, NoTwoRowsReadAlike) {
  const auto link = [](std::vector<std::string> fields) { return next_link(first_link(), fields); };
  EXPECT_EQ(link({"a", "b"}), link({"a", "b"}));
  EXPECT_NE(link({"a", "b"}), link({"ab", ""}));
  EXPECT_NE(link({"a", "b"}), link({"a\n1:b"}));
  EXPECT_NE(link({"a"}), link({"a", ""}));
  EXPECT_NE(link({"a"}), next_link(link({"a"}), std::vector<std::string>{"a"}));
}

// What is kept in databases must be computed alike for ever.
TEST(HashChain, IsWhatItWas) {
  EXPECT_EQ(next_link(first_link(), std::vector<std::string>{}),
            "60e05bd1b195af2f94112fa7197a5c88289058840ce7c6df9693756bc6250f55");
}

}  // namespace
}  // namespace souk
