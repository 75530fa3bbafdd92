// SPDX-License-Identifier: Apache-2.0
//
// CLASSIFICATION: an image in, a category with its score out, and the scores of all categories in label order.
#pragma once

#include <memory>

#include "tasks/declaration.h"
#include "tasks/image_input.h"
#include "tasks/tasks.h"

namespace souk::tasks {

class Classification final : public Task {
 public:
  static Result<std::shared_ptr<const Task>> make(const Declaration& declaration, const registry::Signature& signature,
                                                  const ReadFile& read_file);

  std::string_view name() const override { return "CLASSIFICATION"; }
  std::size_t max_batch() const override { return input_.max_batch(); }
  Result<Prepared> prepare(const std::vector<json::Raw>& inputs, std::size_t first) const override;
  std::span<const std::string> labels(std::string_view output) const override {
    return output == output_ ? std::span<const std::string>(labels_) : std::span<const std::string>();
  }
  Result<std::vector<json::Raw>> finish(std::span<const runtimes::Tensor> outputs, std::size_t count) const override;

 private:
  explicit Classification(ImageInput input) : input_(std::move(input)) {}
  Status take_output(const OutputDeclaration& declared, const registry::Signature& signature,
                     const ReadFile& read_file);
  Status activate(std::span<double> scores, std::size_t input) const;
  json::Raw write(std::span<const double> scores) const;

  ImageInput input_;
  std::string output_;
  Activation activation_ = Activation::NONE;
  std::vector<std::string> labels_;  // empty: "0", "1", …
};

}  // namespace souk::tasks
