// SPDX-License-Identifier: Apache-2.0
#include "base/yaml.h"

#include <gtest/gtest.h>

namespace souk::yaml {
namespace {

std::string json_of(std::string_view text, Scalars scalars = Scalars::typed) {
  const auto raw = to_json(text, {}, scalars);
  return raw ? raw->text : "error: " + raw.error().message;
}

TEST(Yaml, BecomesJson) {
  EXPECT_EQ(json_of("a: 1\nb:\n  - x\n  - {c: [1.5, ~, yes], 'd e': \"1\"}\n"),
            R"({"a":1,"b":["x",{"c":[1.5,null,"yes"],"d e":"1"}]})");
  EXPECT_EQ(json_of(""), "null");
  EXPECT_EQ(json_of("# only a comment\n"), "null");
  EXPECT_EQ(json_of("--- |\n  two\n  lines\n"), R"("two\nlines\n")");
  EXPECT_EQ(json_of("[]"), "[]");
  EXPECT_EQ(json_of("a:\nb: {}"), R"({"a":null,"b":{}})");
}

TEST(Yaml, ScalarsAreThoseOfTheCoreSchema) {
  EXPECT_EQ(json_of("[0x10, 0o17, +5, 007, -0, 1e3, .5, 2., true, False, NULL, 12:30, 1_000, 0b1, -]"),
            R"([16,15,5,7,0,1000,0.5,2,true,false,null,"12:30","1_000","0b1","-"])");
  EXPECT_EQ(json_of("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(json_of("184467440737095516150"), "184467440737095516160.0");
  EXPECT_EQ(json_of("0.00392156862745098"), "0.00392156862745098");
  EXPECT_EQ(json_of("[007, true, ~]", Scalars::text), R"(["007","true",""])");
  EXPECT_EQ(json_of("[!!str 7, !!int 7, ! 7]"), R"(["7",7,"7"])");
}

TEST(Yaml, AliasesAreCopied) {
  EXPECT_EQ(json_of("a: &x {k: [1]}\nb: *x\nc: &y 7\nd: *y"), R"({"a":{"k":[1]},"b":{"k":[1]},"c":7,"d":7})");
}

TEST(Yaml, RefusesWithThePlace) {
  EXPECT_EQ(json_of("a: 1\nb: 2\na: 3"), "error: YAML has the key \"a\" twice (line 3, column 1)");
  for (const char* text : {"a: [1", "a: b: c", "\tx: 1", "a: *x", "a: &x [*x]", "? [1]\n: 2", "<<: {a: 1}", "a: !foo 1",
                           "a: .inf", "a: -.nan", "--- 1\n--- 2", "a: !!int x", "a: !!map [1]", "%BAD\n---\n*",
                           "a: \x04 b", "a: \xff", "*x : 1", "a: 1e999"}) {
    EXPECT_TRUE(json_of(text).starts_with("error: ")) << text << " gave " << json_of(text);
  }
}

TEST(Yaml, BombsAreRefused) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 8; ++k) bomb += "," + last;
    bomb += "]\n";
  }
  EXPECT_TRUE(json_of(bomb).starts_with("error: YAML"));
  EXPECT_TRUE(json_of(std::string(100'000, '[')).starts_with("error: "));
  EXPECT_TRUE(json_of(std::string(33, '[') + std::string(33, ']')).starts_with("error: YAML is nested deeper than 32"));
  EXPECT_TRUE(json_of(std::string(32, '[') + std::string(32, ']')).starts_with("["));
  EXPECT_TRUE(json_of(std::string(300'000, 'a')).starts_with("error: YAML is 300000 bytes long"));
  std::string dashes;
  for (int i = 0; i < 20'000; ++i) dashes += "- ";
  EXPECT_TRUE(json_of(dashes + "a").starts_with("error: "));
}

TEST(Yaml, IsWrittenSoThatItReadsBack) {
  const std::string text =
      R"({"a":[1,2.5,[],{}],"b":{"c":{"d":[{"e":null,"f":[true]},["x","y"]]}},"s":["yes","007","null","a: b","# c",)"
      R"("two\nlines"," x","-","2026-11-21","plain text","","é","sha256:ab","@x","0x1","\u0001","*a","&b","!c","%d"],"k y":1,"":2})";
  const json::Document document = json::Document::parse(text).value();
  const std::string yaml = from_json(document.root());
  EXPECT_EQ(json_of(yaml), document.root().raw()) << yaml;
  EXPECT_EQ(from_json(json::Document::parse(R"({"name":"digits","versions":[{"number":1,"tags":[]}]})").value().root()),
            "name: digits\nversions:\n- number: 1\n  tags: []\n");
}

}  // namespace
}  // namespace souk::yaml
