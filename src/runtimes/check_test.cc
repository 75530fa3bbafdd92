// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "runtimes/datatype.h"
#include "runtimes/runtime.h"

namespace souk::runtimes {
namespace {

const Signature kSignature{{{"a", Datatype::FP32, {-1, 2}}, {"b", Datatype::BYTES, {-1}}, {"c", Datatype::BOOL, {2}}},
                           {{"y", Datatype::FP32, {-1, 2}}, {"z", Datatype::INT64, {}}},
                           std::nullopt};

std::array<std::byte, 64> bytes{};
std::span<const std::byte> some(std::size_t count) {
  return std::span(bytes).first(count);
}

InferRequest good() {
  return {{{"a", Datatype::FP32, {3, 2}, some(24), {}},
           {"b", Datatype::BYTES, {2}, {}, {"x", ""}},
           {"c", Datatype::BOOL, {2}, some(2), {}}},
          {}};
}

void expect_error(const InferRequest& request, std::string_view field, std::string_view words) {
  Status status = check_request(kSignature, request);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::invalid_argument);
  EXPECT_EQ(status.error().field, field) << status.error().message;
  EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
}

TEST(CheckRequest, TakesInputsInAnyOrder) {
  InferRequest request = good();
  EXPECT_TRUE(check_request(kSignature, request));
  std::swap(request.inputs[0], request.inputs[2]);
  EXPECT_TRUE(check_request(kSignature, request));
  std::swap(request.inputs[1], request.inputs[2]);
  EXPECT_TRUE(check_request(kSignature, request));
  request.outputs = {"z", "y"};
  EXPECT_TRUE(check_request(kSignature, request));
}

TEST(CheckRequest, TakesEmptyTensors) {
  InferRequest request = good();
  request.inputs[0].shape = {0, 2};
  request.inputs[0].data = {};
  request.inputs[1].shape = {0};
  request.inputs[1].strings.clear();
  EXPECT_TRUE(check_request(kSignature, request));
}

TEST(CheckRequest, NamesTheTensorAtFault) {
  InferRequest request = good();
  request.inputs[1].name = "q";
  expect_error(request, "inputs[1].name", "input \"q\" is not one of the model's: it takes \"a\", \"b\", \"c\"");
  request = good();
  request.inputs[0].datatype = Datatype::INT32;
  expect_error(request, "inputs[0].datatype", "INT32, expected FP32");
  request = good();
  request.inputs[0].shape = {2, 3};
  expect_error(request, "inputs[0].shape", "[2,3], expected [-1,2]");
  request.inputs[0].shape = {3, 2, 1};
  expect_error(request, "inputs[0].shape", "expected [-1,2]");
  request.inputs[0].shape = {-3, 2};
  expect_error(request, "inputs[0].shape", "[-3,2]");
  request.inputs[0].shape = {std::int64_t{1} << 62, 2};
  expect_error(request, "inputs[0].shape", "more elements than can be");
  request.inputs[0].shape = {(std::int64_t{1} << 61), 2};
  expect_error(request, "inputs[0].shape", "more bytes than can be");
  request = good();
  request.inputs[0].data = some(20);
  expect_error(request, "inputs[0].data", "20 bytes of data, but shape [3,2] of FP32 needs 24");
  request = good();
  request.inputs[1].strings.push_back("more");
  expect_error(request, "inputs[1].data", "3 strings");
}

TEST(CheckRequest, WantsEveryInputOnce) {
  InferRequest request = good();
  request.inputs.pop_back();
  expect_error(request, "inputs", "input \"c\" is missing");
  request = good();
  request.inputs.erase(request.inputs.begin());
  expect_error(request, "inputs", "input \"a\" is missing");
  request = good();
  request.inputs.push_back(request.inputs[0]);
  expect_error(request, "inputs[3].name", "twice");
  request = good();
  request.inputs[2] = request.inputs[0];
  expect_error(request, "inputs[2].name", "twice");
  expect_error({}, "inputs", "\"a\" is missing");
}

TEST(CheckRequest, RefusesBooleansThatAreNone) {
  std::array<std::byte, 2> odd{std::byte{1}, std::byte{2}};
  InferRequest request = good();
  request.inputs[2].data = odd;
  expect_error(request, "inputs[2].data", "neither 0 nor 1");
}

TEST(CheckRequest, KnowsItsOutputs) {
  InferRequest request = good();
  request.outputs = {"w"};
  expect_error(request, "outputs[0].name", "\"w\" is not one of the model's: it has \"y\", \"z\"");
  request.outputs = {"y", "y"};
  expect_error(request, "outputs[1].name", "twice");
}

TEST(CheckResponse, CatchesAnOutputThatDoesNotMatch) {
  std::vector<Tensor> outputs(1);
  outputs[0].name = "y";
  outputs[0].shape = {1, 2};
  outputs[0].data = some(8);
  InferRequest request;
  request.outputs = {"y"};
  EXPECT_TRUE(check_response(kSignature, request, outputs));
  outputs[0].shape = {2, 1};
  Status status = check_response(kSignature, request, outputs);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("output \"y\" has shape [2,1]"), std::string::npos);
}

TEST(CheckResponse, CatchesOutputsThatAreNotThoseAskedFor) {
  std::vector<Tensor> outputs(1);
  outputs[0].name = "y";
  outputs[0].shape = {1, 2};
  outputs[0].data = some(8);
  InferRequest request;
  auto fault = [&] {
    Status status = check_response(kSignature, request, outputs);
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(fault(), "output \"z\" is missing") << "all are asked for";
  request.outputs = {"z"};
  EXPECT_EQ(fault(), "output \"y\" is not what stands at its place");
  request.outputs = {"y", "z"};
  EXPECT_EQ(fault(), "output \"z\" is missing");
  request.outputs = {"y"};
  EXPECT_EQ(fault(), "");
  outputs.push_back(outputs[0]);
  EXPECT_EQ(fault(), "output \"y\" is not what stands at its place") << "one too many";
}

TEST(ElementCount, RefusesWhatDoesNotFit) {
  EXPECT_EQ(element_count({}), 1u);
  std::vector<std::int64_t> shape{0, std::int64_t{1} << 62, std::int64_t{1} << 62};
  EXPECT_EQ(element_count(shape), 0u);
  shape[0] = 1;
  EXPECT_EQ(element_count(shape), std::nullopt);
  shape = {-1};
  EXPECT_EQ(element_count(shape), std::nullopt);
}

TEST(Datatypes, HaveTheProtocolsNames) {
  for (std::size_t i = 0; i < kDatatypeNames.size(); ++i) {
    auto type = static_cast<Datatype>(i);
    EXPECT_EQ(json::enum_name(type), datatype_name(type));
    EXPECT_EQ(find_datatype(datatype_name(type)), type);
  }
  EXPECT_EQ(find_datatype("fp32"), std::nullopt);
}

}  // namespace
}  // namespace souk::runtimes
