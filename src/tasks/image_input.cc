// SPDX-License-Identifier: Apache-2.0
#include "tasks/image_input.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/digest.h"
#include "runtimes/datatype.h"
#include "tasks/numbers.h"
#include "tasks/vision.h"

namespace souk::tasks {

namespace {

constexpr std::int64_t kMaxSide = 4096;

Error wrong(std::string field, std::string what) {
  return invalid_argument(std::move(what)).at("input." + field);
}

std::string names_of(const std::vector<registry::TensorSpec>& specs) {
  std::string text;
  for (const auto& spec : specs) text.append(text.empty() ? "" : ", ").append(spec.name);
  return text;
}

std::size_t rank_of(Layout layout) {
  switch (layout) {
    case Layout::NCHW:
      return 4;
    case Layout::NHWC:
      return 4;
    case Layout::NHW:
      return 3;
    case Layout::NF:
      break;
  }
  return 2;
}

}  // namespace

Result<ImageInput> ImageInput::make(const InputDeclaration& declared, const registry::Signature& signature) {
  ImageInput input;
  input.color_ = declared.color.value_or(input.color_);
  input.layout_ = declared.layout.value_or(input.layout_);
  input.foreground_ = declared.foreground;
  input.crop_ = declared.crop.value_or(input.crop_);
  input.fit_ = declared.fit.value_or(input.fit_);
  if (declared.resize) input.resize_ = static_cast<Resize>(*declared.resize);
  SOUK_TRY(input.take_tensor(declared, signature));
  SOUK_TRY(input.take_size(declared));
  SOUK_TRY(input.take_numbers(declared));
  SOUK_TRY(input.check_shape());
  return input;
}

Status ImageInput::take_tensor(const InputDeclaration& declared, const registry::Signature& signature) {
  const auto& specs = signature.inputs;
  if (specs.size() != 1) {
    return wrong("name", "the model takes " + std::to_string(specs.size()) + " tensors (" + names_of(specs) +
                             "); an image fills one, and nothing would fill the others");
  }
  if (declared.name && *declared.name != specs[0].name) {
    return wrong("name", "the model has no input \"" + *declared.name + "\": it takes " + specs[0].name);
  }
  tensor_ = specs[0];
  if (!is_numeric(tensor_.datatype)) {
    return wrong("name", "the input " + tensor_.name + " is " + std::string(runtimes::datatype_name(tensor_.datatype)) +
                             "; an image becomes numbers");
  }
  if (tensor_.shape.size() != rank_of(layout_)) {
    return wrong("layout", std::string(json::enum_name(layout_)) + " has " + std::to_string(rank_of(layout_)) +
                               " dimensions, but the input " + tensor_.name + " has shape " +
                               runtimes::shape_text(tensor_.shape));
  }
  std::int64_t batch = tensor_.shape[0];
  if (batch != -1 && batch != 1) {
    return wrong("layout", "the input " + tensor_.name + " takes batches of exactly " + std::to_string(batch) +
                               "; its first dimension must be dynamic or 1");
  }
  dynamic_batch_ = batch == -1;
  if (layout_ == Layout::NHW && channels() != 1) return wrong("layout", "NHW has no channels; it needs color: GRAY");
  return {};
}

Status ImageInput::take_size(const InputDeclaration& declared) {
  auto side = [](const char* key, const std::optional<std::int64_t>& given, int& out) -> Status {
    if (!given) return wrong(key, "is required");
    if (*given < 1 || *given > kMaxSide) {
      return wrong(key, "must be from 1 to " + std::to_string(kMaxSide) + ", is " + std::to_string(*given));
    }
    out = static_cast<int>(*given);
    return {};
  };
  SOUK_TRY(side("width", declared.width, width_));
  return side("height", declared.height, height_);
}

Status ImageInput::take_numbers(const InputDeclaration& declared) {
  margin_ = declared.margin.value_or(0);
  if (!(margin_ >= 0 && margin_ <= 1)) return wrong("margin", "must be from 0 to 1");
  scale_ = declared.scale.value_or(scale_);
  if (!std::isfinite(scale_)) return wrong("scale", "must be a finite number");
  auto of_channels = [&](const char* key, const std::vector<double>& given, double usual,
                         std::vector<double>& out) -> Status {
    if (given.size() > 1 && given.size() != channels()) {
      return wrong(key, "must have one number, or one for each of the " + std::to_string(channels()) + " channels");
    }
    out = given.size() == channels() ? given : std::vector<double>(channels(), given.empty() ? usual : given[0]);
    bool finite = std::all_of(out.begin(), out.end(), [](double v) { return std::isfinite(v); });
    return finite ? Status() : wrong(key, "must have finite numbers");
  };
  SOUK_TRY(of_channels("mean", declared.mean, 0, mean_));
  SOUK_TRY(of_channels("std", declared.std, 1, std_));
  if (std::count(std_.begin(), std_.end(), 0.0)) return wrong("std", "must not be 0");
  return {};
}

std::size_t ImageInput::values_per_image() const {
  return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * channels();
}

std::vector<std::int64_t> ImageInput::shape_of_one() const {
  auto c = static_cast<std::int64_t>(channels());
  switch (layout_) {
    case Layout::NCHW:
      return {1, c, height_, width_};
    case Layout::NHWC:
      return {1, height_, width_, c};
    case Layout::NHW:
      return {1, height_, width_};
    case Layout::NF:
      break;
  }
  return {1, static_cast<std::int64_t>(values_per_image())};
}

Status ImageInput::check_shape() const {
  std::vector<std::int64_t> made = shape_of_one();
  for (std::size_t i = 1; i < made.size(); ++i) {
    if (tensor_.shape[i] == -1 || tensor_.shape[i] == made[i]) continue;
    made[0] = tensor_.shape[0];
    return wrong("layout", "these settings make a tensor " + runtimes::shape_text(made) + ", but the input " +
                               tensor_.name + " has shape " + runtimes::shape_text(tensor_.shape));
  }
  return {};
}

namespace {

bool has_background(const std::optional<Foreground>& foreground, Crop crop) {
  return foreground || crop == Crop::CONTENT;
}

}  // namespace

// height × width × the picture's channels.
std::vector<double> ImageInput::scaled_to_size(const Picture& picture) const {
  auto channels = static_cast<std::size_t>(picture.channels());
  auto row = static_cast<std::size_t>(width_) * channels;
  std::vector<double> pixels(static_cast<std::size_t>(height_) * row);
  if (fit_ == Fit::STRETCH) {
    resize(picture, width_, height_, resize_, pixels.data(), row);
    return pixels;
  }
  double ratio =
      std::min(static_cast<double>(width_) / picture.width(), static_cast<double>(height_) / picture.height());
  auto inner = [&](int side, int most) {
    return std::clamp(static_cast<int>(std::floor(side * ratio + 0.5)), 1, most);
  };
  int inner_width = inner(picture.width(), width_), inner_height = inner(picture.height(), height_);
  if (has_background(foreground_, crop_)) {
    std::vector<double> background = picture.ring_mean();
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = background[i % channels];
  }
  auto top = static_cast<std::size_t>((height_ - inner_height) / 2),
       left = static_cast<std::size_t>((width_ - inner_width) / 2);
  resize(picture, inner_width, inner_height, resize_, pixels.data() + top * row + left * channels, row);
  return pixels;
}

void ImageInput::write(const std::vector<double>& pixels, std::size_t picture_channels, std::byte* out) const {
  std::size_t count = channels(), plane = static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_);
  std::vector<double> values(count * plane);
  for (std::size_t c = 0; c < count; ++c) {
    std::size_t from = color_ == Color::BGR ? count - 1 - c : c;
    if (picture_channels == 1) from = 0;
    std::size_t first = layout_ == Layout::NCHW ? c * plane : c, step = layout_ == Layout::NCHW ? 1 : count;
    for (std::size_t i = 0; i < plane; ++i) {
      values[first + i * step] = (pixels[i * picture_channels + from] * scale_ - mean_[c]) / std_[c];
    }
  }
  from_reals(values, tensor_.datatype, out);
}

