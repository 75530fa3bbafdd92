// SPDX-License-Identifier: Apache-2.0
#include "api/oip/grpc/request.h"

#include <algorithm>
#include <cstring>

#include "api/grpc/protobuf.h"
#include "api/oip/grpc/contents.h"
#include "api/oip/parameters.h"
#include "api/oip/tensor_data.h"
#include "runtimes/datatype.h"

namespace souk::api::oip {
namespace {

using grpc::ProtoField;
using grpc::ProtoReader;
using grpc::WireType;

constexpr std::size_t kMostTensors = 4096;
constexpr std::size_t kMostDimensions = 64;

Error malformed() {
  return invalid_argument("is malformed");
}

std::string at(std::string_view list, std::size_t index, std::string_view part = "") {
  std::string path(list);
  path.append("[").append(std::to_string(index)).append("]");
  if (!part.empty()) path.append(".").append(part);
  return path;
}

// Says where something was wrong; the words are put together only then. An error that has its place is inside of it.
template <class Where>
Status located(Status status, Where&& where) {
  if (status) return {};
  std::string inner = std::move(status.error().field);
  std::string path = where();
  if (!inner.empty()) path.append(inner.front() == '[' ? "" : ".").append(inner);
  return std::move(status.error()).at(std::move(path));
}

// A text field: valid UTF-8, as proto3 has it.
Status read_text(const ProtoField& field, std::string_view& out) {
  if (field.type != WireType::bytes) return malformed();
  if (!json::is_utf8(field.bytes)) return invalid_argument("is not UTF-8");
  out = field.bytes;
  return {};
}

// InferParameter; nothing: it is not set.
Result<std::optional<ParameterValue>> read_parameter_value(std::string_view message) {
  ProtoReader reader(message);
  ProtoField field;
  std::optional<ParameterValue> value;
  while (reader.next(field)) {
    WireType wanted = field.number == 3 ? WireType::bytes : field.number == 4 ? WireType::fixed64 : WireType::varint;
    if (field.number > 5) continue;
    if (field.type != wanted) return malformed();
    if (field.number == 1) value = field.value != 0;
    if (field.number == 2) value = static_cast<std::int64_t>(field.value);
    if (field.number == 3) value = field.bytes;
    if (field.number == 5) value = field.value;
    if (field.number == 4) {
      double number;
      std::memcpy(&number, &field.value, sizeof number);
      value = number;
    }
  }
  if (reader.bad()) return malformed();
  return value;
}

// One entry of map<string, InferParameter>.
Status read_parameter(const ProtoField& entry, Parameters& out) {
  if (entry.type != WireType::bytes) return malformed();
  ProtoReader reader(entry.bytes);
  ProtoField field;
  std::string_view name, value;
  while (reader.next(field)) {
    if (field.number == 1) SOUK_TRY(read_text(field, name));
    if (field.number == 2 && field.type == WireType::bytes) value = field.bytes;
  }
  if (reader.bad()) return malformed();
  auto parsed = SOUK_TRY(read_parameter_value(value));
  if (!parsed) return {};
  return located(set_parameter(name, *parsed, out), [&] { return std::string(name); });
}

Status add_dimension(std::uint64_t wire, std::vector<std::int64_t>& shape) {
  if (shape.size() == kMostDimensions) return invalid_argument("has more than 64 dimensions");
  auto size = static_cast<std::int64_t>(wire);
  if (size < 0) return invalid_argument("dimension " + std::to_string(size) + " is negative");
  shape.push_back(size);
  return {};
}

Status read_shape(const ProtoField& field, std::vector<std::int64_t>& shape) {
  if (field.type == WireType::varint) return add_dimension(field.value, shape);
  if (field.type != WireType::bytes) return malformed();
  ProtoReader reader(field.bytes);
  while (!reader.at_end()) {
    std::uint64_t wire = 0;
    if (!reader.varint(wire)) return malformed();
    SOUK_TRY(add_dimension(wire, shape));
  }
  return {};
}

class Parser {
 public:
  explicit Parser(GrpcInferBody& out) : out_(out) {}

  Status read(std::string_view message) {
    ProtoReader reader(message);
    ProtoField field;
    while (reader.next(field)) SOUK_TRY(read_field(field));
    if (reader.bad()) return invalid_argument("the message is no inference.ModelInferRequest");
    for (const WantedOutput& wanted : out_.outputs) out_.infer.outputs.push_back(wanted.name);
    out_.timeout_us = parameters_.timeout_us;
    out_.priority = parameters_.priority.value_or(0);
    out_.binary_outputs = parameters_.binary_data_output.value_or(true);
    return read_data();
  }

 private:
  Status read_field(const ProtoField& field) {
    switch (field.number) {
      case 1:
        return located(read_text(field, out_.model_name), [] { return "model_name"; });
      case 2:
        return located(read_text(field, out_.model_version), [] { return "model_version"; });
      case 3: {
        std::string_view id;
        SOUK_TRY(located(read_text(field, id), [] { return "id"; }));
        out_.id = id;
        out_.has_id = !id.empty();
        return {};
      }
      case 4:
        return located(read_parameter(field, parameters_), [] { return "parameters"; });
      case 5:
        return located(read_input(field), [this] { return at("inputs", out_.infer.inputs.size() - 1); });
      case 6:
        return located(read_output(field), [this] { return at("outputs", out_.outputs.size()); });
      case 7:
        return located(read_raw(field), [this] { return at("raw_input_contents", raw_.size()); });
      default:
        return {};
    }
  }

