// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/reason.h"

#include <gtest/gtest.h>

namespace souk::runtimes {
namespace {

TEST(CleanReason, KeepsWhatAUserCanUse) {
  EXPECT_EQ(
      clean_reason("Non-zero status code returned while running Reshape node. Name:'r' Status Message: "
                   "/onnxruntime_src/core/reshape_helper.h:47 onnxruntime::ReshapeHelper::ReshapeHelper(const "
                   "onnxruntime::TensorShape&, bool) input_shape_size == size was false. The input tensor cannot be "
                   "reshaped to the requested shape. Input shape:{7}, requested shape:{2,3}\n"),
      "node Reshape 'r': The input tensor cannot be reshaped to the requested shape. Input shape:{7}, requested "
      "shape:{2,3}");
  EXPECT_EQ(clean_reason("Load model failed:Protobuf parsing failed."), "Protobuf parsing failed");
  EXPECT_EQ(clean_reason("Fatal error: com.acme:Frobnicate(-1) is not a registered function/op"),
            "ONNX Runtime does not have the operator com.acme:Frobnicate");
  EXPECT_EQ(clean_reason("graph.cc:4341 InjectExternalInitializers External file: w not found"),
            "External file: w not found");
}

TEST(CleanReason, IsOneShortLine) {
  EXPECT_EQ(clean_reason(" a\n\n\tb \x7f c "), "a b c");
  EXPECT_EQ(clean_reason(""), "ONNX Runtime gave no reason");
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "ü";
  EXPECT_LE(clean_reason(text).size(), 403u);
  EXPECT_TRUE(clean_reason(text).ends_with("ü…"));
}

}  // namespace
}  // namespace souk::runtimes
