// SPDX-License-Identifier: Apache-2.0
#include "api/oip/request.h"

#include <algorithm>

#include "api/oip/parameters.h"
#include "api/oip/tensor_data.h"
#include "base/digest.h"
#include "runtimes/datatype.h"

namespace souk::api::oip {
namespace {

using registry::Datatype;

// Bounds that no model comes near: a request is refused before it is looked at in detail.
constexpr std::size_t kMostTensors = 4096;
constexpr std::size_t kMostDimensions = 64;

// Where in the body something stands. Becomes text only when something is wrong there.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;
  std::optional<std::size_t> index = {};

  Path of(std::string_view part) const { return {this, part}; }
  std::string text() const {
    std::string out = parent ? parent->text() : "";
    if (!out.empty()) out += '.';
    out += name;
    if (index) out.append("[").append(std::to_string(*index)).append("]");
    return out;
  }
};

Error expected(const Path& path, std::string_view what, json::Value got) {
  return invalid_argument("expected " + std::string(what) + ", got " + std::string(got.kind_name())).at(path.text());
}

std::string at(std::string_view list, std::size_t index, std::string_view part = "") {
  const Path item{nullptr, list, index};
  return part.empty() ? item.text() : item.of(part).text();
}

Result<std::string_view> text_of(json::Value value, const Path& path) {
  if (value.kind() != json::Kind::string) return expected(path, "a string", value);
  return value.string();
}

// The fields of an object, each at most once.
class Once {
 public:
  Status see(std::string_view key, std::initializer_list<std::string_view> known, const Path& path) {
    unsigned bit = 1;
    for (std::string_view one : known) {
      if (one == key) {
        if (seen_ & bit) return invalid_argument("is given twice").at(path.of(key).text());
        seen_ |= bit;
      }
      bit <<= 1;
    }
    return {};
  }

 private:
  unsigned seen_ = 0;
};

// Nothing: it is no parameter's value.
std::optional<ParameterValue> parameter_of(json::Value value) {
  switch (value.kind()) {
    case json::Kind::boolean:
      return value.boolean();
    case json::Kind::integer:
      return value.integer();
    case json::Kind::unsigned_integer:
      return value.unsigned_integer();
    case json::Kind::number:
      return value.number();
    case json::Kind::string:
      return value.string();
    case json::Kind::null:
    case json::Kind::array:
    case json::Kind::object:
      break;
  }
  return std::nullopt;
}

Status read_parameters(json::Value object, const Path& path, Parameters& out) {
  if (object.kind() != json::Kind::object) return expected(path, "an object", object);
  Once once;
  return object.each_member([&](std::string_view key, json::Value value) -> Status {
    SOUK_TRY(once.see(
        key, {"binary_data_size", "binary_data", "binary_data_output", "classification", "timeout", "priority"}, path));
    auto parameter = parameter_of(value);
    if (!parameter) return expected(path.of(key), "a string, number or boolean", value);
    Status set = set_parameter(key, *parameter, out);
    return set ? Status() : std::move(set.error()).at(path.of(key).text());
  });
}

Status read_shape(json::Value value, const Path& path, std::vector<std::int64_t>& shape) {
  if (value.kind() != json::Kind::array) return expected(path, "an array of integers", value);
  return value.each_element([&](json::Value dimension) -> Status {
    json::Kind kind = dimension.kind();
    if (kind != json::Kind::integer && kind != json::Kind::unsigned_integer) {
      return expected(Path{path.parent, path.name, shape.size()}, "an integer", dimension);
    }
    if (shape.size() == kMostDimensions) return invalid_argument("has more than 64 dimensions").at(path.text());
    if (kind == json::Kind::unsigned_integer && dimension.unsigned_integer() > INT64_MAX) {
      return invalid_argument("dimension " + std::to_string(dimension.unsigned_integer()) + " is too large")
          .at(path.text());
    }
    std::int64_t size = dimension.integer();
    if (size < 0) return invalid_argument("dimension " + std::to_string(size) + " is negative").at(path.text());
    shape.push_back(size);
    return {};
  });
}

// What one input says before its data is read.
struct InputHead {
  std::string_view name, datatype;
  bool has_name = false, has_datatype = false, has_shape = false;
  std::optional<json::Value> data;
  Parameters parameters;
  std::vector<std::int64_t> shape;
};

Status read_input_head(json::Value input, std::size_t index, InputHead& head) {
  const Path path{nullptr, "inputs", index};
  if (input.kind() != json::Kind::object) return expected(path, "an object", input);
  Once once;
  SOUK_TRY(input.each_member([&](std::string_view key, json::Value value) -> Status {
    SOUK_TRY(once.see(key, {"name", "shape", "datatype", "parameters", "data"}, path));
    if (key == "name") {
      head.name = SOUK_TRY(text_of(value, path.of("name")));
      head.has_name = true;
    } else if (key == "datatype") {
      head.datatype = SOUK_TRY(text_of(value, path.of("datatype")));
      head.has_datatype = true;
    } else if (key == "shape") {
      head.has_shape = true;
      return read_shape(value, path.of("shape"), head.shape);
    } else if (key == "parameters") {
      return read_parameters(value, path.of("parameters"), head.parameters);
    } else if (key == "data") {
      head.data = value;
    }
    return {};
  }));
  for (auto [there, field] : {std::pair{head.has_name, "name"}, std::pair{head.has_shape, "shape"},
                              std::pair{head.has_datatype, "datatype"}}) {
    if (!there) return invalid_argument("is missing").at(path.of(field).text());
  }
  return {};
}

class Parser {
 public:
  Parser(std::string_view binary, InferBody& out) : binary_(binary), out_(out) {}

