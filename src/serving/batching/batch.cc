// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/batch.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include "runtimes/datatype.h"

namespace souk::serving {

using runtimes::InferRequest;
using runtimes::Tensor;
using runtimes::TensorView;

std::int64_t rows_of(const InferRequest& request) {
  std::int64_t rows = 0;
  for (const TensorView& input : request.inputs) {
    if (input.shape.empty() || (rows != 0 && input.shape[0] != rows)) return 0;
    rows = input.shape[0];
  }
  return rows;
}

bool joinable(const InferRequest& a, const InferRequest& b) {
  const auto same_input = [](const TensorView& x, const TensorView& y) {
    return x.name == y.name && x.datatype == y.datatype && x.shape.size() == y.shape.size() &&
           std::equal(x.shape.begin() + 1, x.shape.end(), y.shape.begin() + 1);
  };
  return std::ranges::equal(a.inputs, b.inputs, same_input) && a.outputs == b.outputs;
}

Batch::Batch(std::vector<const InferRequest*> members) : members_(std::move(members)) {
  rows_.reserve(members_.size());
  for (const InferRequest* member : members_) {
    rows_.push_back(rows_of(*member));
    all_rows_ += rows_.back();
  }
  const InferRequest& first = *members_.front();
  joined_.outputs = first.outputs;
  joined_.inputs.reserve(first.inputs.size());
  bytes_.reserve(first.inputs.size());
  for (std::size_t i = 0; i < first.inputs.size(); ++i) join_input(i);
}

void Batch::join_input(std::size_t index) {
  const TensorView& first = members_.front()->inputs[index];
  TensorView& joined = joined_.inputs.emplace_back();
  joined.name = first.name;
  joined.datatype = first.datatype;
  joined.shape = first.shape;
  joined.shape[0] = all_rows_;
  if (first.datatype == runtimes::Datatype::BYTES) {
    for (const InferRequest* member : members_) {
      const auto& strings = member->inputs[index].strings;
      joined.strings.insert(joined.strings.end(), strings.begin(), strings.end());
    }
    return;
  }
  std::vector<std::byte>& bytes = bytes_.emplace_back();
  std::size_t size = 0;
  for (const InferRequest* member : members_) size += member->inputs[index].data.size();
  bytes.reserve(size);
  for (const InferRequest* member : members_) {
    const auto& data = member->inputs[index].data;
    bytes.insert(bytes.end(), data.begin(), data.end());
  }
  joined.data = bytes;
}

Result<std::vector<std::vector<Tensor>>> Batch::split(std::vector<Tensor> outputs) const {
  std::vector<std::vector<Tensor>> parts(members_.size());
  for (auto& part : parts) part.reserve(outputs.size());
  for (Tensor& output : outputs) {
    if (output.shape.empty() || output.shape[0] != all_rows_) {
      return internal("output \"" + output.name + "\" has shape " + runtimes::shape_text(output.shape) +
                      " for a batch of " + std::to_string(all_rows_) + " rows: the model does not answer row by row");
    }
    const std::size_t row_bytes = output.data.size() / static_cast<std::size_t>(all_rows_);
    const std::size_t row_strings = output.strings.size() / static_cast<std::size_t>(all_rows_);
    std::size_t row = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto rows = static_cast<std::size_t>(rows_[i]);
      Tensor& part = parts[i].emplace_back();
      part.name = output.name;
      part.datatype = output.datatype;
      part.shape = output.shape;
      part.shape[0] = rows_[i];
      part.data = output.data.subspan(row * row_bytes, rows * row_bytes);
      const auto from = output.strings.begin() + static_cast<std::ptrdiff_t>(row * row_strings);
      const auto to = from + static_cast<std::ptrdiff_t>(rows * row_strings);
      part.strings.assign(std::make_move_iterator(from), std::make_move_iterator(to));
      part.owner = output.owner;
      row += rows;
    }
  }
  return parts;
}

}  // namespace souk::serving
