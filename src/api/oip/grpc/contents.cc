// SPDX-License-Identifier: Apache-2.0
#include "api/oip/grpc/contents.h"

#include <array>
#include <cstring>
#include <limits>

#include "api/grpc/protobuf.h"
#include "api/oip/element_type.h"
#include "runtimes/datatype.h"

namespace souk::api::oip {
namespace {

using grpc::ProtoField;
using grpc::ProtoReader;
using grpc::WireType;
using registry::Datatype;

// Fields of InferTensorContents by their number.
constexpr std::array<std::string_view, 9> kFields{"",
                                                  "bool_contents",
                                                  "int_contents",
                                                  "int64_contents",
                                                  "uint_contents",
                                                  "uint64_contents",
                                                  "fp32_contents",
                                                  "fp64_contents",
                                                  "bytes_contents"};
constexpr std::uint32_t kBytesField = 8;

std::uint32_t field_of(Datatype type) {
  switch (type) {
    case Datatype::BOOL:
      return 1;
    case Datatype::INT8:
    case Datatype::INT16:
    case Datatype::INT32:
      return 2;
    case Datatype::INT64:
      return 3;
    case Datatype::UINT8:
    case Datatype::UINT16:
    case Datatype::UINT32:
      return 4;
    case Datatype::UINT64:
      return 5;
    case Datatype::FP32:
      return 6;
    case Datatype::FP64:
      return 7;
    case Datatype::BYTES:
      return kBytesField;
    case Datatype::FP16:
    case Datatype::BF16:
      break;
  }
  return 0;
}

Error malformed() {
  return invalid_argument("is malformed");
}

// A number as the wire has it, as the tensor's element. False: beyond the element's range.
template <class T>
bool narrow(std::uint64_t wire, T& out) {
  if constexpr (std::is_same_v<T, float>) {
    auto bits = static_cast<std::uint32_t>(wire);
    std::memcpy(&out, &bits, sizeof out);
  } else if constexpr (std::is_same_v<T, double>) {
    std::memcpy(&out, &wire, sizeof out);
  } else if constexpr (std::is_signed_v<T>) {
    auto number = static_cast<std::int64_t>(wire);
    if (number < std::numeric_limits<T>::min() || number > std::numeric_limits<T>::max()) return false;
    out = static_cast<T>(number);
  } else {
    if (wire > std::numeric_limits<T>::max()) return false;
    out = static_cast<T>(wire);
  }
  return true;
}

template <class T>
constexpr WireType wire_type() {
  if constexpr (std::is_same_v<T, float>) return WireType::fixed32;
  if constexpr (std::is_same_v<T, double>) return WireType::fixed64;
  return WireType::varint;
}

template <class T>
bool next_number(ProtoReader& reader, std::uint64_t& wire) {
  if constexpr (std::is_floating_point_v<T>) return reader.fixed<T>(wire);
  return reader.varint(wire);
}

// Elements are gathered in the order of the wire, packed or one by one.
template <class T>
struct Numbers {
  std::vector<T> values;