  Status read(json::Value root) {
    if (root.kind() != json::Kind::object) return expected(Path{nullptr, "body"}, "an object", root);
    Once once;
    std::optional<json::Value> inputs, outputs;
    SOUK_TRY(root.each_member([&](std::string_view key, json::Value value) -> Status {
      SOUK_TRY(once.see(key, {"id", "parameters", "inputs", "outputs"}, Path{}));
      if (key == "id") {
        out_.id = SOUK_TRY(text_of(value, Path{nullptr, "id"}));
        out_.has_id = true;
      } else if (key == "parameters") {
        Parameters parameters;
        SOUK_TRY(read_parameters(value, Path{nullptr, "parameters"}, parameters));
        out_.binary_outputs = parameters.binary_data_output.value_or(false);
        out_.timeout_us = parameters.timeout_us;
        out_.priority = parameters.priority.value_or(0);
      } else if (key == "inputs") {
        inputs = value;
      } else if (key == "outputs") {
        outputs = value;
      }
      return {};
    }));
    if (!inputs) return invalid_argument("is missing").at("inputs");
    SOUK_TRY(read_inputs(*inputs));
    if (outputs) SOUK_TRY(read_outputs(*outputs));
    if (taken_ == binary_.size()) return {};
    return invalid_argument(std::to_string(binary_.size() - taken_) +
                            " bytes follow the JSON that no input's binary_data_size accounts for")
        .at("body");
  }

 private:
  Status read_inputs(json::Value inputs) {
    if (inputs.kind() != json::Kind::array) return expected(Path{nullptr, "inputs"}, "an array", inputs);
    std::size_t count = inputs.size();
    if (count > kMostTensors)
      return invalid_argument("has " + std::to_string(count) + " tensors; at most 4096 are read").at("inputs");
    out_.names.reserve(count);  // views point into it
    out_.infer.inputs.reserve(count);
    return inputs.each_element([&](json::Value input) { return read_input(input); });
  }

  Status read_input(json::Value input) {
    std::size_t index = out_.infer.inputs.size();
    InputHead head;
    SOUK_TRY(read_input_head(input, index, head));
    auto datatype = runtimes::find_datatype(head.datatype);
    if (!datatype) {
      return invalid_argument("\"" + std::string(head.datatype.substr(0, 32)) + "\" is no datatype of the protocol")
          .at(at("inputs", index, "datatype"));
    }
    out_.names.emplace_back(head.name);
    runtimes::TensorView& view = out_.infer.inputs.emplace_back();
    view.name = out_.names.back();
    view.datatype = *datatype;
    view.shape = std::move(head.shape);
    if (head.data && head.parameters.binary_data_size) {
      return invalid_argument("has both data and binary_data_size").at(at("inputs", index));
    }
    if (head.parameters.binary_data_size) return take_binary(view, index, *head.parameters.binary_data_size);
    if (!head.data)
      return invalid_argument("is missing, and there is no binary_data_size").at(at("inputs", index, "data"));
    auto owner = read_json_data(*head.data, view);
    if (!owner) return inside(std::move(owner.error()), at("inputs", index, "data"));
    if (*owner) out_.owned.push_back(std::move(*owner));
    return {};
  }

  Status take_binary(runtimes::TensorView& view, std::size_t index, std::uint64_t size) {
    std::uint64_t left = binary_.size() - taken_;
    if (size > left) {
      return invalid_argument("is " + std::to_string(size) + ", but " + std::to_string(left) +
                              " bytes are left in the body")
          .at(at("inputs", index, "parameters.binary_data_size"));
    }
    std::string_view bytes = binary_.substr(taken_, size);
    taken_ += size;
    auto status = read_binary_data(bytes, view);
    return status ? Status() : inside(std::move(status.error()), at("inputs", index));
  }

