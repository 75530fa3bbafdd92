// SPDX-License-Identifier: Apache-2.0
#include "tasks/classification.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/digest.h"
#include "tasks/images/testing.h"

namespace souk::tasks {
namespace {

using registry::Datatype;
using testing_images::png_of;

const registry::Signature kFlat{{{"pixels", Datatype::FP32, {-1, 4}}}, {{"p", Datatype::FP32, {-1, 2}}}, std::nullopt};

ReadFile no_files = [](const std::string& path) -> Result<std::string> {
  return not_found("\"" + path + "\" is not among the version's files");
};

std::shared_ptr<const Task> make(const std::string& declaration, const registry::Signature& signature = kFlat) {
  auto task = make_task({declaration}, signature, no_files);
  EXPECT_TRUE(task) << task.error().message;
  return task ? *task : nullptr;
}

json::Raw vision(const std::string& file) {
  return {R"({"type":"image-base64","image-base64":")" + to_base64(file) + "\"}"};
}

std::vector<float> values(const Task& task, const Image& image) {
  auto prepared = task.prepare({vision(png_of(image, {}))});
  EXPECT_TRUE(prepared) << prepared.error().message;
  if (!prepared) return {};
  std::vector<float> floats(prepared->inputs[0].data.size() / 4);
  std::memcpy(floats.data(), prepared->inputs[0].data.data(), floats.size() * 4);
  return floats;
}

const std::string kBegin =
    R"({"task":"CLASSIFICATION","input":{"color":"GRAY","layout":"NF","width":2,"height":2,"scale":1)";
const std::string kEnd = R"(},"output":{"labels":["no","yes"]}})";

TEST(ClassificationInput, AveragesAreas) {
  auto task = make(kBegin + kEnd);
  Image image{4, 4, 1, {0, 2, 10, 10, 4, 6, 10, 10, 100, 100, 7, 7, 100, 100, 7, 7}};
  EXPECT_EQ(values(*task, image), (std::vector<float>{3, 10, 100, 7}));
  Image odd{3, 1, 1, {0, 30, 60}};  // each result pixel covers one and a half
  EXPECT_EQ(values(*task, odd), (std::vector<float>{10, 50, 10, 50}));
}

TEST(ClassificationInput, ComposesAlphaOverWhiteAndWeighsColours) {
  auto task = make(kBegin + kEnd);
  Image half{2, 2, 2, {0, 0, 0, 255, 255, 0, 100, 51}};
  EXPECT_EQ(values(*task, half), (std::vector<float>{255, 0, 255, 224}));
  Image colours{2, 2, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}};
  auto gray = values(*task, colours);
  EXPECT_NEAR(gray[0], 76.245, 1e-4);
  EXPECT_NEAR(gray[1], 149.685, 1e-4);
  EXPECT_NEAR(gray[2], 29.07, 1e-4);
  EXPECT_NEAR(gray[3], 255, 1e-4);
}

TEST(ClassificationInput, InvertsWhatHasTheOtherForeground) {
  auto light = make(kBegin + R"(,"foreground":"LIGHT")" + kEnd);
  auto dark = make(kBegin + R"(,"foreground":"DARK")" + kEnd);
  Image on_white{2, 2, 1, {255, 255, 255, 5}};
  Image on_black{2, 2, 1, {0, 0, 0, 250}};
  EXPECT_EQ(values(*light, on_white), (std::vector<float>{0, 0, 0, 250}));
  EXPECT_EQ(values(*light, on_black), (std::vector<float>{0, 0, 0, 250}));
  EXPECT_EQ(values(*dark, on_white), (std::vector<float>{255, 255, 255, 5}));
  EXPECT_EQ(values(*dark, on_black), (std::vector<float>{255, 255, 255, 5}));
}

TEST(ClassificationInput, CropsToItsContent) {
  auto task = make(kBegin + R"(,"crop":"CONTENT")" + kEnd);
  Image image{9, 7, 1, std::vector<std::uint8_t>(63, 0)};
  for (int y = 2; y < 4; ++y) {
    for (int x = 6; x < 8; ++x)
      image.samples[static_cast<std::size_t>(y * 9 + x)] = static_cast<std::uint8_t>(100 + 10 * y + x);
  }
  EXPECT_EQ(values(*task, image), (std::vector<float>{126, 127, 136, 137}));
  Image blank{9, 7, 1, std::vector<std::uint8_t>(63, 40)};
  EXPECT_EQ(values(*task, blank), (std::vector<float>{40, 40, 40, 40}));
  // In the corner, the square reaches beyond the picture: there it is background.
  Image corner{5, 5, 1, std::vector<std::uint8_t>(25, 0)};
  corner.samples[0] = 160;
  corner.samples[5] = 160;
  auto cut = values(*task, corner);
  EXPECT_NEAR(cut[1], 160, 1e-4);
  EXPECT_NEAR(cut[3], 160, 1e-4);
  EXPECT_LT(cut[0], 40);
}

