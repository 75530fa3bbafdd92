// SPDX-License-Identifier: Apache-2.0
//
// From the images of a task's inputs to the tensor that the model takes. Immutable; thread-safe.
// Order: decode → over white → (gray) → foreground → crop → resize, fit → colour → scale, mean, std → layout.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "registry/signature.h"
#include "runtimes/runtime.h"
#include "tasks/declaration.h"

namespace souk::tasks {

class ImageInput {
 public:
  // Errors: invalid_argument with `field` ("input.width"): what is wrong, what is allowed
  static Result<ImageInput> make(const InputDeclaration& declared, const registry::Signature& signature);

  // How many images one tensor takes; 0: any number.
  std::size_t max_batch() const { return dynamic_batch_ ? 0 : 1; }
  // The images of `inputs` (each task input's `data` object) as one tensor. Errors: invalid_argument, `field` naming
  // the input
  Result<runtimes::Tensor> read(const std::vector<json::Raw>& inputs, std::size_t first) const;
  // One image's values, values_per_image() of them.
  Status fill(std::span<const std::byte> file, std::byte* out) const;
  std::size_t values_per_image() const;

 private:
  ImageInput() = default;
  Status take_tensor(const InputDeclaration& declared, const registry::Signature& signature);
  Status take_size(const InputDeclaration& declared);
  Status take_numbers(const InputDeclaration& declared);
  Status check_shape() const;
  std::vector<std::int64_t> shape_of_one() const;
  std::size_t channels() const { return color_ == Color::GRAY ? 1 : 3; }
  std::vector<double> scaled_to_size(const Picture& picture) const;
  void write(const std::vector<double>& pixels, std::size_t picture_channels, std::byte* out) const;

  registry::TensorSpec tensor_;
  bool dynamic_batch_ = true;
  int width_ = 0, height_ = 0;
  Color color_ = Color::RGB;
  Layout layout_ = Layout::NCHW;
  std::optional<Foreground> foreground_;
  Crop crop_ = Crop::NONE;
  double margin_ = 0;
  Resize resize_ = Resize::AREA;
  Fit fit_ = Fit::STRETCH;
  double scale_ = 1.0 / 255;
  std::vector<double> mean_, std_;  // one a channel
};

}  // namespace souk::tasks
