// SPDX-License-Identifier: Apache-2.0
#include "tasks/classification.h"

#include <algorithm>
#include <cmath>

#include "runtimes/datatype.h"
#include "tasks/numbers.h"

namespace souk::tasks {

namespace {

constexpr std::size_t kMaxLabels = 1'000'000;

Error wrong(std::string field, std::string what) {
  return invalid_argument(std::move(what)).at("output." + field);
}

// One label a line; a line end at the very end makes no label.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

Result<std::vector<std::string>> read_labels(const json::Raw& declared, const ReadFile& read_file) {
  json::Document document = SOUK_TRY(json::Document::parse(declared.text));
  json::Value value = document.root();
  std::vector<std::string> labels;
  if (value.kind() == json::Kind::string) {
    auto text = read_file(std::string(value.string()));
    if (!text) return wrong("labels", text.error().message);
    labels = lines_of(*text);
  } else if (value.kind() == json::Kind::array) {
    SOUK_TRY(value.each_element([&](json::Value label) -> Status {
      if (label.kind() != json::Kind::string) {
        return wrong("labels", "must be texts, got " + std::string(label.kind_name()));
      }
      labels.emplace_back(label.string());
      return {};
    }));
  } else {
    return wrong("labels",
                 "must be the name of a file in the version or a list, got " + std::string(value.kind_name()));
  }
  if (labels.empty()) return wrong("labels", "are empty");
  if (labels.size() > kMaxLabels) return wrong("labels", "are too many: " + std::to_string(labels.size()));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty()) return wrong("labels", "number " + std::to_string(i + 1) + " is empty");
    if (!json::is_utf8(labels[i])) return wrong("labels", "number " + std::to_string(i + 1) + " is not UTF-8");
  }
  return labels;
}

void softmax(std::span<double> scores) {
  double most = *std::max_element(scores.begin(), scores.end()), sum = 0;
  for (double& score : scores) sum += score = std::exp(score - most);
  for (double& score : scores) score /= sum;
}

}  // namespace

Result<std::shared_ptr<const Task>> Classification::make(const Declaration& declaration,
                                                         const registry::Signature& signature,
                                                         const ReadFile& read_file) {
  ImageInput input = SOUK_TRY(ImageInput::make(declaration.input.value_or(InputDeclaration{}), signature));
  std::shared_ptr<Classification> task(new Classification(std::move(input)));
  SOUK_TRY(task->take_output(declaration.output.value_or(OutputDeclaration{}), signature, read_file));
  return std::shared_ptr<const Task>(std::move(task));
}

Status Classification::take_output(const OutputDeclaration& declared, const registry::Signature& signature,
                                   const ReadFile& read_file) {
  activation_ = declared.activation.value_or(Activation::NONE);
  if (!declared.name && signature.outputs.size() != 1) {
    return wrong("name", "is required: the model gives " + std::to_string(signature.outputs.size()) + " tensors");
  }
  output_ = declared.name.value_or(signature.outputs.empty() ? "" : signature.outputs[0].name);
  auto spec = std::find_if(signature.outputs.begin(), signature.outputs.end(),
                           [&](const auto& s) { return s.name == output_; });
  if (spec == signature.outputs.end()) return wrong("name", "the model has no output \"" + output_ + "\"");
  if (!is_numeric(spec->datatype) || spec->shape.size() != 2) {
    return wrong("name", "scores are numbers [N, classes], but the output " + output_ + " is " +
                             std::string(runtimes::datatype_name(spec->datatype)) + " " +
                             runtimes::shape_text(spec->shape));
  }
  std::int64_t classes = spec->shape[1];
  if (classes == 0) return wrong("name", "the output " + output_ + " has no classes");
  if (!declared.labels) return {};
  labels_ = SOUK_TRY(read_labels(*declared.labels, read_file));
  if (classes >= 0 && static_cast<std::size_t>(classes) != labels_.size()) {
    return wrong("labels", "are " + std::to_string(labels_.size()) + ", but the output " + output_ + " has " +
                               std::to_string(classes) + " classes");
  }
  return {};
}

Result<Prepared> Classification::prepare(const std::vector<json::Raw>& inputs, std::size_t first) const {
  Prepared prepared;
  prepared.inputs.push_back(SOUK_TRY(input_.read(inputs, first)));
  prepared.outputs.push_back(output_);
  return prepared;
}

Status Classification::activate(std::span<double> scores, std::size_t input) const {
  bool finite = std::all_of(scores.begin(), scores.end(), [](double v) { return std::isfinite(v); });
  if (!finite) {
    return internal("the model gave a score that is not a finite number, for task_inputs[" + std::to_string(input) +
                    "]");
  }
  if (activation_ == Activation::SOFTMAX) softmax(scores);
  if (activation_ == Activation::SIGMOID) {
    for (double& score : scores) score = 1 / (1 + std::exp(-score));
  }
  return {};
}

json::Raw Classification::write(std::span<const double> scores) const {
  json::Raw result{""};
  json::Writer out(result.text);
  auto write_score = [&](std::size_t c) {
    out.key("category");
    out.value(labels_.empty() ? std::to_string(c) : labels_[c]);
    out.key("score");
    out.value(static_cast<float>(scores[c]));
  };
  out.begin_object();
  write_score(static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin()));
  out.key("scores");
  out.begin_array();
  for (std::size_t c = 0; c < scores.size(); ++c) {
    out.begin_object();
    write_score(c);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return result;
}

Result<std::vector<json::Raw>> Classification::finish(std::span<const runtimes::Tensor> outputs,
                                                      std::size_t count) const {
  auto tensor = std::find_if(outputs.begin(), outputs.end(), [&](const auto& t) { return t.name == output_; });
  if (tensor == outputs.end()) return internal("the model gave no output " + output_);
  std::vector<double> scores = to_reals(tensor->data, tensor->datatype);
  std::size_t classes = labels_.empty() ? scores.size() / std::max<std::size_t>(count, 1) : labels_.size();
  if (classes == 0 || scores.size() != count * classes) {
    return internal("the model's output " + output_ + " has shape " + runtimes::shape_text(tensor->shape) +
                    ", which is not " + std::to_string(count) + " rows" +
                    (labels_.empty() ? "" : " of " + std::to_string(classes) + " scores"));
  }
  std::vector<json::Raw> results;
  for (std::size_t i = 0; i < count; ++i) {
    std::span<double> row = std::span(scores).subspan(i * classes, classes);
    SOUK_TRY(activate(row, i));
    results.push_back(write(row));
  }
  return results;
}

}  // namespace souk::tasks