  static Error too_many() { return invalid_argument("is one tensor too many: at most 4096 are read"); }

  Status read_raw(const ProtoField& field) {
    if (field.type != WireType::bytes) return malformed();
    if (raw_.size() == kMostTensors) return too_many();
    raw_.push_back(field.bytes);
    return {};
  }

  Status read_input(const ProtoField& input) {
    std::size_t index = out_.infer.inputs.size();
    runtimes::TensorView& view = out_.infer.inputs.emplace_back();
    if (input.type != WireType::bytes) return malformed();
    if (index == kMostTensors) return too_many();
    std::string_view datatype;
    Parameters parameters;
    ProtoReader reader(input.bytes);
    ProtoField field;
    while (reader.next(field)) {
      switch (field.number) {
        case 1:
          SOUK_TRY(located(read_text(field, view.name), [] { return "name"; }));
          break;
        case 2:
          SOUK_TRY(located(read_text(field, datatype), [] { return "datatype"; }));
          break;
        case 3:
          SOUK_TRY(located(read_shape(field, view.shape), [] { return "shape"; }));
          break;
        case 4:
          SOUK_TRY(located(read_parameter(field, parameters), [] { return "parameters"; }));
          break;
        case 5:
          if (field.type != WireType::bytes) return malformed();
          contents_.push_back({index, field.bytes});
          break;
        default:
          break;
      }
    }
    if (reader.bad()) return malformed();
    auto known = runtimes::find_datatype(datatype);
    if (!known) {
      return invalid_argument("\"" + std::string(datatype.substr(0, 32)) + "\" is no datatype of the protocol")
          .at("datatype");
    }
    view.datatype = *known;
    return {};
  }

  Status read_output(const ProtoField& output) {
    if (output.type != WireType::bytes) return malformed();
    if (out_.outputs.size() == kMostTensors) return too_many();
    std::string_view name;
    Parameters parameters;
    ProtoReader reader(output.bytes);
    ProtoField field;
    while (reader.next(field)) {
      if (field.number == 1) SOUK_TRY(located(read_text(field, name), [] { return "name"; }));
      if (field.number == 2) SOUK_TRY(located(read_parameter(field, parameters), [] { return "parameters"; }));
    }
    if (reader.bad()) return malformed();
    out_.outputs.push_back({std::string(name), parameters.binary_data, parameters.classification});
    return {};
  }

  // The data comes only now: it may stand in front of what it belongs to.
  Status read_data() {
    auto& inputs = out_.infer.inputs;
    if (!raw_.empty() && !contents_.empty()) {
      return invalid_argument("has contents beside raw_input_contents: all tensors come in one form or the other")
          .at(at("inputs", contents_.front().input));
    }
    if (!raw_.empty() && raw_.size() != inputs.size()) {
      return invalid_argument("has " + std::to_string(raw_.size()) + " tensors for " + std::to_string(inputs.size()) +
                              " inputs")
          .at("raw_input_contents");
    }
    auto next = contents_.begin();  // they are in the order of the inputs
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!raw_.empty()) {
        SOUK_TRY(located(read_binary_data(raw_[i], inputs[i]), [i] { return at("raw_input_contents", i); }));
        continue;
      }
      parts_.clear();
      for (; next != contents_.end() && next->input == i; ++next) parts_.push_back(next->bytes);
      auto owner = read_contents(parts_, inputs[i]);
      if (!owner) return std::move(owner.error()).at(at("inputs", i, "contents"));
      if (*owner) out_.owned.push_back(std::move(*owner));
    }
    return {};
  }

  struct Contents {
    std::size_t input;
    std::string_view bytes;
  };

  GrpcInferBody& out_;
  Parameters parameters_;
  std::vector<std::string_view> raw_;
  std::vector<Contents> contents_;
  std::vector<std::string_view> parts_;
};

}  // namespace

Status parse(grpc::Message message, GrpcInferBody& out) {
  std::string_view text = message.text();
  out.owned.push_back(std::const_pointer_cast<void>(message.owner));
  return Parser(out).read(text);
}

std::optional<std::size_t> find_first_tensor(std::string_view begin) {
  constexpr std::uint64_t kRawTag = 7 << 3 | static_cast<std::uint64_t>(WireType::bytes);
  std::size_t at = 0;
  while (at < begin.size()) {
    ProtoReader field(begin.substr(at));
    std::uint64_t tag = 0, size = 0;
    if (!field.varint(tag) || (tag & 7) != static_cast<std::uint64_t>(WireType::bytes) || !field.varint(size)) break;
    std::size_t head = grpc::varint_size(tag) + grpc::varint_size(size);
    if (tag == kRawTag) return at + head;
    if (size > begin.size()) break;
    at += head + static_cast<std::size_t>(size);
  }
  return std::nullopt;
}

}  // namespace souk::api::oip
