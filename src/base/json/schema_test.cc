// SPDX-License-Identifier: Apache-2.0
#include "base/json_schema.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace souk::json_schema_test {

enum class State { LIVE, ARCHIVED };
BOOST_DESCRIBE_ENUM(State, LIVE, ARCHIVED)

struct Node {
  std::string namespace_;
  std::optional<Time> seal_time;
  std::optional<State> state;
  std::vector<Node> children;
  std::map<std::string, double> scores;
  std::optional<json::Raw> extra;
};
BOOST_DESCRIBE_STRUCT(Node, (), (namespace_, seal_time, state, children, scores, extra))

namespace other_door {
struct Node {
  ModelId id;
  std::uint8_t small;
  std::int64_t large;
  Digest digest;
  bool flag;
  json::Patch<std::string> owner;
};
BOOST_DESCRIBE_STRUCT(Node, (), (id, small, large, digest, flag, owner))
}  // namespace other_door

namespace {
struct Twin {
  std::string here;
};
BOOST_DESCRIBE_STRUCT(Twin, (), (here))
}  // namespace
std::string twin_of_another_file(json::Schemas& schemas);  // schema_twin_test.cc

TEST(JsonSchema, TypesOfOneNameAreNamedApart) {
  json::Schemas schemas;
  EXPECT_EQ(schemas.of<Twin>(), R"({"$ref":"#/components/schemas/Twin"})");
  EXPECT_EQ(twin_of_another_file(schemas), R"({"$ref":"#/components/schemas/JsonSchemaTestTwin"})");
  EXPECT_EQ(schemas.of<Twin>(), R"({"$ref":"#/components/schemas/Twin"})");
  EXPECT_NE(schemas.components().find(R"("here")"), std::string::npos);
  EXPECT_NE(schemas.components().find(R"("elsewhere")"), std::string::npos);
}

TEST(JsonSchema, DescribedTypesBecomeComponents) {
  json::Schemas schemas;
  EXPECT_EQ(schemas.of<std::vector<Node>>(), R"({"type":"array","items":{"$ref":"#/components/schemas/Node"}})");
  EXPECT_EQ(schemas.of<other_door::Node>(), R"({"$ref":"#/components/schemas/OtherDoorNode"})");
  EXPECT_EQ(schemas.of<Node>(), R"({"$ref":"#/components/schemas/Node"})");
  EXPECT_EQ(schemas.components(),
            R"({"Node":{"type":"object","properties":{"namespace":{"type":"string"},)"
            R"("seal_time":{"type":["string","null"],"format":"date-time"},)"
            R"("state":{"anyOf":[{"$ref":"#/components/schemas/State"},{"type":"null"}]},)"
            R"("children":{"type":"array","items":{"$ref":"#/components/schemas/Node"}},)"
            R"("scores":{"type":"object","additionalProperties":{"type":"number","format":"double"}},"extra":{}},)"
            R"("required":["namespace"]},)"
            R"("OtherDoorNode":{"type":"object","properties":{"id":{"type":"integer","minimum":1,"maximum":999999999},)"
            R"("small":{"type":"integer","minimum":0,"maximum":255},"large":{"type":"integer","format":"int64"},)"
            R"("digest":{"type":"string","pattern":"^sha256:[0-9a-f]{64}$"},"flag":{"type":"boolean"},)"
            R"("owner":{"type":["string","null"]}},"required":["id","small","large","digest","flag"]},)"
            R"("State":{"type":"string","enum":["LIVE","ARCHIVED"]}})");
}

}  // namespace souk::json_schema_test
