// SPDX-License-Identifier: Apache-2.0
#include "api/oip/classification.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>

#include "runtimes/datatype.h"
#include "tasks/numbers.h"

namespace souk::api::oip {
namespace {

using registry::Datatype;

template <class T>
bool better(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(b)) return !std::isnan(a);
  }
  return a > b;
}

template <class T>
void append_best(std::span<const T> scores, std::size_t most, std::span<const std::string> labels,
                 std::vector<std::string>& out) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  auto first = [&](std::uint32_t a, std::uint32_t b) {
    if (better(scores[a], scores[b])) return true;
    return !better(scores[b], scores[a]) && a < b;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(), first);
  for (std::size_t i = 0; i < most; ++i) {
    char digits[40];
    auto end = std::to_chars(digits, digits + sizeof digits, scores[order[i]]).ptr;
    std::string text(digits, end);
    text.append(":").append(std::to_string(order[i]));
    if (order[i] < labels.size()) text.append(":").append(labels[order[i]]);
    out.push_back(std::move(text));
  }
}

// Calls f with the scores as a span of their own type; false when they are no numbers.
template <class F>
bool with_scores(const runtimes::Tensor& tensor, F&& f) {
  auto as = [&]<class T>(T) {
    std::vector<T> scores(tensor.data.size() / sizeof(T));
    std::memcpy(scores.data(), tensor.data.data(), scores.size() * sizeof(T));
    f(std::span<const T>(scores));
    return true;
  };
  switch (tensor.datatype) {
    case Datatype::UINT8:
      return as(std::uint8_t());
    case Datatype::UINT16:
      return as(std::uint16_t());
    case Datatype::UINT32:
      return as(std::uint32_t());
    case Datatype::UINT64:
      return as(std::uint64_t());
    case Datatype::INT8:
      return as(std::int8_t());
    case Datatype::INT16:
      return as(std::int16_t());
    case Datatype::INT32:
      return as(std::int32_t());
    case Datatype::INT64:
      return as(std::int64_t());
    case Datatype::FP32:
      return as(float());
    case Datatype::FP64:
      return as(double());
    case Datatype::FP16:
    case Datatype::BF16: {
      std::vector<double> wide = tasks::to_reals(tensor.data, tensor.datatype);
      std::vector<float> scores(wide.begin(), wide.end());
      f(std::span<const float>(scores));
      return true;
    }
    case Datatype::BOOL:
    case Datatype::BYTES:
      break;
  }
  return false;
}

}  // namespace

Result<runtimes::Tensor> classify(const runtimes::Tensor& scores, const registry::TensorSpec& spec, std::uint64_t most,
                                  std::span<const std::string> labels) {
  runtimes::Tensor best;
  best.name = scores.name;
  best.datatype = Datatype::BYTES;
  bool rows = spec.shape.size() > 1 && spec.shape[0] < 0;
  std::size_t count = rows ? static_cast<std::size_t>(scores.shape[0]) : 1;
  bool numbers = with_scores(scores, [&](auto values) {
    std::size_t classes = count == 0 ? 0 : values.size() / count;
    auto kept = static_cast<std::size_t>(std::min<std::uint64_t>(most, classes));
    if (rows) best.shape.push_back(scores.shape[0]);
    best.shape.push_back(static_cast<std::int64_t>(kept));
    best.strings.reserve(count * kept);
    for (std::size_t row = 0; row < count; ++row) {
      append_best(values.subspan(row * classes, classes), kept, labels, best.strings);
    }
  });
  if (numbers) return best;
  return invalid_argument("output \"" + scores.name + "\" is " + std::string(runtimes::datatype_name(scores.datatype)) +
                          ", which has no scores to classify by")
      .at("outputs");
}

Status classify_outputs(const InferBody& asked, const serving::Pinned& pinned, tasks::TaskCache& tasks,
                        std::vector<runtimes::Tensor>& outputs) {
  for (std::size_t i = 0; i < asked.outputs.size() && i < outputs.size(); ++i) {
    if (!asked.outputs[i].classes) continue;
    // A version without a task, or with one that does not hold, has no labels; its scores are classified all the same.
    std::shared_ptr<const tasks::Task> task;
    if (pinned->declaration) task = tasks.get(pinned).value_or(nullptr);
    auto labels = task ? task->labels(outputs[i].name) : std::span<const std::string>();
    const auto& specs = pinned->signature.outputs;
    auto spec = std::ranges::find(specs, outputs[i].name, &registry::TensorSpec::name);
    if (spec == specs.end()) continue;
    outputs[i] = SOUK_TRY(classify(outputs[i], *spec, *asked.outputs[i].classes, labels));
  }
  return {};
}

}  // namespace souk::api::oip