  Status add(std::uint64_t wire) {
    T value{};
    if (!narrow(wire, value)) {
      std::string shown = std::is_signed_v<T> ? std::to_string(static_cast<std::int64_t>(wire)) : std::to_string(wire);
      return invalid_argument("has " + shown + " at " + std::to_string(values.size()) +
                              ", which is beyond the datatype");
    }
    values.push_back(value);
    return {};
  }
  Status add_packed(std::string_view bytes) {
    if constexpr (std::is_floating_point_v<T>) {
      if (bytes.size() % sizeof(T) != 0) return malformed();
      std::size_t before = values.size();
      values.resize(before + bytes.size() / sizeof(T));
      if (!bytes.empty()) std::memcpy(values.data() + before, bytes.data(), bytes.size());
      return {};
    }
    values.reserve(values.size() + bytes.size() / 2);
    ProtoReader reader(bytes);
    while (!reader.at_end()) {
      std::uint64_t wire = 0;
      if (!next_number<T>(reader, wire)) return malformed();
      SOUK_TRY(add(wire));
    }
    return {};
  }
  Status add_field(const ProtoField& field) {
    if (field.type == WireType::bytes) return add_packed(field.bytes);
    if (field.type != wire_type<T>()) return malformed();
    return add(field.value);
  }
};

// Calls f with each field that is there, all of which must have that number.
template <class F>
Status each_field(std::span<const std::string_view> parts, std::uint32_t number, Datatype type, F&& f) {
  for (std::string_view part : parts) {
    ProtoReader reader(part);
    ProtoField field;
    while (reader.next(field)) {
      if (field.number >= kFields.size()) continue;  // of a later protocol
      if (field.number != number) {
        std::string wanted = number == 0 ? "raw_input_contents" : std::string(kFields[number]);
        return invalid_argument("has " + std::string(kFields[field.number]) + ", but " +
                                std::string(runtimes::datatype_name(type)) + " is carried by " + wanted);
      }
      SOUK_TRY(f(field));
    }
    if (reader.bad()) return malformed();
  }
  return {};
}

template <class T>
Result<std::shared_ptr<void>> read_numbers(std::span<const std::string_view> parts, runtimes::TensorView& view) {
  auto numbers = std::make_shared<Numbers<T>>();
  SOUK_TRY(each_field(parts, field_of(view.datatype), view.datatype,
                      [&](const ProtoField& field) { return numbers->add_field(field); }));
  view.data = std::as_bytes(std::span(numbers->values));
  return std::shared_ptr<void>(std::move(numbers));
}

Result<std::shared_ptr<void>> read_texts(std::span<const std::string_view> parts, runtimes::TensorView& view) {
  SOUK_TRY(each_field(parts, kBytesField, view.datatype, [&](const ProtoField& field) -> Status {
    if (field.type != WireType::bytes) return malformed();
    view.strings.push_back(field.bytes);
    return {};
  }));
  return std::shared_ptr<void>();
}

template <class T>
void write_numbers(const runtimes::Tensor& tensor, std::uint32_t number, std::string& out) {
  std::size_t count = tensor.data.size() / sizeof(T);
  if (count == 0) return;
  if constexpr (std::is_floating_point_v<T>) {
    grpc::put_bytes(out, number, {reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()});
    return;
  }
  std::string packed;
  packed.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, tensor.data.data() + i * sizeof(T), sizeof value);
    if constexpr (std::is_signed_v<T>) {
      grpc::put_varint(packed, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    } else {
      grpc::put_varint(packed, static_cast<std::uint64_t>(value));
    }
  }
  grpc::put_bytes(out, number, packed);
}

}  // namespace

std::string_view contents_field(Datatype type) {
  return kFields[field_of(type)];
}

Result<std::shared_ptr<void>> read_contents(std::span<const std::string_view> parts, runtimes::TensorView& view) {
  if (view.datatype == Datatype::BYTES) return read_texts(parts, view);
  Result<std::shared_ptr<void>> owner = std::shared_ptr<void>();
  bool known = with_element_type<std::uint8_t>(
      view.datatype, [&](auto example) { owner = read_numbers<decltype(example)>(parts, view); });
  if (known) return owner;
  return invalid_argument("is " + std::string(runtimes::datatype_name(view.datatype)) +
                          ", which only raw_input_contents can carry");
}

Status write_contents(const runtimes::Tensor& tensor, std::string& out) {
  if (tensor.datatype == Datatype::BYTES) {
    for (const std::string& text : tensor.strings) grpc::put_bytes(out, kBytesField, text);
    return {};
  }
  bool known = with_element_type<std::uint8_t>(
      tensor.datatype, [&](auto example) { write_numbers<decltype(example)>(tensor, field_of(tensor.datatype), out); });
  if (known) return {};
  return failed_precondition("output \"" + tensor.name + "\" is " +
                             std::string(runtimes::datatype_name(tensor.datatype)) +
                             ", which only raw_output_contents can carry")
      .advise("do not ask for binary_data_output = false");
}

}  // namespace souk::api::oip
