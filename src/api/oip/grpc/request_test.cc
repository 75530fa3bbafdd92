// SPDX-License-Identifier: Apache-2.0
#include "api/oip/grpc/request.h"

#include <gtest/gtest.h>

#include <cstring>

#include "api/grpc/protobuf.h"
#include "api/oip/grpc/contents.h"
#include "api/oip/grpc/response.h"
#include "api/protos/open_inference_grpc.pb.h"

namespace souk::api::oip {
namespace {

namespace pb = ::inference;
using registry::Datatype;

Status parse_text(const std::string& text, GrpcInferBody& out) {
  auto owner = std::make_shared<const std::string>(text);
  auto bytes = std::as_bytes(std::span(*owner));
  return parse(grpc::Message{std::move(owner), bytes, false}, out);
}
Status parse_message(const pb::ModelInferRequest& message, GrpcInferBody& out) {
  return parse_text(message.SerializeAsString(), out);
}

pb::ModelInferRequest::InferInputTensor& add_input(pb::ModelInferRequest& request, const std::string& name,
                                                   const std::string& datatype, std::vector<std::int64_t> shape) {
  auto& input = *request.add_inputs();
  input.set_name(name);
  input.set_datatype(datatype);
  for (auto dimension : shape) input.add_shape(dimension);
  return input;
}

template <class T>
std::vector<T> values_of(const runtimes::TensorView& view) {
  std::vector<T> out(view.data.size() / sizeof(T));
  std::memcpy(out.data(), view.data.data(), view.data.size());
  return out;
}

TEST(GrpcRequest, ReadsRawTensorsAsViews) {
  pb::ModelInferRequest request;
  request.set_model_name("team/digits");
  request.set_model_version("3");
  request.set_id("42");
  add_input(request, "a", "FP32", {1, 2});
  add_input(request, "b", "BYTES", {2});
  request.add_raw_input_contents(std::string(8, '\x3f'));
  request.add_raw_input_contents(std::string("\1\0\0\0x\2\0\0\0yz", 11));
  auto& output = *request.add_outputs();
  output.set_name("scores");
  (*output.mutable_parameters())["classification"].set_int64_param(3);
  (*request.mutable_parameters())["timeout"].set_uint64_param(1000);
  (*request.mutable_parameters())["unknown"].set_double_param(0.5);
  GrpcInferBody body;
  Status status = parse_message(request, body);
  ASSERT_TRUE(status) << status.error().describe();
  EXPECT_EQ(body.model_name, "team/digits");
  EXPECT_EQ(body.model_version, "3");
  EXPECT_EQ(body.id, "42");
  ASSERT_EQ(body.infer.inputs.size(), 2u);
  EXPECT_EQ(body.infer.inputs[0].name, "a");
  EXPECT_EQ(body.infer.inputs[0].shape, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(body.infer.inputs[0].data.size(), 8u);
  EXPECT_EQ(body.infer.inputs[1].strings, (std::vector<std::string_view>{"x", "yz"}));
  EXPECT_EQ(body.infer.outputs, std::vector<std::string_view>{"scores"});
  EXPECT_EQ(body.outputs[0].classes, 3u);
  EXPECT_EQ(body.timeout_us, 1000u);
  EXPECT_TRUE(body.is_binary("scores"));
}

TEST(GrpcRequest, ReadsTypedContents) {
  pb::ModelInferRequest request;
  auto& flags = *add_input(request, "bool", "BOOL", {2}).mutable_contents();
  flags.add_bool_contents(true);
  flags.add_bool_contents(false);
  auto& small = *add_input(request, "int8", "INT8", {2}).mutable_contents();
  small.add_int_contents(-128);
  small.add_int_contents(127);
  add_input(request, "int64", "INT64", {1}).mutable_contents()->add_int64_contents(INT64_MIN);
  add_input(request, "uint16", "UINT16", {1}).mutable_contents()->add_uint_contents(65535);
  add_input(request, "uint64", "UINT64", {1}).mutable_contents()->add_uint64_contents(UINT64_MAX);
  auto& floats = *add_input(request, "fp32", "FP32", {2}).mutable_contents();
  floats.add_fp32_contents(0.5F);
  floats.add_fp32_contents(-2);
  add_input(request, "fp64", "FP64", {1}).mutable_contents()->add_fp64_contents(1e300);
  add_input(request, "bytes", "BYTES", {1}).mutable_contents()->add_bytes_contents(std::string("\0x", 2));
  GrpcInferBody body;
  Status status = parse_message(request, body);
  ASSERT_TRUE(status) << status.error().field << status.error().describe();
  const auto& in = body.infer.inputs;
  EXPECT_EQ(values_of<std::uint8_t>(in[0]), (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(values_of<std::int8_t>(in[1]), (std::vector<std::int8_t>{-128, 127}));
  EXPECT_EQ(values_of<std::int64_t>(in[2]), std::vector<std::int64_t>{INT64_MIN});
  EXPECT_EQ(values_of<std::uint16_t>(in[3]), std::vector<std::uint16_t>{65535});
  EXPECT_EQ(values_of<std::uint64_t>(in[4]), std::vector<std::uint64_t>{UINT64_MAX});
  EXPECT_EQ(values_of<float>(in[5]), (std::vector<float>{0.5F, -2}));
  EXPECT_EQ(values_of<double>(in[6]), std::vector<double>{1e300});
  EXPECT_EQ(in[7].strings, std::vector<std::string_view>{std::string_view("\0x", 2)});
}

TEST(GrpcRequest, ContentsMayComeUnpackedAndInParts) {
  using grpc::put_bytes;
  std::string one, two, input, message;
  for (int v : {1, 2}) {
    grpc::put_tag(one, 2, grpc::WireType::varint);
    grpc::put_varint(one, static_cast<std::uint64_t>(v));
  }
  put_bytes(two, 2, "\x03\x04");
  put_bytes(input, 1, "x");
  put_bytes(input, 2, "INT32");
  grpc::put_tag(input, 3, grpc::WireType::varint);
  grpc::put_varint(input, 4);
  put_bytes(input, 5, one);
  put_bytes(input, 5, two);
  put_bytes(message, 5, input);
  GrpcInferBody body;
  Status status = parse_text(message, body);
  ASSERT_TRUE(status) << status.error().describe();
  EXPECT_EQ(body.infer.inputs[0].shape, std::vector<std::int64_t>{4});
  EXPECT_EQ(values_of<std::int32_t>(body.infer.inputs[0]), (std::vector<std::int32_t>{1, 2, 3, 4}));
}

struct Bad {
  std::string name;
  std::function<void(pb::ModelInferRequest&)> make;
  std::string field;
};

TEST(GrpcRequest, SaysWhatIsWrongAndWhere) {
  std::vector<Bad> bad{
      {"no datatype", [](auto& r) { add_input(r, "x", "", {1}); }, "inputs[0].datatype"},
      {"unknown datatype", [](auto& r) { add_input(r, "x", "FP8", {1}); }, "inputs[0].datatype"},
      {"negative dimension",
       [](auto& r) {
         add_input(r, "x", "FP32", {1, -1});
       },
       "inputs[0].shape"},
      {"many dimensions", [](auto& r) { add_input(r, "x", "FP32", std::vector<std::int64_t>(65, 1)); },
       "inputs[0].shape"},
      {"contents and raw",
       [](auto& r) {
         add_input(r, "x", "FP32", {1}).mutable_contents()->add_fp32_contents(1);
         r.add_raw_input_contents("1234");
       },
       "inputs[0]"},
      {"raw for too few",
       [](auto& r) {
         add_input(r, "x", "FP32", {1});
         add_input(r, "y", "FP32", {1});
         r.add_raw_input_contents("1234");
       },
       "raw_input_contents"},
      {"raw for too many",
       [](auto& r) {
         add_input(r, "x", "FP32", {1});
         r.add_raw_input_contents("1234");
         r.add_raw_input_contents("1234");
       },
       "raw_input_contents"},
      {"another type's contents",
       [](auto& r) { add_input(r, "x", "FP32", {1}).mutable_contents()->add_int_contents(1); }, "inputs[0].contents"},
      {"two types of contents",
       [](auto& r) {
         auto& contents = *add_input(r, "x", "FP32", {1}).mutable_contents();
         contents.add_fp32_contents(1);
         contents.add_fp64_contents(1);
       },
       "inputs[0].contents"},
      {"contents of FP16", [](auto& r) { add_input(r, "x", "FP16", {1}).mutable_contents()->add_fp32_contents(1); },
       "inputs[0].contents"},
      {"beyond INT8", [](auto& r) { add_input(r, "x", "INT8", {1}).mutable_contents()->add_int_contents(128); },
       "inputs[0].contents"},
      {"beyond UINT16", [](auto& r) { add_input(r, "x", "UINT16", {1}).mutable_contents()->add_uint_contents(65536); },
       "inputs[0].contents"},
      {"a text past the end",
       [](auto& r) {
         add_input(r, "x", "BYTES", {1});
         r.add_raw_input_contents(std::string("\x10\0\0\0abc", 7));
       },
       "raw_input_contents[0]"},
      {"classification of none",
       [](auto& r) { (*r.add_outputs()->mutable_parameters())["classification"].set_int64_param(0); },
       "outputs[0].parameters.classification"},
      {"classification by text",
       [](auto& r) { (*r.add_outputs()->mutable_parameters())["classification"].set_string_param("3"); },
       "outputs[0].parameters.classification"},
      {"shared memory",
       [](auto& r) {
         (*add_input(r, "x", "FP32", {1}).mutable_parameters())["shared_memory_region"].set_string_param("m");
       },
       "inputs[0].parameters.shared_memory_region"},
      {"a negative time-out", [](auto& r) { (*r.mutable_parameters())["timeout"].set_int64_param(-1); },
       "parameters.timeout"},
      {"10,000 inputs",
       [](auto& r) {
         for (int i = 0; i < 10'000; ++i) add_input(r, "x", "FP32", {1});
       },
       "inputs[4096]"},
  };
  for (const Bad& one : bad) {
    pb::ModelInferRequest request;
    one.make(request);
    GrpcInferBody body;
    Status status = parse_message(request, body);
    ASSERT_FALSE(status) << one.name;
    EXPECT_EQ(status.error().field, one.field) << one.name << ": " << status.error().message;
  }
}

TEST(GrpcRequest, NeverReadsPastTheEnd) {
  pb::ModelInferRequest request;
  request.set_model_name("m");
  add_input(request, "x", "BYTES", {1}).mutable_contents()->add_bytes_contents("abc");
  (*request.mutable_parameters())["p"].set_string_param("v");
  std::string whole = request.SerializeAsString();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    GrpcInferBody body;
    (void)parse_text(whole.substr(0, n), body);
  }
  for (std::string garbage :
       {std::string(100, '\xff'), std::string(100, '\0'), std::string("\x2a\xff\xff\xff\xff\x0f")}) {
    GrpcInferBody body;
    EXPECT_FALSE(parse_text(garbage, body));
  }
  GrpcInferBody body;
  EXPECT_FALSE(parse_text("\x0a\x02\xff\xfe", body)) << "a name that is not UTF-8";
}

TEST(GrpcRequest, FindsTheFirstTensor) {
  pb::ModelInferRequest request;
  request.set_model_name("m");
  add_input(request, "x", "FP32", {100'000});
  request.add_raw_input_contents(std::string(400'000, 'x'));
  std::string text = request.SerializeAsString();
  auto at = find_first_tensor(std::string_view(text).substr(0, 4096));
  ASSERT_TRUE(at);
  EXPECT_EQ(text.find("xxxx"), *at);
  EXPECT_FALSE(find_first_tensor("\x0a"));
  EXPECT_FALSE(find_first_tensor(std::string(4096, '\xff')));
}

runtimes::Tensor tensor_of(const std::string& name, Datatype type, std::vector<std::int64_t> shape,
                           std::string_view bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  runtimes::Tensor tensor{name, type, std::move(shape), std::as_bytes(std::span(*owner)), {}, nullptr};
  tensor.owner = std::move(owner);
  return tensor;
}

pb::ModelInferResponse parsed(const grpc::Reply& reply) {
  std::string text = reply.head.substr(grpc::kPrefix);
  for (const net::Chunk& chunk : reply.rest)
    text.append(reinterpret_cast<const char*>(chunk.data().data()), chunk.data().size());
  EXPECT_EQ(text.size(), reply.size());
  pb::ModelInferResponse response;
  EXPECT_TRUE(response.ParseFromString(text));
  return response;
}

TEST(GrpcResponse, WritesWhatProtobufReads) {
  serving::Target target;
  target.revision = 7;
  std::string large(100'000, 'L');
  for (bool raw : {true, false}) {
    InferBody asked;
    asked.id = "id";
    asked.has_id = true;
    asked.binary_outputs = raw;
    std::vector<runtimes::Tensor> outputs;
    outputs.push_back(tensor_of("small", Datatype::INT32, {1, 2}, std::string("\1\0\0\0\xff\xff\xff\xff", 8)));
    outputs.push_back(tensor_of("large", Datatype::FP32, {25'000}, large));
    outputs.push_back(tensor_of("scalar", Datatype::FP64, {}, std::string(8, '\0')));
    outputs.push_back({"text", Datatype::BYTES, {2}, {}, {"a", ""}, nullptr});
    auto reply = write_reply("m", target, asked, std::move(outputs), false);
    ASSERT_TRUE(reply);
    pb::ModelInferResponse response = parsed(*reply);
    EXPECT_EQ(response.model_name(), "m");
    EXPECT_EQ(response.model_version(), "7");
    EXPECT_EQ(response.id(), "id");
    ASSERT_EQ(response.outputs_size(), 4);
    EXPECT_EQ(response.outputs(0).shape(1), 2);
    EXPECT_EQ(response.outputs(2).shape_size(), 0);
    ASSERT_EQ(response.raw_output_contents_size(), raw ? 4 : 0);
    if (raw) {
      EXPECT_EQ(response.raw_output_contents(1), large);
      EXPECT_EQ(response.raw_output_contents(3), std::string("\1\0\0\0a\0\0\0\0", 9));
    } else {
      EXPECT_EQ(response.outputs(0).contents().int_contents(1), -1);
      EXPECT_EQ(response.outputs(1).contents().fp32_contents_size(), 25'000);
      EXPECT_EQ(response.outputs(3).contents().bytes_contents(0), "a");
    }
  }
}

TEST(GrpcResponse, StreamsWrapAnswersAndFailures) {
  serving::Target target;
  InferBody asked;
  asked.binary_outputs = true;
  std::vector<runtimes::Tensor> outputs;
  outputs.push_back(tensor_of("large", Datatype::UINT8, {100'000}, std::string(100'000, 'L')));
  target.digest = "sha256:abc";
  auto reply = write_reply("m", target, asked, std::move(outputs), true);
  ASSERT_TRUE(reply);
  std::string text = reply->head.substr(grpc::kPrefix);
  for (const net::Chunk& chunk : reply->rest)
    text.append(reinterpret_cast<const char*>(chunk.data().data()), chunk.data().size());
  pb::ModelStreamInferResponse streamed;
  ASSERT_TRUE(streamed.ParseFromString(text));
  EXPECT_EQ(streamed.infer_response().raw_output_contents(0).size(), 100'000u);
  EXPECT_EQ(streamed.infer_response().parameters().at("souk-version-digest").string_param(), "sha256:abc");
  pb::ModelStreamInferResponse failed;
  ASSERT_TRUE(failed.ParseFromString(write_failure("why", "7").head.substr(grpc::kPrefix)));
  EXPECT_EQ(failed.error_message(), "why");
  EXPECT_EQ(failed.infer_response().id(), "7");
}

TEST(GrpcResponse, RefusesWhatItCannotSay) {
  serving::Target target;
  InferBody asked;
  std::vector<runtimes::Tensor> half;
  half.push_back(tensor_of("h", Datatype::FP16, {1}, "12"));
  EXPECT_EQ(write_reply("m", target, asked, std::move(half), false).error().code, Code::failed_precondition);
  asked.outputs = {{"a", true, {}}, {"b", false, {}}};
  std::vector<runtimes::Tensor> mixed;
  mixed.push_back(tensor_of("a", Datatype::UINT8, {1}, "1"));
  mixed.push_back(tensor_of("b", Datatype::UINT8, {1}, "1"));
  EXPECT_EQ(write_reply("m", target, asked, std::move(mixed), false).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace souk::api::oip
