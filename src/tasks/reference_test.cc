// SPDX-License-Identifier: Apache-2.0
//
// The pictures of testdata against the tensors that the reference in Python gives (make_testdata.py).
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "base/digest.h"
#include "tasks/tasks.h"

namespace souk::tasks {
namespace {

struct Case {
  std::string file;
  json::Raw input;
  std::vector<std::int64_t> shape;
  double tolerance = 0;
  std::vector<double> values;
};
BOOST_DESCRIBE_STRUCT(Case, (), (file, input, shape, tolerance, values))
struct Cases {
  std::vector<Case> cases;
};
BOOST_DESCRIBE_STRUCT(Cases, (), (cases))

std::string contents(const std::string& name) {
  std::ifstream in(std::string(SOUK_SOURCE_DIR) + "/src/tasks/testdata/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Reference, AgreesOnEveryCase) {
  auto cases = json::read<Cases>(contents("expected.json"));
  ASSERT_TRUE(cases) << cases.error().describe();
  ASSERT_FALSE(cases->cases.empty());
  for (const Case& one : cases->cases) {
    SCOPED_TRACE(one.file + " " + one.input.text);
    registry::Signature signature{
        {{"x", registry::Datatype::FP32, one.shape}}, {{"y", registry::Datatype::FP32, {-1, 2}}}, std::nullopt};
    signature.inputs[0].shape[0] = -1;
    auto task = make_task({R"({"task":"CLASSIFICATION","input":)" + one.input.text + "}"}, signature, nullptr);
    ASSERT_TRUE(task) << task.error().describe();
    auto prepared = (*task)->prepare({{R"({"image-base64":")" + to_base64(contents(one.file)) + "\"}"}});
    ASSERT_TRUE(prepared) << prepared.error().describe();
    const runtimes::Tensor& tensor = prepared->inputs[0];
    EXPECT_EQ(tensor.shape, one.shape);
    ASSERT_EQ(tensor.data.size(), one.values.size() * sizeof(float));
    double worst = 0;
    for (std::size_t i = 0; i < one.values.size(); ++i) {
      float value;
      std::memcpy(&value, tensor.data.data() + i * sizeof value, sizeof value);
      worst = std::max(worst, std::abs(value - one.values[i]));
    }
    EXPECT_LE(worst, one.tolerance);
  }
}

}  // namespace
}  // namespace souk::tasks
