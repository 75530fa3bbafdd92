// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/external_data.h"

#include <charconv>
#include <string_view>

namespace souk::runtimes {

namespace {

constexpr int kMaxDepth = 100;  // protobuf's own bound on nesting

Error malformed() {
  return invalid_argument("it is not an ONNX model: the protobuf message is broken");
}

// Reads the fields of one protobuf message in order.
class Fields {
 public:
  struct Field {
    std::uint32_t number = 0;
    std::uint64_t varint = 0;          // of wire type 0
    std::span<const std::byte> bytes;  // of wire type 2
    bool is_bytes = false;
  };

  explicit Fields(std::span<const std::byte> in) : in_(in) {}
  bool more() const { return !in_.empty(); }

  Result<Field> next() {
    std::uint64_t key = SOUK_TRY(varint());
    Field field{.number = static_cast<std::uint32_t>(key >> 3)};
    if (field.number == 0 || (key >> 3) > 0x1fffffff) return malformed();
    switch (key & 7) {
      case 0:
        field.varint = SOUK_TRY(varint());
        break;
      case 1:
        SOUK_TRY(take(8));
        break;
      case 2:
        field.bytes = SOUK_TRY(take(SOUK_TRY(varint())));
        field.is_bytes = true;
        break;
      case 5:
        SOUK_TRY(take(4));
        break;
      default:
        return malformed();  // groups are in no ONNX message
    }
    return field;
  }

  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) return malformed();
      auto byte = std::to_integer<std::uint64_t>(in_.front());
      in_ = in_.subspan(1);
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    return malformed();
  }

 private:
  Result<std::span<const std::byte>> take(std::uint64_t count) {
    if (count > in_.size()) return malformed();
    auto taken = in_.first(count);
    in_ = in_.subspan(count);
    return taken;
  }

  std::span<const std::byte> in_;
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What a message is, which says what its fields are.
enum class Message { model, training, graph, function, node, attribute, sparse, tensor };

struct Child {
  Message message;
  bool main_initializer = false;
};

std::optional<Child> child_of(Message parent, std::uint32_t field, bool main_graph) {
  switch (parent) {
    case Message::model:
      if (field == 7) return Child{Message::graph};
      if (field == 20) return Child{Message::training};
      if (field == 25) return Child{Message::function};
      break;
    case Message::training:
      if (field == 1 || field == 2) return Child{Message::graph};
      break;
    case Message::graph:
      if (field == 1) return Child{Message::node};
      if (field == 5) return Child{Message::tensor, main_graph};
      if (field == 15) return Child{Message::sparse};
      break;
    case Message::function:
      if (field == 7) return Child{Message::node};
      if (field == 11) return Child{Message::attribute};
      break;
    case Message::node:
      if (field == 5) return Child{Message::attribute};
      break;
    case Message::attribute:
      if (field == 5 || field == 10) return Child{Message::tensor};
      if (field == 6 || field == 11) return Child{Message::graph};
      if (field == 22 || field == 23) return Child{Message::sparse};
      break;
    case Message::sparse:
      if (field == 1 || field == 2) return Child{Message::tensor};
      break;
    case Message::tensor:
      break;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// TensorProto.dims: one a field, or all packed in one.
Status read_dimensions(const Fields::Field& field, std::vector<std::int64_t>& shape) {
  if (!field.is_bytes) {
    shape.push_back(static_cast<std::int64_t>(field.varint));
    return {};
  }
  for (Fields packed(field.bytes); packed.more();) {
    shape.push_back(static_cast<std::int64_t>(SOUK_TRY(packed.varint())));
  }
  return {};
}

// TensorProto.external_data. Should there be several locations, each must be allowed.
Status read_entry(std::span<const std::byte> bytes, ExternalTensor& tensor, std::set<std::string>& locations) {
  std::string key, value;
  for (Fields entry(bytes); entry.more();) {
    Fields::Field part = SOUK_TRY(entry.next());
    if (part.number == 1 && part.is_bytes) key = text_of(part.bytes);
    if (part.number == 2 && part.is_bytes) value = text_of(part.bytes);
  }
  if (key == "location") locations.insert(tensor.location = value);
  if (key == "offset") tensor.offset = number_of(value).value_or(UINT64_MAX);
  if (key == "length") tensor.length = number_of(value).value_or(UINT64_MAX);
  return {};
}

Status read_tensor(std::span<const std::byte> bytes, bool main_initializer, ExternalData& found) {
  bool external = false;
  ExternalTensor tensor;
  std::set<std::string> locations;
  for (Fields fields(bytes); fields.more();) {
    Fields::Field field = SOUK_TRY(fields.next());
    if (field.number == 1) SOUK_TRY(read_dimensions(field, tensor.shape));
    if (field.number == 2 && !field.is_bytes) tensor.element_type = static_cast<std::int64_t>(field.varint);
    if (field.number == 8 && field.is_bytes) tensor.name = text_of(field.bytes);
    if (field.number == 14 && !field.is_bytes) external = field.varint == 1;
    if (field.number != 13 || !field.is_bytes) continue;
    external = true;  // a location alone is enough to be careful
    SOUK_TRY(read_entry(field.bytes, tensor, locations));
  }
  if (!external) return {};
  if (locations.empty()) {
    return invalid_argument("tensor \"" + tensor.name + "\" lies in another file, but in which is not said");
  }
  if (!main_initializer) {
    return invalid_argument("tensor \"" + tensor.name +
                            "\", which is not an initializer of the main graph, lies in another file: keep it in the "
                            "model's own");
  }
  // "*/_ORT_MEM_ADDR_/*" and its like mean an address in memory to ONNX Runtime.
  if (locations.begin()->starts_with("*/")) return malformed();
  if (locations.size() == 1) found.tensors.push_back(std::move(tensor));
  found.locations.merge(locations);
  return {};
}

Status walk(std::span<const std::byte> bytes, Message message, bool main_graph, int depth, ExternalData& found) {
  if (depth > kMaxDepth) return invalid_argument("its graphs are nested too deep");
  for (Fields fields(bytes); fields.more();) {
    Fields::Field field = SOUK_TRY(fields.next());
    if (!field.is_bytes) continue;
    std::optional<Child> child = child_of(message, field.number, main_graph);
    if (!child) continue;
    if (child->message == Message::tensor) {
      SOUK_TRY(read_tensor(field.bytes, child->main_initializer, found));
    } else {
      SOUK_TRY(walk(field.bytes, child->message, message == Message::model && child->message == Message::graph,
                    depth + 1, found));
    }
  }
  return {};
}

}  // namespace

Result<ExternalData> external_data(std::span<const std::byte> model) {
  ExternalData found;
  SOUK_TRY(walk(model, Message::model, false, 0, found));
  return found;
}

}  // namespace souk::runtimes