TEST(ClassificationInput, WritesLayouts) {
  Image colours{2, 1, 3, {1, 2, 3, 4, 5, 6}};
  auto of = [&](const std::string& layout, const std::string& color, std::vector<std::int64_t> shape) {
    registry::Signature signature = kFlat;
    signature.inputs[0].shape = std::move(shape);
    auto task = make(R"({"task":"CLASSIFICATION","input":{"width":2,"height":1,"scale":1,"layout":")" + layout +
                         R"(","color":")" + color + "\"" + kEnd,
                     signature);
    return values(*task, colours);
  };
  EXPECT_EQ(of("NCHW", "RGB", {-1, 3, 1, 2}), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(of("NHWC", "RGB", {-1, 1, 2, 3}), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(of("NHWC", "BGR", {-1, -1, -1, -1}), (std::vector<float>{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(of("NF", "RGB", {-1, 6}), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(of("NHW", "GRAY", {1, 1, 2}).size(), 2u);
}

TEST(ClassificationInput, NormalisesByChannel) {
  registry::Signature signature = kFlat;
  signature.inputs[0].shape = {-1, 1, 1, 3};
  auto task = make(
      R"({"task":"CLASSIFICATION","input":{"layout":"NHWC","width":1,"height":1,"scale":0.5,"mean":[1,2,3],"std":[1,2,4])" +
          kEnd,
      signature);
  EXPECT_EQ(values(*task, {1, 1, 3, {10, 20, 30}}), (std::vector<float>{4, 4, 3}));
}

TEST(ClassificationInput, PadsToKeepTheRatio) {
  auto task = make(kBegin + R"(,"fit":"PAD","resize":"NEAREST")" + kEnd);
  EXPECT_EQ(values(*task, {4, 2, 1, {9, 9, 8, 8, 9, 9, 8, 8}}), (std::vector<float>{9, 8, 0, 0}));
}

TEST(ClassificationInput, StacksABatch) {
  auto task = make(kBegin + kEnd);
  EXPECT_EQ(task->max_batch(), 0u);
  Image a{1, 1, 1, {7}}, b{1, 1, 1, {9}};
  auto prepared = task->prepare({vision(png_of(a, {})), vision(png_of(b, {}))});
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->inputs[0].shape, (std::vector<std::int64_t>{2, 4}));
  const auto* floats = reinterpret_cast<const float*>(prepared->inputs[0].data.data());
  EXPECT_EQ(floats[3], 7);
  EXPECT_EQ(floats[4], 9);
  registry::Signature one = kFlat;
  one.inputs[0].shape[0] = 1;
  EXPECT_EQ(make(kBegin + kEnd, one)->max_batch(), 1u);
}

TEST(ClassificationInput, NamesTheInputAtFault) {
  auto task = make(kBegin + kEnd);
  json::Raw good = vision(png_of({1, 1, 1, {7}}, {}));
  auto expect = [&](const std::string& bad, std::string_view field, std::string_view words) {
    auto prepared = task->prepare({good, {bad}});
    ASSERT_FALSE(prepared) << bad;
    EXPECT_EQ(prepared.error().code, Code::invalid_argument);
    EXPECT_EQ(prepared.error().field, field);
    EXPECT_NE(prepared.error().message.find(words), std::string::npos) << prepared.error().message;
  };
  expect("[]", "task_inputs[1].data", "expected an object");
  expect("{}", "task_inputs[1].data.image-base64", "missing");
  expect(R"({"type":"video"})", "task_inputs[1].data.type", "\"video\"");
  expect(R"({"type":"image-base64","image-base64":7})", "task_inputs[1].data.image-base64", "expected a string, got");
  expect(R"({"image-base64":""})", "task_inputs[1].data.image-base64", "empty");
  expect(R"({"image-base64":"?!"})", "task_inputs[1].data.image-base64", "");
  expect(R"({"image-base64":"aGVsbG8="})", "task_inputs[1].data.image-base64", "neither a PNG nor a JPEG");
  expect(R"({"type":"image-url","image-url":"http://127.0.0.1/x.png"})", "task_inputs[1].data.image-url",
         "send the file's bytes as image-base64");
  EXPECT_TRUE(
      task->prepare({{R"({"image-base64":"data:image/png;base64,)" + to_base64(png_of({1, 1, 1, {7}}, {})) + "\"}"}}));
}

TEST(ClassificationOutput, GivesTheBestAndAllScores) {
  auto task = make(kBegin + kEnd);
  std::vector<float> scores{0.25F, 0.75F, 0.5F, 0.125F};
  runtimes::Tensor tensor;
  tensor.name = "p";
  tensor.shape = {2, 2};
  tensor.data = std::as_bytes(std::span(scores));
  auto results = task->finish({&tensor, 1}, 2);
  ASSERT_TRUE(results);
  EXPECT_EQ(
      (*results)[0].text,
      R"({"category":"yes","score":0.75,"scores":[{"category":"no","score":0.25},{"category":"yes","score":0.75}]})");
  EXPECT_EQ(
      (*results)[1].text,
      R"({"category":"no","score":0.5,"scores":[{"category":"no","score":0.5},{"category":"yes","score":0.125}]})");
  EXPECT_EQ(task->finish({&tensor, 1}, 1).error().code, Code::internal);
  scores[2] = std::nanf("");
  EXPECT_NE(task->finish({&tensor, 1}, 2).error().message.find("task_inputs[1]"), std::string::npos);
}

TEST(ClassificationOutput, Activates) {
  std::vector<float> scores{0, 1000};
  runtimes::Tensor tensor;
  tensor.name = "p";
  tensor.data = std::as_bytes(std::span(scores));
  std::string with = kEnd;
  with.insert(with.find("\"labels\""), R"("activation":"SOFTMAX",)");
  EXPECT_TRUE((*make(kBegin + with)->finish({&tensor, 1}, 1))[0].text.starts_with(R"({"category":"yes","score":1)"));
  with = kEnd;
  with.insert(with.find("\"labels\""), R"("activation":"SIGMOID",)");
  EXPECT_NE((*make(kBegin + with)->finish({&tensor, 1}, 1))[0].text.find(R"("no","score":0.5)"), std::string::npos);
}

TEST(MakeTask, ADeclarationNeedsNoTask) {
  auto task = make_task({R"({"batching":{"max_batch_size":8}})"}, kFlat, no_files);
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_EQ(*task, nullptr);
}

TEST(MakeTask, NamesTheKeyAtFault) {
  auto expect = [&](const std::string& declaration, std::string_view message, registry::Signature signature = kFlat) {
    auto task = make_task({declaration}, signature, no_files);
    ASSERT_FALSE(task) << declaration;
    EXPECT_EQ(task.error().code, Code::invalid_argument);
    EXPECT_TRUE(task.error().message.starts_with(message)) << task.error().message;
  };
  expect(R"({"task":"DANCE"})", "task: \"DANCE\" is not one of souk's tasks: CLASSIFICATION");
  expect(R"({"input":{}})", "task: is missing");
  expect(R"({"task":"CLASSIFICATION","inputs":{}})", "inputs");
  expect(kBegin + R"(,"wide":3)" + kEnd, "input.wide");
  expect(kBegin + R"(,"crop":"MIDDLE")" + kEnd, "input.crop: expected one of");
  expect(kBegin + R"(,"crop":"CONTENT","margin":3)" + kEnd, "input.margin: must be from 0 to 1");
  expect(kBegin + R"(,"std":[0])" + kEnd, "input.std: must not be 0");
  expect(kBegin + R"(,"mean":[1,2])" + kEnd, "input.mean: must have one number");
  expect(kBegin + R"(,"name":"image")" + kEnd, "input.name: the model has no input \"image\": it takes pixels");
  std::string wide = kBegin;
  wide.replace(wide.find("\"width\":2"), 9, "\"width\":3");
  expect(wide + kEnd, "input.layout: these settings make a tensor [-1,6], but the input pixels has shape [-1,4]");
  wide.replace(wide.find("\"width\":3"), 9, "\"width\":0");
  expect(wide + kEnd, "input.width: must be from 1 to 4096, is 0");
  expect(kBegin + R"(},"output":{"labels":["a","b","c"]}})", "output.labels: are 3, but the output p has 2 classes");
  expect(kBegin + R"(},"output":{"labels":["a",1]}})", "output.labels: must be texts");
  expect(kBegin + R"(},"output":{"labels":["a",""]}})", "output.labels: number 2 is empty");
  expect(kBegin + R"(},"output":{"labels":"labels.txt"}})",
         "output.labels: \"labels.txt\" is not among the version's files");
  expect(kBegin + R"(},"output":{"name":"q","labels":["a","b"]}})", "output.name: the model has no output \"q\"");
  registry::Signature other = kFlat;
  other.inputs[0].datatype = Datatype::BOOL;
  expect(kBegin + kEnd, "input.name: the input pixels is BOOL; an image becomes numbers", other);
  other = kFlat;
  other.inputs.push_back(other.inputs[0]);
  expect(kBegin + kEnd, "input.name: the model takes 2 tensors", other);
  other = kFlat;
  other.inputs[0].shape[0] = 8;
  expect(kBegin + kEnd, "input.layout: the input pixels takes batches of exactly 8", other);
}

TEST(MakeTask, ReadsLabelsFromAFile) {
  ReadFile labels = [](const std::string& path) -> Result<std::string> {
    EXPECT_EQ(path, "names/labels.txt");
    return "no\r\nyes, it is\n";
  };
  auto task = make_task({kBegin + R"(},"output":{"labels":"names/labels.txt"}})"}, kFlat, labels);
  ASSERT_TRUE(task) << task.error().message;
  std::vector<float> scores{0, 1};
  runtimes::Tensor tensor;
  tensor.name = "p";
  tensor.data = std::as_bytes(std::span(scores));
  EXPECT_TRUE((*(*task)->finish({&tensor, 1}, 1))[0].text.starts_with(R"({"category":"yes, it is")"));
}

}  // namespace
}  // namespace souk::tasks
