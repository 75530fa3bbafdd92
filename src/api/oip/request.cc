// SPDX-License-Identifier: Apache-2.0
#include "api/oip/request.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/json_numbers.h"

namespace souk::api::oip {

namespace {

using registry::Datatype;
using runtimes::TensorView;

std::string quoted(std::string_view text) {
  return "'" + std::string(text.substr(0, 100)) + "'";
}

Error wrong(std::string path, std::string what) {
  return invalid_argument(path + ": " + std::move(what)).at(path);
}

Error expected(const std::string& path, std::string_view wanted, json::Value got) {
  return wrong(path, "expected " + std::string(wanted) + ", got " + std::string(got.kind_name()));
}

Result<std::string> text_of(json::Value value, const std::string& path) {
  if (value.kind() != json::Kind::string) return expected(path, "a string", value);
  return std::string(value.string());
}

Result<bool> flag_of(json::Value value, const std::string& path) {
  if (value.kind() != json::Kind::boolean) return expected(path, "true or false", value);
  return value.boolean();
}

Result<std::uint64_t> count_of(json::Value value, const std::string& path) {
  if (value.kind() == json::Kind::unsigned_integer) return value.unsigned_integer();
  if (value.kind() != json::Kind::integer || value.integer() < 0)
    return expected(path, "an integer that is not negative", value);
  return static_cast<std::uint64_t>(value.integer());
}

Result<std::vector<std::int64_t>> shape_of(json::Value value, const std::string& path) {
  if (value.kind() != json::Kind::array) return expected(path, "an array of integers", value);
  std::vector<std::int64_t> shape;
  SOUK_TRY(value.each_element([&](json::Value dimension) -> Status {
    std::string at = path + "[" + std::to_string(shape.size()) + "]";
    if (shape.size() == kMaxDimensions) return wrong(path, "more than 32 dimensions");
    std::uint64_t size = SOUK_TRY(count_of(dimension, at));
    if (size > std::numeric_limits<std::int64_t>::max()) return wrong(at, "too large");
    shape.push_back(static_cast<std::int64_t>(size));
    return {};
  }));
  return shape;
}

// The number of elements. Errors: invalid_argument (more than 2^40)
Result<std::uint64_t> elements_of(const std::vector<std::int64_t>& shape, const std::string& path) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  if (std::ranges::find(shape, 0) != shape.end()) return std::uint64_t{0};
  std::uint64_t count = 1;
  for (std::int64_t dimension : shape) {
    if (static_cast<std::uint64_t>(dimension) > kMost / count)
      return wrong(path, "the shape has more elements than any tensor can");
    count *= static_cast<std::uint64_t>(dimension);
  }
  return count;
}

// One entry of `inputs`, with its fields found but not yet read.
struct Fields {
  std::optional<json::Value> name, datatype, shape, data;
  std::optional<std::uint64_t> binary_size;
};

Status read_parameters(json::Value value, const std::string& path, Fields& fields) {
  if (value.kind() != json::Kind::object) return expected(path, "an object", value);
  return value.each_member([&](std::string_view key, json::Value parameter) -> Status {
    if (key == "binary_data_size") fields.binary_size = SOUK_TRY(count_of(parameter, path + ".binary_data_size"));
    return {};
  });
}

Result<Fields> fields_of(json::Value input, const std::string& path) {
  if (input.kind() != json::Kind::object) return expected(path, "an object", input);
  Fields fields;
  SOUK_TRY(input.each_member([&](std::string_view key, json::Value value) -> Status {
    std::optional<json::Value>* slot = key == "name"       ? &fields.name
                                       : key == "datatype" ? &fields.datatype
                                       : key == "shape"    ? &fields.shape
                                       : key == "data"     ? &fields.data
                                                           : nullptr;
    if (key == "parameters") return read_parameters(value, path + ".parameters", fields);
    if (!slot) return wrong(path + "." + std::string(key.substr(0, 100)), "unknown field");
    if (*slot) return wrong(path + "." + std::string(key), "stands twice");
    *slot = value;
    return {};
  }));
  for (const auto& [slot, name] :
       {std::pair(&fields.name, "name"), {&fields.datatype, "datatype"}, {&fields.shape, "shape"}}) {
    if (!*slot) return wrong(path + "." + name, "is missing");
  }
  return fields;
}

// Values in JSON are flat, or nested as the shape says.
Status check_nesting(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& nesting,
                     std::size_t count, std::uint64_t wanted, const std::string& path) {
  if (count != wanted) {
    return wrong(path, std::to_string(count) + " values, but the shape has " + std::to_string(wanted) + " elements");
  }
  if (nesting.size() > 1 && nesting != shape) return wrong(path, "is nested otherwise than the shape");
  return {};
}

template <class T>
Status read_values(json::Value data, const std::string& path, std::uint64_t wanted, TensorView& tensor,
                   Request& request) {
  auto values = std::make_shared<std::vector<T>>();
  std::vector<std::int64_t> nesting;
  if (Status read = json::read_array(data, *values, nesting); !read) {
    Error error = std::move(read).error();
    std::string at = path + error.field;
    return invalid_argument(path + ": " + error.message).at(std::move(at));
  }
  SOUK_TRY(check_nesting(tensor.shape, nesting, values->size(), wanted, path));
  if constexpr (std::is_same_v<T, std::string>) {
    for (const std::string& value : *values) tensor.strings.push_back(value);
  } else {
    tensor.data = std::as_bytes(std::span(*values));
  }
  request.held.push_back(std::move(values));
  return {};
}

Status read_json(json::Value data, const std::string& path, std::uint64_t wanted, TensorView& tensor,
                 Request& request) {
  switch (tensor.datatype) {
    case Datatype::BOOL:
      return read_values<json::Bool>(data, path, wanted, tensor, request);
    case Datatype::UINT8:
      return read_values<std::uint8_t>(data, path, wanted, tensor, request);
    case Datatype::UINT16:
      return read_values<std::uint16_t>(data, path, wanted, tensor, request);
    case Datatype::UINT32:
      return read_values<std::uint32_t>(data, path, wanted, tensor, request);
    case Datatype::UINT64:
      return read_values<std::uint64_t>(data, path, wanted, tensor, request);
    case Datatype::INT8:
      return read_values<std::int8_t>(data, path, wanted, tensor, request);
    case Datatype::INT16:
      return read_values<std::int16_t>(data, path, wanted, tensor, request);
    case Datatype::INT32:
      return read_values<std::int32_t>(data, path, wanted, tensor, request);
    case Datatype::INT64:
      return read_values<std::int64_t>(data, path, wanted, tensor, request);
    case Datatype::FP32:
      return read_values<float>(data, path, wanted, tensor, request);
    case Datatype::FP64:
      return read_values<double>(data, path, wanted, tensor, request);
    case Datatype::BYTES:
      return read_values<std::string>(data, path, wanted, tensor, request);
    case Datatype::FP16:
    case Datatype::BF16:
      break;
  }
  return wrong(path, std::string(json::enum_name(tensor.datatype)) + " has no form in JSON: send it as binary data");
}

Status read_binary(std::string_view bytes, const std::string& path, std::uint64_t wanted, TensorView& tensor) {
  if (tensor.datatype == Datatype::BYTES) {
    auto strings = split_strings(bytes, wanted);
    if (!strings) return wrong(path, strings.error().message);
    tensor.strings = std::move(*strings);
    return {};
  }
  std::uint64_t size = wanted * registry::element_size(tensor.datatype);
  if (bytes.size() != size) {
    return wrong(path, "binary_data_size is " + std::to_string(bytes.size()) + ", but the shape and datatype make " +
                           std::to_string(size) + " bytes");
  }
  tensor.data = std::as_bytes(std::span(bytes.data(), bytes.size()));
  return {};
}

Status read_input(json::Value input, std::string_view& binary, Request& request) {
  std::string path = "inputs[" + std::to_string(request.infer.inputs.size()) + "]";
  Fields fields = SOUK_TRY(fields_of(input, path));
  TensorView tensor;
  request.names.push_back(std::make_unique<std::string>(SOUK_TRY(text_of(*fields.name, path + ".name"))));
  tensor.name = *request.names.back();
  std::string datatype = SOUK_TRY(text_of(*fields.datatype, path + ".datatype"));
  auto known = json::enum_value<Datatype>(datatype);
  if (!known)
    return wrong(path + ".datatype",
                 quoted(datatype) + " is no datatype of the protocol, for tensor " + quoted(tensor.name));
  tensor.datatype = *known;
  tensor.shape = SOUK_TRY(shape_of(*fields.shape, path + ".shape"));
  std::uint64_t wanted = SOUK_TRY(elements_of(tensor.shape, path + ".shape"));
  for (const TensorView& other : request.infer.inputs) {
    if (other.name == tensor.name) return wrong(path + ".name", "tensor " + quoted(tensor.name) + " stands twice");
  }
  if (fields.data && fields.binary_size)
    return wrong(path, "tensor " + quoted(tensor.name) + " has both data and binary_data_size");
  if (fields.binary_size) {
    if (*fields.binary_size > binary.size()) {
      return wrong(path + ".parameters.binary_data_size", "is " + std::to_string(*fields.binary_size) + ", but only " +
                                                              std::to_string(binary.size()) +
                                                              " bytes are left of the body");
    }
    std::string_view bytes = binary.substr(0, *fields.binary_size);
    binary.remove_prefix(*fields.binary_size);
    SOUK_TRY(read_binary(bytes, path, wanted, tensor));
  } else if (fields.data) {
    SOUK_TRY(read_json(*fields.data, path + ".data", wanted, tensor, request));
  } else {
    return wrong(path + ".data", "is missing, for tensor " + quoted(tensor.name));
  }
  request.infer.inputs.push_back(std::move(tensor));
  return {};
}

Status read_output(json::Value output, Request& request) {
  std::string path = "outputs[" + std::to_string(request.outputs.size()) + "]";
  if (output.kind() != json::Kind::object) return expected(path, "an object", output);
  WantedOutput wanted{"", request.binary_output};
  SOUK_TRY(output.each_member([&](std::string_view key, json::Value value) -> Status {
    if (key == "name") {
      wanted.name = SOUK_TRY(text_of(value, path + ".name"));
      return {};
    }
    if (key != "parameters") return wrong(path + "." + std::string(key.substr(0, 100)), "unknown field");
    if (value.kind() != json::Kind::object) return expected(path + ".parameters", "an object", value);
    return value.each_member([&](std::string_view name, json::Value parameter) -> Status {
      if (name == "classification")
        return wrong(path + ".parameters.classification", "is not offered; ask for the scores");
      if (name == "binary_data") wanted.binary = SOUK_TRY(flag_of(parameter, path + ".parameters.binary_data"));
      return {};
    });
  }));
  if (wanted.name.empty()) return wrong(path + ".name", "is missing");
  for (const WantedOutput& other : request.outputs) {
    if (other.name == wanted.name) return wrong(path + ".name", "output " + quoted(wanted.name) + " stands twice");
  }
  request.outputs.push_back(std::move(wanted));
  return {};
}

Status read_request_parameters(json::Value value, Request& request) {
  if (value.kind() != json::Kind::object) return expected("parameters", "an object", value);
  return value.each_member([&](std::string_view key, json::Value parameter) -> Status {
    if (key == "binary_data_output")
      request.binary_output = SOUK_TRY(flag_of(parameter, "parameters.binary_data_output"));
    return {};
  });
}

struct Sections {
  std::optional<json::Value> id, parameters, inputs, outputs;
};

Result<Sections> sections_of(json::Value root) {
  if (root.kind() != json::Kind::object) return expected("body", "an object", root);
  Sections sections;
  SOUK_TRY(root.each_member([&](std::string_view key, json::Value value) -> Status {
    std::optional<json::Value>* slot = key == "id"           ? &sections.id
                                       : key == "parameters" ? &sections.parameters
                                       : key == "inputs"     ? &sections.inputs
                                       : key == "outputs"    ? &sections.outputs
                                                             : nullptr;
    if (!slot) return wrong(std::string(key.substr(0, 100)), "unknown field");
    if (*slot) return wrong(std::string(key), "stands twice");
    *slot = value;
    return {};
  }));
  if (!sections.inputs) return wrong("inputs", "is missing");
  return sections;
}

template <class F>
Status each_of(json::Value list, const char* path, F&& f) {
  if (list.kind() != json::Kind::array) return expected(path, "an array", list);
  if (list.size() > kMaxTensors) return wrong(path, "more than " + std::to_string(kMaxTensors) + " tensors");
  return list.each_element(std::forward<F>(f));
}

Result<std::size_t> json_length(std::string_view body, std::optional<std::string_view> header_length) {
  if (!header_length) return body.size();
  std::size_t length = 0;
  auto [end, fault] = std::from_chars(header_length->data(), header_length->data() + header_length->size(), length);
  if (fault != std::errc() || end != header_length->data() + header_length->size() || length > body.size()) {
    return wrong("Inference-Header-Content-Length",
                 quoted(*header_length) + " is no length within the body of " + std::to_string(body.size()) + " bytes");
  }
  return length;
}

}  // namespace

