// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/catalog/catalog_commands.h"

namespace souk::cli {
namespace {

std::string parsed(std::string_view uri) {
  const auto address = parse_registry_address(uri);
  return address ? address->host + "|" + address->model + "|" + address->version : "refused";
}

TEST(RegistryAddress, EveryForm) {
  EXPECT_EQ(parsed("model-registry://digits"), "|digits|");
  EXPECT_EQ(parsed("model-registry://digits/v1"), "|digits|v1");
  EXPECT_EQ(parsed("model-registry://team/digits/v1"), "|team/digits|v1");
  EXPECT_EQ(parsed("model-registry://registry.example.com/digits"), "registry.example.com|digits|");
  EXPECT_EQ(parsed("model-registry://127.0.0.1:8080/digits/v1"), "127.0.0.1:8080|digits|v1");
  EXPECT_EQ(parsed("model-registry://localhost/team/digits/v1"), "localhost|team/digits|v1");
  EXPECT_EQ(parsed("model-registry://my%20model%2Fx/v%201"), "|my model/x|v 1");
}

TEST(RegistryAddress, RefusesWhatIsNone) {
  for (const char* uri : {"digits", "model-registry://", "model-registry:///", "model-registry://a//b",
                          "model-registry://a/b/c/d", "http://a/b", "model-registry://h.x/", "model-registry://%zz"})
    EXPECT_EQ(parsed(uri), "refused") << uri;
}

}  // namespace
}  // namespace souk::cli
