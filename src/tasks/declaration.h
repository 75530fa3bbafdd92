// SPDX-License-Identifier: Apache-2.0
//
// souk.yaml as written: docs/reference/version-file.md. Defaults stand here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/images/picture.h"

namespace souk::tasks {

BOOST_DEFINE_ENUM_CLASS(Color, GRAY, RGB, BGR)
BOOST_DEFINE_ENUM_CLASS(Layout, NCHW, NHWC, NHW, NF)
BOOST_DEFINE_ENUM_CLASS(Foreground, LIGHT, DARK)
BOOST_DEFINE_ENUM_CLASS(Crop, NONE, CENTER, CONTENT)
BOOST_DEFINE_ENUM_CLASS(ResizeMethod, AREA, BILINEAR, NEAREST)
BOOST_DEFINE_ENUM_CLASS(Fit, STRETCH, PAD)
BOOST_DEFINE_ENUM_CLASS(Activation, NONE, SOFTMAX, SIGMOID)

struct InputDeclaration {
  std::optional<std::string> name;
  std::optional<Color> color;
  std::optional<Layout> layout;
  std::optional<std::int64_t> width;
  std::optional<std::int64_t> height;
  std::optional<Foreground> foreground;
  std::optional<Crop> crop;
  std::optional<double> margin;
  std::optional<ResizeMethod> resize;
  std::optional<Fit> fit;
  std::optional<double> scale;
  std::vector<double> mean;
  std::vector<double> std;
};
BOOST_DESCRIBE_STRUCT(InputDeclaration, (),
                      (name, color, layout, width, height, foreground, crop, margin, resize, fit, scale, mean, std))

struct OutputDeclaration {
  std::optional<std::string> name;
  std::optional<Activation> activation;
  std::optional<json::Raw> labels;  // a file in the version, or a list
};
BOOST_DESCRIBE_STRUCT(OutputDeclaration, (), (name, activation, labels))

struct Declaration {
  std::optional<std::string> task;
  std::optional<InputDeclaration> input;
  std::optional<OutputDeclaration> output;
  std::optional<json::Raw> batching;  // read by serving (serving/batching/batching.h)
  std::optional<json::Raw> runtime;   // likewise (serving/capacity/concurrency.h)
  std::optional<json::Raw> warm_up;   // likewise (serving/capacity/samples.h)
  std::optional<json::Raw> tensors;   // read by runtimes (runtimes/ranges.h)
};
BOOST_DESCRIBE_STRUCT(Declaration, (), (task, input, output, batching, runtime, warm_up, tensors))

}  // namespace souk::tasks
