// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/batch.h"

#include <gtest/gtest.h>

#include <cstring>

#include "serving/batching/batching.h"

namespace souk::serving {
namespace {

using runtimes::Datatype;
using runtimes::InferRequest;
using runtimes::Tensor;
using runtimes::TensorView;

TensorView floats(std::string_view name, std::vector<std::int64_t> shape, const std::vector<float>& values) {
  return {name, Datatype::FP32, std::move(shape), std::as_bytes(std::span(values)), {}};
}

std::vector<float> values_of(std::span<const std::byte> bytes) {
  std::vector<float> out(bytes.size() / sizeof(float));
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

TEST(Batch, JoinsRowsAndTakesThemApart) {
  const std::vector<float> one{1, 2}, two{3, 4, 5, 6};
  InferRequest a{{floats("x", {1, 2}, one), {"s", Datatype::BYTES, {1}, {}, {"a"}}}, {}};
  InferRequest b{{floats("x", {2, 2}, two), {"s", Datatype::BYTES, {2}, {}, {"b", "c"}}}, {}};
  ASSERT_TRUE(joinable(a, b));
  const Batch batch({&a, &b});
  const InferRequest& joined = batch.request();
  EXPECT_EQ(joined.inputs[0].shape, (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(values_of(joined.inputs[0].data), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(joined.inputs[1].shape, (std::vector<std::int64_t>{3}));
  EXPECT_EQ(joined.inputs[1].strings, (std::vector<std::string_view>{"a", "b", "c"}));

  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{10, 20, 30});
  auto parts = batch.split({{"y", Datatype::FP32, {3}, std::as_bytes(std::span(*owner)), {}, owner},
                            {"t", Datatype::BYTES, {3, 1}, {}, {"A", "B", "C"}, nullptr}});
  owner.reset();  // the parts hold what they show
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ((*parts)[0][0].shape, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(values_of((*parts)[0][0].data), (std::vector<float>{10}));
  EXPECT_EQ(values_of((*parts)[1][0].data), (std::vector<float>{20, 30}));
  EXPECT_EQ((*parts)[1][1].shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ((*parts)[1][1].strings, (std::vector<std::string>{"B", "C"}));
}

TEST(Batch, KnowsWhatDoesNotFitTogether) {
  const std::vector<float> four(4);
  const InferRequest a{{floats("x", {1, 4}, four)}, {}};
  EXPECT_TRUE(joinable(a, {{floats("x", {1, 4}, four)}, {}}));
  EXPECT_FALSE(joinable(a, {{floats("x", {2, 2}, four)}, {}}));
  EXPECT_FALSE(joinable(a, {{floats("x", {4}, four)}, {}}));
  EXPECT_FALSE(joinable(a, {{floats("z", {1, 4}, four)}, {}}));
  EXPECT_FALSE(joinable(a, {{floats("x", {1, 4}, four)}, {"y"}}));
  EXPECT_FALSE(joinable(a, {{floats("x", {1, 4}, four), floats("z", {1, 4}, four)}, {}}));
  InferRequest other = a;
  other.inputs[0].datatype = Datatype::INT32;
  EXPECT_FALSE(joinable(a, other));
}

TEST(Batch, CountsRows) {
  const std::vector<float> four(4);
  EXPECT_EQ(rows_of({{floats("x", {2, 2}, four), floats("y", {2}, four)}, {}}), 2);
  EXPECT_EQ(rows_of({{floats("x", {2, 2}, four), floats("y", {4}, four)}, {}}), 0);
  EXPECT_EQ(rows_of({{floats("x", {}, four)}, {}}), 0);
  EXPECT_EQ(rows_of({}), 0);
}

TEST(Batch, RefusesAnAnswerThatIsNotRowByRow) {
  const std::vector<float> one{1}, three{1, 2, 3};
  const InferRequest a{{floats("x", {1}, one)}, {}};
  const Batch batch({&a, &a});
  const auto parts = batch.split({{"y", Datatype::FP32, {3}, std::as_bytes(std::span(three)), {}, nullptr}});
  ASSERT_FALSE(parts);
  EXPECT_NE(parts.error().message.find("output \"y\" has shape [3] for a batch of 2 rows"), std::string::npos);
}

TEST(Batching, IsReadFromTheDeclaration) {
  const registry::Signature rows{{{"x", Datatype::FP32, {-1, 4}}}, {{"y", Datatype::FP32, {-1}}}, {}};
  EXPECT_EQ(batching_of({}, rows)->max_batch_size, 1);
  EXPECT_EQ(batching_of(json::Raw{R"({"task":"CLASSIFICATION"})"}, rows)->max_batch_size, 1);
  EXPECT_EQ(batching_of(json::Raw{R"({"batching":{"max_batch_size":8}})"}, rows)->max_batch_size, 8);
  const auto refused = [&](const std::string& text, const registry::Signature& signature) {
    const auto batching = batching_of(json::Raw{text}, signature);
    return batching ? "accepted" : batching.error().message;
  };
  EXPECT_EQ(refused(R"({"batching":{"max_batch_size":0}})", rows),
            "batching.max_batch_size: is 0; 1 to 65536 is allowed");
  EXPECT_NE(refused(R"({"batching":{"max_batch_size":"8"}})", rows).find("batching.max_batch_size"), std::string::npos);
  EXPECT_EQ(refused(R"({"batching":{"max_batch_size":8,"preferred_batch_size":[4,9]}})", rows),
            "batching.preferred_batch_size: is 9; 1 to 8 is allowed");
  EXPECT_EQ(refused(R"({"batching":{"default_priority_level":1}})", rows),
            "batching.default_priority_level: is 1; 0 to 0 is allowed");
  EXPECT_NE(refused(R"({"batching":{"max_queue":1}})", rows).find("batching.max_queue"), std::string::npos);
  const registry::Signature fixed{{{"x", Datatype::FP32, {1, 4}}}, {}, {}};
  EXPECT_EQ(refused(R"({"batching":{"max_batch_size":8}})", fixed),
            "batching.max_batch_size over 1 needs a dynamic first dimension in every tensor; input \"x\" has none");
}

TEST(Batching, ARequestHasALevel) {
  EXPECT_EQ(Batching{}.level_of(7), 0) << "no levels";
  const Batching five{.priority_levels = 5};
  EXPECT_EQ(five.level_of(0), 3);
  EXPECT_EQ(five.level_of(1), 1);
  EXPECT_EQ(five.level_of(99), 5);
  EXPECT_EQ((Batching{.priority_levels = 5, .default_priority_level = 4}.level_of(0)), 4);
}

}  // namespace
}  // namespace souk::serving
