// SPDX-License-Identifier: Apache-2.0
#include "api/instill/shapes.h"

#include <gtest/gtest.h>

namespace souk::api::instill {
namespace {

TEST(InstillFilter, WritesTimestampsAndFieldsAsTheListsKnowThem) {
  EXPECT_EQ(plain_filter(""), "");
  EXPECT_EQ(plain_filter(R"(create_time>timestamp("2020-01-01T00:00:00Z"))"), R"(create_time>"2020-01-01T00:00:00Z")");
  EXPECT_EQ(plain_filter(R"((a = 1 AND b < timestamp('x')) OR c = 2)"), R"((a = 1 AND b < 'x') OR c = 2)");
  EXPECT_EQ(plain_filter(R"(source="x" AND resource=1 AND sources=2)", {{"source", "run_source"}}),
            R"(run_source="x" AND resource=1 AND sources=2)");
}

TEST(InstillFilter, LeavesTextAsItIs) {
  for (const char* text : {R"(a = "source timestamp(")", R"(a = 'it\'s source')", R"(`source` = 1)", R"(a = "source)",
                           R"(a = "\)", "timestamp", "\\", "'"}) {
    EXPECT_EQ(plain_filter(text, {{"source", "run_source"}}), text);
  }
}

TEST(InstillBodies, TakeBothSpellings) {
  EXPECT_EQ(snake_keys(R"({"displayName":"a","model_id":{"aB":1}})").value(),
            R"({"display_name":"a","model_id":{"aB":1}})");
  EXPECT_EQ(snake_keys(R"({"displayName":"a","display_name":"b"})").error().field, "display_name");
  EXPECT_EQ(snake_keys("[]").error().code, Code::invalid_argument);
  EXPECT_FALSE(snake_keys("{"));
}

TEST(InstillNames, AreNamespaces) {
  EXPECT_EQ(namespace_of("namespaces/default", "requester").value(), "default");
  EXPECT_EQ(namespace_of("default", "requester").value(), "default");
  for (const char* wrong : {"", "namespaces/", "namespaces/a/b", "users/a"})
    EXPECT_EQ(namespace_of(wrong, "requester").error().field, "requester") << wrong;
}

}  // namespace
}  // namespace souk::api::instill
