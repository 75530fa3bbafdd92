// SPDX-License-Identifier: Apache-2.0
#include "runtimes/ranges.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runtimes/runtime.h"

namespace souk::runtimes {
namespace {

template <class T>
std::optional<OutOfRange> look(Datatype type, std::vector<T> values, std::optional<double> min,
                               std::optional<double> max) {
  registry::TensorSpec spec{"x", type, {-1}, min, max};
  return find_out_of_range(spec, std::as_bytes(std::span(values)));
}

TEST(Ranges, FindsTheFirstElementOutside) {
  std::vector<float> values(1000, 0.5F);
  EXPECT_FALSE(look(Datatype::FP32, values, 0.0, 1.0));
  values[777] = 1.5F;
  values[900] = -1;
  auto found = look(Datatype::FP32, values, 0.0, 1.0);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->index, 777u);
  EXPECT_EQ(found->value, 1.5);
  EXPECT_EQ(look(Datatype::FP32, values, 0.0, std::nullopt)->index, 900u);
  EXPECT_EQ(look(Datatype::FP32, values, std::nullopt, 1.0)->index, 777u);
  EXPECT_FALSE(look(Datatype::FP32, values, std::nullopt, std::nullopt));
}

TEST(Ranges, NotANumberIsOutsideOfAny) {
  EXPECT_TRUE(look<float>(Datatype::FP32, {1, std::nanf("")}, 0.0, std::nullopt));
  EXPECT_FALSE(look<double>(Datatype::FP64, {std::numeric_limits<double>::infinity()}, 0.0, std::nullopt));
  EXPECT_TRUE(look<double>(Datatype::FP64, {std::numeric_limits<double>::infinity()}, 0.0, 1e308));
}

TEST(Ranges, EveryDatatype) {
  EXPECT_EQ(look<std::uint8_t>(Datatype::UINT8, {0, 255}, 0.0, 254.0)->value, 255);
  EXPECT_EQ(look<std::int8_t>(Datatype::INT8, {0, -128}, -127.0, 0.0)->value, -128);
  EXPECT_EQ(look<std::uint16_t>(Datatype::UINT16, {65535}, 0.0, 9.0)->value, 65535);
  EXPECT_EQ(look<std::int16_t>(Datatype::INT16, {-32768}, 0.0, 9.0)->value, -32768);
  EXPECT_EQ(look<std::uint32_t>(Datatype::UINT32, {4294967295}, 0.0, 9.0)->value, 4294967295.0);
  EXPECT_EQ(look<std::int32_t>(Datatype::INT32, {-7}, 0.0, 9.0)->value, -7);
  EXPECT_TRUE(look<std::uint64_t>(Datatype::UINT64, {UINT64_MAX}, 0.0, 9.0));
  EXPECT_TRUE(look<std::int64_t>(Datatype::INT64, {INT64_MIN}, 0.0, 9.0));
  EXPECT_EQ(look<std::uint16_t>(Datatype::FP16, {0x3c00, 0x4000}, 0.0, 1.0)->value, 2);
  EXPECT_EQ(look<std::uint16_t>(Datatype::FP16, {0xbc00}, 0.0, 1.0)->value, -1);
  EXPECT_EQ(look<std::uint16_t>(Datatype::FP16, {0x0001}, 1.0, 2.0)->value, std::ldexp(1, -24));
  EXPECT_TRUE(look<std::uint16_t>(Datatype::FP16, {0x7e00}, -1e9, 1e9));
  EXPECT_EQ(look<std::uint16_t>(Datatype::BF16, {0x3f80, 0x4000}, 0.0, 1.0)->value, 2);
}

const Signature kModel{{{"in", Datatype::FP32, {-1}}, {"text", Datatype::BYTES, {-1}}},
                       {{"out", Datatype::INT64, {-1}}, {"in", Datatype::FP32, {-1}}},
                       std::nullopt};

TEST(Ranges, AreDeclaredByName) {
  Signature signature = kModel;
  json::Raw declaration{R"({"task":"X","tensors":[{"name":"in","min":0,"max":1},{"name":"out","min":-5}]})"};
  Status status = declare_ranges(declaration, signature);
  ASSERT_TRUE(status) << status.error().describe();
  EXPECT_EQ(signature.inputs[0].min, 0);
  EXPECT_EQ(signature.inputs[0].max, 1);
  EXPECT_EQ(signature.outputs[0].min, -5);
  EXPECT_FALSE(signature.outputs[0].max);
  EXPECT_EQ(signature.outputs[1].max, 1) << "a name on both sides is one tensor";
  Signature same = kModel;
  EXPECT_TRUE(declare_ranges(json::Raw{R"({"task":"X"})"}, same));
  EXPECT_EQ(same, kModel);
}

TEST(Ranges, SaysWhatIsWrongWithADeclaration) {
  auto field = [](const char* tensors) {
    Signature signature = kModel;
    Status status = declare_ranges(json::Raw{std::string(R"({"tensors":)") + tensors + "}"}, signature);
    return status ? std::string("none") : status.error().field;
  };
  EXPECT_EQ(field(R"({"name":"in"})"), "tensors");
  EXPECT_EQ(field(R"([{"min":1}])"), "tensors[0].name");
  EXPECT_EQ(field(R"([{"name":"in","min":"a"}])"), "tensors[0].min");
  EXPECT_EQ(field(R"([{"name":"in","least":1}])"), "tensors[0].least");
  EXPECT_EQ(field(R"([{"name":"other","min":1}])"), "tensors[0].name");
  EXPECT_EQ(field(R"([{"name":"text","min":1}])"), "tensors[0]");
  EXPECT_EQ(field(R"([{"name":"out"}])"), "tensors[0]");
  EXPECT_EQ(field(R"([{"name":"out","min":2,"max":1}])"), "tensors[0]");
  EXPECT_EQ(field(R"([{"name":"out","min":2},{"name":"out","max":3}])"), "tensors[1]");
}

TEST(Ranges, AreCheckedWithRequestsAndAnswers) {
  Signature signature{
      {{"in", Datatype::FP32, {-1}, 0.0, 1.0}}, {{"out", Datatype::FP32, {-1}, 0.0, 1.0}}, std::nullopt};
  std::vector<float> values{0.5F, 7};
  InferRequest request{{{"in", Datatype::FP32, {2}, std::as_bytes(std::span(values)), {}}}, {}};
  Status status = check_request(signature, request);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::invalid_argument);
  EXPECT_EQ(status.error().field, "inputs[0].data");
  EXPECT_NE(status.error().message.find("\"in\""), std::string::npos);
  EXPECT_NE(status.error().message.find("7"), std::string::npos);
  std::vector<Tensor> outputs{{"out", Datatype::FP32, {2}, std::as_bytes(std::span(values)), {}, nullptr}};
  EXPECT_FALSE(check_response(signature, request, outputs));
  values[1] = 1;
  EXPECT_TRUE(check_request(signature, request));
  EXPECT_TRUE(check_response(signature, request, outputs));
}

}  // namespace
}  // namespace souk::runtimes
