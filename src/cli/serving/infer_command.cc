// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "cli/describe.h"
#include "cli/serving/inference.h"
#include "cli/serving/npy.h"
#include "cli/serving/npz.h"
#include "cli/serving/serving_commands.h"
#include "cli/task_input.h"

namespace souk::cli {
namespace {

// --- images, by the task's door -----------------------------------------------------------------------

struct Scored {
  std::string category;
  double score = 0;
};
BOOST_DESCRIBE_STRUCT(Scored, (), (category, score))

std::string percent(double score) {
  char text[16];
  std::snprintf(text, sizeof text, "%5.1f %%", score * 100);
  return text;
}

// The category, then all scores, the best first.
std::string classification_text(json::Value answer) {
  std::string text;
  const auto outputs = answer.find("task_outputs");
  if (!outputs) return answer.raw() + "\n";
  (void)outputs->each_element([&text](json::Value output) -> Status {
    const auto data = output.find("data");
    const std::string category = data ? cell(*data, "category") : "";
    if (category.empty()) {
      text += output.raw() + "\n";
      return {};
    }
    text += category + "\n";
    std::vector<Scored> scores;
    const auto list = data->find("scores");
    if (list && json::read(*list, scores, json::UnknownFields::ignore, "scores")) {
      std::stable_sort(scores.begin(), scores.end(),
                       [](const Scored& a, const Scored& b) { return a.score > b.score; });
      std::size_t widest = 0;
      for (const Scored& one : scores) widest = std::max(widest, one.category.size());
      for (const Scored& one : scores) {
        const std::string name = printable(one.category);
        const int bar = static_cast<int>(std::clamp(one.score, 0.0, 1.0) * 30 + 0.5);
        text += "  " + name + std::string(widest - std::min(widest, name.size()), ' ') + "  " + percent(one.score) +
                (bar > 0 ? "  " + std::string(static_cast<std::size_t>(bar), '#') : "") + "\n";
      }
    }
    return {};
  });
  return text;
}

Result<net::ClientRequest> image_request(const Context& context, const Name& name, const std::string& path) {
  const std::string image = SOUK_TRY(read_file(path));
  const json::Document deployment = SOUK_TRY(context.remote.get(deployment_path(name)));
  const std::string model_namespace = cell(deployment.root(), "model_namespace");
  const std::string model = cell(deployment.root(), "model");
  // The deployment decides which of its revisions answers.
  const std::string door = "/v1alpha/namespaces/" + net::encode_path_segment(model_namespace) + "/models/" +
                           net::encode_path_segment(model) +
                           "/trigger?deployment=" + net::encode_query_value(name.string());
  net::ClientRequest request{.method = "POST", .url = door};
  request.headers = {{"Content-Type", "application/json"}};
  request.body = "{\"task_inputs\":[" + image_input(image) + "]}";
  return request;
}

// --- tensors, by the Open Inference Protocol ----------------------------------------------------------

struct Tensor {
  std::string name;
  std::string datatype;
  std::vector<std::int64_t> shape;
};
BOOST_DESCRIBE_STRUCT(Tensor, (), (name, datatype, shape))

struct ModelMetadata {
  std::vector<Tensor> inputs;
};
BOOST_DESCRIBE_STRUCT(ModelMetadata, (), (inputs))

struct TensorInput {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string datatype;
  std::optional<json::Raw> data;
  std::optional<std::map<std::string, std::uint64_t>> parameters;
};
BOOST_DESCRIBE_STRUCT(TensorInput, (), (name, shape, datatype, data, parameters))

struct InferBody {
  std::vector<TensorInput> inputs;
};
BOOST_DESCRIBE_STRUCT(InferBody, (), (inputs))

// The lengths down the first elements; the server checks that the rest agrees.
std::vector<std::int64_t> shape_of(json::Value value) {
  std::vector<std::int64_t> shape;
  for (std::optional<json::Value> next = value; next && next->kind() == json::Kind::array;) {
    const json::Value array = *next;
    shape.push_back(static_cast<std::int64_t>(array.size()));
    next.reset();
    (void)array.each_element([&next](json::Value element) -> Status {
      next = element;
      return cancelled("the first is enough");
    });
  }
  return shape;
}

// A flat array for an input of more dimensions takes the model's shape, where its length says what the open one is.
std::vector<std::int64_t> fitted(const std::vector<std::int64_t>& given, const std::vector<std::int64_t>& wanted) {
  if (given.size() != 1 || wanted.size() < 2) return given;
  std::int64_t known = 1;
  int open = 0;
  for (const std::int64_t length : wanted) {
    open += length < 0;
    if (length >= 0 && __builtin_mul_overflow(known, length, &known)) return given;
  }
  const bool fits = known > 0 && given[0] % known == 0 && (open == 1 || (open == 0 && given[0] == known));
  if (!fits) return given;
  std::vector<std::int64_t> shape = wanted;
  for (std::int64_t& length : shape) length = length < 0 ? given[0] / known : length;
  return shape;
}

// What one inference is made of: JSON, and behind it the bytes of the tensors that came as arrays of numpy's.
struct Tensors {
  InferBody body;
  std::string binary;
};

Status add_tensor(const std::vector<Tensor>& known, const std::string& name, const std::string& text, Tensors& out) {
  const auto tensor = std::find_if(known.begin(), known.end(), [&](const Tensor& one) { return one.name == name; });
  if (tensor == known.end()) {
    std::string names;
    for (const Tensor& one : known) names.append(names.empty() ? "" : ", ").append(one.name);
    return invalid_argument("the model has no input " + name + "; it has " + names);
  }
  if (is_npz(text)) {
    return invalid_argument("input " + name + ": a .npz file has several arrays").advise("give it by --data @FILE");
  }
  if (is_npy(text)) {
    auto array = read_npy(text);
    if (!array) return invalid_argument("input " + name + ": " + array.error().message).advise(array.error().hint);
    out.body.inputs.push_back({name, array->shape, array->datatype, {}, {{{"binary_data_size", array->data.size()}}}});
    out.binary += array->data;
    return {};
  }
  const auto document = json::Document::parse(text);
  if (!document) return invalid_argument("the data of input " + name + " cannot be read").because(document.error());
  if (document->root().kind() != json::Kind::array) {
    return invalid_argument("input " + name + ": expected an array, got " + std::string(document->root().kind_name()));
  }
  out.body.inputs.push_back({name,
                             fitted(shape_of(document->root()), tensor->shape),
                             tensor->datatype,
                             json::Raw{document->root().raw()},
                             {}});
  return {};
}

Result<ModelMetadata> metadata_of(const Context& context, const std::string& door) {
  const json::Document answer = SOUK_TRY(context.remote.get(door));
  ModelMetadata metadata;
  SOUK_TRY(json::read(answer.root(), metadata, json::UnknownFields::ignore, ""));
  return metadata;
}

std::string oip_door(const Name& name) {
  return "/v2/models/" + net::encode_path_segment(name.namespace_) + "/" + net::encode_path_segment(name.slug);
}

net::ClientRequest tensor_request(const std::string& door, std::string body, const std::string& binary = {}) {
  net::ClientRequest request{.method = "POST", .url = door + "/infer"};
  if (binary.empty()) {
    request.headers = {{"Content-Type", "application/json"}};
  } else {
    request.headers = {{"Content-Type", "application/octet-stream"},
                       {"Inference-Header-Content-Length", std::to_string(body.size())}};
  }
  request.body = std::move(body) + binary;
  return request;
}

Result<net::ClientRequest> tensor_request(const Context& context, const Name& deployment, const InferOptions& options) {
  const std::string door = oip_door(deployment);
  std::vector<std::pair<std::string, std::string>> given;
  for (const std::string& input : options.inputs) {
    const std::size_t equals = input.find('=');
    if (equals == std::string::npos) return invalid_argument("--input is NAME=JSON or NAME=@FILE, got " + input);
    given.emplace_back(input.substr(0, equals), SOUK_TRY(read_argument(input.substr(equals + 1))));
  }
  if (!options.data.empty()) {
    const std::string text = SOUK_TRY(read_argument(options.data));
    if (is_npz(text)) {
      for (auto& array : SOUK_TRY(read_npz(text))) given.push_back(std::move(array));
      if (given.empty()) return invalid_argument("the .npz file has no arrays");
    } else if (is_npy(text)) {
      given.emplace_back("", text);
    } else {
      const json::Document document = SOUK_TRY(json::Document::parse(text));
      if (document.root().kind() == json::Kind::object) return tensor_request(door, text);  // a whole request
      given.emplace_back("", text);
    }
  }
  const ModelMetadata metadata = SOUK_TRY(metadata_of(context, door));
  Tensors tensors;
  for (auto& [name, text] : given) {
    if (name.empty()) {
      if (metadata.inputs.size() != 1) {
        return invalid_argument("the model has " + std::to_string(metadata.inputs.size()) + " inputs; name each")
            .advise("souk infer " + options.deployment + " --input NAME=JSON …");
      }
      name = metadata.inputs.front().name;
    }
    SOUK_TRY(add_tensor(metadata.inputs, name, text, tensors));
  }
  return tensor_request(door, json::write(tensors.body), tensors.binary);
}

std::string tensors_text(json::Value answer) {
  std::string text;
  if (const auto outputs = answer.find("outputs")) {
    (void)outputs->each_element([&text](json::Value output) -> Status {
      text += cell(output, "name") + "  " + cell(output, "datatype") + " [" + cell(output, "shape") + "]\n  ";
      const auto data = output.find("data");
      text += (data ? printable(data->raw()) : std::string()) + "\n";
      return {};
    });
  }
  return text;
}

}  // namespace

Result<net::ClientRequest> inference_request(const Context& context, const InferOptions& options) {
  const Name name = SOUK_TRY(parse_name(options.deployment, "deployment"));
  if (!options.image.empty()) return image_request(context, name, options.image);
  if (options.data.empty() && options.inputs.empty()) {
    return invalid_argument("there is nothing to infer from")
        .advise("souk infer " + options.deployment + " --image FILE, --data JSON or --input NAME=JSON");
  }
  return tensor_request(context, name, options);
}

Result<net::ClientRequest> request_of_zeros(const Context& context, const InferOptions& options) {
  constexpr std::int64_t kMostElements = 16 << 20;
  const std::string door = oip_door(SOUK_TRY(parse_name(options.deployment, "deployment")));
  const ModelMetadata metadata = SOUK_TRY(metadata_of(context, door));
  InferBody body;
  for (const Tensor& tensor : metadata.inputs) {
    TensorInput input{tensor.name, tensor.shape, tensor.datatype, {}, {}};
    std::int64_t count = 1;
    for (std::int64_t& length : input.shape) {
      length = length < 0 ? 1 : length;
      if (__builtin_mul_overflow(count, length, &count) || count > kMostElements) {
        return invalid_argument("input " + tensor.name + " is too large to be made up").advise("give it by --input");
      }
    }
    const std::string_view zero = tensor.datatype == "BYTES" ? "\"\"" : tensor.datatype == "BOOL" ? "false" : "0";
    std::string data = "[";
    for (std::int64_t i = 0; i < count; ++i) data.append(i ? "," : "").append(zero);
    input.data = json::Raw{data + "]"};
    body.inputs.push_back(std::move(input));
  }
  return tensor_request(door, json::write(body));
}

Status infer(const Context& context, const InferOptions& options) {
  const net::ClientRequest request = SOUK_TRY(inference_request(context, options));
  const net::ClientResponse response = SOUK_TRY(context.remote.exchange(request));
  if (response.status >= 400) return error_of(response, request.url);
  const json::Document answer = SOUK_TRY(json::Document::parse(response.body));
  context.out.print(answer.root(), [&] {
    return options.image.empty() ? tensors_text(answer.root()) : classification_text(answer.root());
  });
  return {};
}

}  // namespace souk::cli
