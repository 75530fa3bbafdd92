// SPDX-License-Identifier: Apache-2.0
#include "app/own_arguments.h"

#include <gtest/gtest.h>

namespace souk::app {
namespace {

using Texts = std::vector<std::string>;

TEST(OwnArguments, AreTakenOutWhereverTheyStand) {
  OwnArguments own({"place", "--data", "d", "--keep=3", "--list", "-o", "json", "--verify", "name", "-q"});
  EXPECT_EQ(own.first(), "place");
  EXPECT_EQ(own.first(), std::nullopt);
  EXPECT_EQ(*own.option("--keep"), "3");
  EXPECT_EQ(*own.option("--keep"), std::nullopt);
  EXPECT_TRUE(own.flag("--list"));
  EXPECT_FALSE(own.flag("--list"));
  const auto verify = own.flag_or_option("--verify");
  EXPECT_TRUE(verify.given);
  EXPECT_EQ(verify.value, "name");
  const auto out = own.output();
  ASSERT_TRUE(out);
  EXPECT_TRUE(out->quiet());
  EXPECT_EQ(own.settings(), (Texts{"--data", "d"}));
}

TEST(OwnArguments, ValuesThatLack) {
  OwnArguments own({"--verify", "--keep"});
  const auto verify = own.flag_or_option("--verify");
  EXPECT_TRUE(verify.given);
  EXPECT_EQ(verify.value, std::nullopt);
  EXPECT_FALSE(own.flag_or_option("--verify").given);
  EXPECT_EQ(own.option("--keep").error().code, Code::invalid_argument);
  EXPECT_EQ(OwnArguments({"-o", "xml"}).output().error().code, Code::invalid_argument);
  EXPECT_EQ(OwnArguments({"--keeper", "1"}).option("--keep").value(), std::nullopt);
}

}  // namespace
}  // namespace souk::app