  Status read_outputs(json::Value outputs) {
    if (outputs.kind() != json::Kind::array) return expected(Path{nullptr, "outputs"}, "an array", outputs);
    std::size_t count = outputs.size();
    if (count > kMostTensors)
      return invalid_argument("has " + std::to_string(count) + " tensors; at most 4096 are read").at("outputs");
    out_.outputs.reserve(count);
    SOUK_TRY(outputs.each_element([&](json::Value output) -> Status {
      const Path path{nullptr, "outputs", out_.outputs.size()};
      if (output.kind() != json::Kind::object) return expected(path, "an object", output);
      Once once;
      WantedOutput wanted;
      bool named = false;
      SOUK_TRY(output.each_member([&](std::string_view key, json::Value value) -> Status {
        SOUK_TRY(once.see(key, {"name", "parameters"}, path));
        if (key == "name") {
          wanted.name = SOUK_TRY(text_of(value, path.of("name")));
          named = true;
        } else if (key == "parameters") {
          Parameters parameters;
          SOUK_TRY(read_parameters(value, path.of("parameters"), parameters));
          wanted.binary = parameters.binary_data;
          wanted.classes = parameters.classification;
        }
        return {};
      }));
      if (!named) return invalid_argument("is missing").at(path.of("name").text());
      out_.outputs.push_back(std::move(wanted));
      return {};
    }));
    for (const WantedOutput& wanted : out_.outputs) out_.infer.outputs.push_back(wanted.name);
    return {};
  }

  static Error inside(Error error, const std::string& path) {
    error.field = error.field.empty()          ? path
                  : error.field.front() == '[' ? path + error.field
                                               : path + "." + error.field;
    return error;
  }

  std::string_view binary_;
  std::size_t taken_ = 0;
  InferBody& out_;
};

// The whole body is the only input; a dynamic first dimension is what the bytes make it.
Status read_raw(const registry::Signature& signature, InferBody& out) {
  constexpr std::string_view kField = "Inference-Header-Content-Length";
  if (signature.inputs.size() != 1) {
    return invalid_argument("a body without JSON needs a model of one input; this one has " +
                            std::to_string(signature.inputs.size()))
        .at(std::string(kField));
  }
  const registry::TensorSpec& spec = signature.inputs[0];
  if (spec.datatype == Datatype::BYTES) {
    return invalid_argument("a body without JSON cannot carry BYTES").at(std::string(kField));
  }
  runtimes::TensorView& view = out.infer.inputs.emplace_back();
  view.name = spec.name;
  view.datatype = spec.datatype;
  view.shape = spec.shape;
  view.data = as_bytes(std::string_view(*out.bytes));
  if (!view.shape.empty() && view.shape[0] < 0) {
    view.shape[0] = 1;
    auto one = runtimes::element_count(view.shape);
    std::uint64_t size = one ? *one * registry::element_size(spec.datatype) : 0;
    view.shape[0] = size ? static_cast<std::int64_t>(view.data.size() / size) : 0;
  }
  if (std::any_of(view.shape.begin(), view.shape.end(), [](std::int64_t d) { return d < 0; })) {
    return invalid_argument("the shape of input \"" + spec.name +
                            "\" does not follow from the body's size: say it in JSON")
        .at(std::string(kField));
  }
  out.binary_outputs = true;
  return {};
}

}  // namespace

bool InferBody::is_binary(std::string_view output) const {
  for (const WantedOutput& wanted : outputs) {
    if (wanted.name == output) return wanted.binary.value_or(binary_outputs);
  }
  return binary_outputs;
}

serving::InferOptions InferBody::options(Deadline until) const {
  constexpr std::uint64_t kLongest = 3'600'000'000;  // an hour: nothing waits longer
  serving::InferOptions options{.deadline = until, .priority = priority};
  if (timeout_us && *timeout_us > 0) {
    auto wait = std::chrono::microseconds(std::min(*timeout_us, kLongest));
    options.deadline = std::min(until, std::chrono::steady_clock::now() + wait);
  }
  return options;
}

Status parse(std::shared_ptr<const std::string> bytes, std::optional<std::uint64_t> json_size,
             const registry::Signature& signature, InferBody& out) {
  out.bytes = std::move(bytes);
  std::string_view body = *out.bytes;
  if (json_size == 0u && !body.empty()) return read_raw(signature, out);
  if (json_size && *json_size > body.size()) {
    return invalid_argument("is " + std::to_string(*json_size) + ", but the body has " + std::to_string(body.size()) +
                            " bytes")
        .at("Inference-Header-Content-Length");
  }
  if (body.empty())
    return invalid_argument("the request has no body: an object with \"inputs\" is expected").at("body");
  auto document = json::Document::parse(body.substr(0, json_size.value_or(body.size())));
  if (!document) return std::move(document.error()).at("body");
  Parser parser(json_size ? body.substr(*json_size) : std::string_view(), out);
  return parser.read(document->root());
}

}  // namespace souk::api::oip