Status ImageInput::fill(std::span<const std::byte> file, std::byte* out) const {
  Image image = SOUK_TRY(decode_image(file));
  Picture picture(image, color_ == Color::GRAY);
  if (foreground_) {
    double background = picture.gray_ring_mean();
    if (*foreground_ == Foreground::LIGHT ? background > 127.5 : background < 127.5) picture.invert();
  }
  if (crop_ == Crop::CENTER) picture.crop_center();
  if (crop_ == Crop::CONTENT) picture.crop_content(margin_);
  write(scaled_to_size(picture), static_cast<std::size_t>(picture.channels()), out);
  return {};
}

Result<runtimes::Tensor> ImageInput::read(const std::vector<json::Raw>& inputs, std::size_t first) const {
  std::size_t image_bytes = values_per_image() * registry::element_size(tensor_.datatype);
  auto values = std::make_shared<std::vector<std::byte>>(inputs.size() * image_bytes);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto filled = [&]() -> Status {
      std::string file = SOUK_TRY(read_vision(inputs[i]));
      auto status = fill(as_bytes(file), values->data() + i * image_bytes);
      if (!status) return std::move(status.error()).at("image-base64");
      return {};
    }();
    if (!filled) {
      std::string field = "task_inputs[" + std::to_string(first + i) + "].data";
      if (!filled.error().field.empty()) field += "." + filled.error().field;
      filled.error().message = field + ": " + filled.error().message;
      return std::move(filled.error()).at(field);
    }
  }
  runtimes::Tensor tensor;
  tensor.name = tensor_.name;
  tensor.datatype = tensor_.datatype;
  tensor.shape = shape_of_one();
  tensor.shape[0] = static_cast<std::int64_t>(inputs.size());
  tensor.data = *values;
  tensor.owner = std::move(values);
  return tensor;
}

}  // namespace souk::tasks