Result<std::vector<std::string_view>> split_strings(std::string_view bytes, std::uint64_t count) {
  std::vector<std::string_view> strings;
  while (!bytes.empty()) {
    if (strings.size() == count)
      return invalid_argument("more elements in the binary data than the shape's " + std::to_string(count));
    if (bytes.size() < 4)
      return invalid_argument("the binary data ends within the length of element " + std::to_string(strings.size()));
    std::uint32_t length = 0;
    for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    bytes.remove_prefix(4);
    if (length > bytes.size())
      return invalid_argument("element " + std::to_string(strings.size()) + " is longer than the binary data");
    strings.push_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  if (strings.size() != count) {
    return invalid_argument(std::to_string(strings.size()) + " elements in the binary data, but the shape has " +
                            std::to_string(count));
  }
  return strings;
}

bool Request::is_binary(std::string_view output) const {
  for (const WantedOutput& wanted : outputs) {
    if (wanted.name == output) return wanted.binary;
  }
  return binary_output;
}

Result<std::unique_ptr<Request>> parse_request(std::string_view body, std::optional<std::string_view> header_length) {
  std::size_t length = SOUK_TRY(json_length(body, header_length));
  json::Document document = SOUK_TRY(json::Document::parse(body.substr(0, length)));
  std::string_view binary = body.substr(length);
  Sections sections = SOUK_TRY(sections_of(document.root()));
  auto request = std::make_unique<Request>();
  if (sections.id) request->id = SOUK_TRY(text_of(*sections.id, "id"));
  if (sections.parameters) SOUK_TRY(read_request_parameters(*sections.parameters, *request));
  SOUK_TRY(each_of(*sections.inputs, "inputs", [&](json::Value input) { return read_input(input, binary, *request); }));
  if (!binary.empty()) return wrong("body", std::to_string(binary.size()) + " bytes follow that belong to no tensor");
  if (sections.outputs) {
    SOUK_TRY(each_of(*sections.outputs, "outputs", [&](json::Value output) { return read_output(output, *request); }));
  }
  for (const WantedOutput& wanted : request->outputs) request->infer.outputs.push_back(wanted.name);
  return request;
}

}  // namespace souk::api::oip
