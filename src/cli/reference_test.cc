// SPDX-License-Identifier: Apache-2.0
#include "cli/reference.h"

#include <gtest/gtest.h>

namespace souk::cli {
namespace {

TEST(Reference, EveryForm) {
  EXPECT_EQ(parse_reference("digits").value().string(), "default/digits");
  EXPECT_EQ(parse_reference("team/digits:2").value().tag, "2");
  EXPECT_EQ(parse_reference("digits@champion").value().alias, "champion");
  const std::string digest = sha256("x").string();
  const Reference by_digest = parse_reference("a/b@" + digest).value();
  EXPECT_EQ(by_digest.digest, sha256("x"));
  EXPECT_EQ(by_digest.string(), "a/b@" + digest);
  EXPECT_EQ(parse_reference("a.b/c__d-e---f:V1.0_rc").value().tag, "V1.0_rc");
}

TEST(Reference, RefusesWhatIsNone) {
  for (const std::string& text : {std::string(),
                                  std::string("/"),
                                  std::string("a/"),
                                  std::string("/a"),
                                  std::string("a/b/c"),
                                  std::string("A"),
                                  std::string("a:"),
                                  std::string("a@"),
                                  std::string("a:b:c"),
                                  std::string("a:b@c"),
                                  std::string("a@sha256:00"),
                                  std::string("a b"),
                                  std::string("../a"),
                                  std::string("a\n"),
                                  std::string("a:-x"),
                                  std::string("a:.x"),
                                  std::string("a..b"),
                                  std::string("a___b"),
                                  std::string("-a"),
                                  std::string("a-"),
                                  std::string("é"),
                                  std::string(10'000, 'a'),
                                  "a:" + std::string(129, 'a'),
                                  std::string("a\0b", 3)}) {
    const auto reference = parse_reference(text);
    ASSERT_FALSE(reference) << text;
    EXPECT_EQ(reference.error().code, Code::invalid_argument);
  }
}

TEST(Reference, Names) {
  EXPECT_EQ(parse_name("digits", "deployment").value().string(), "default/digits");
  EXPECT_EQ(parse_name("team/digits", "deployment").value().namespace_, "team");
  EXPECT_FALSE(parse_name("a/b/c", "deployment"));
  EXPECT_FALSE(parse_name("a:b", "deployment"));
}

}  // namespace
}  // namespace souk::cli
