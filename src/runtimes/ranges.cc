// SPDX-License-Identifier: Apache-2.0
#include "runtimes/ranges.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace souk::runtimes {

namespace {

using registry::Datatype;
using registry::TensorSpec;

struct DeclaredTensor {
  std::string name;
  std::optional<double> min, max;
};
BOOST_DESCRIBE_STRUCT(DeclaredTensor, (), (name, min, max))

struct Declared {
  std::optional<json::Raw> tensors;
};
BOOST_DESCRIBE_STRUCT(Declared, (), (tensors))

struct Half {
  std::uint16_t bits;
  explicit operator double() const {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double value = exponent == 31  ? (fraction ? std::nan("") : HUGE_VAL)
                   : exponent == 0 ? std::ldexp(fraction, -24)
                                   : std::ldexp(1024 + fraction, exponent - 25);
    return bits & 0x8000 ? -value : value;
  }
};
struct Brain {
  std::uint16_t bits;
  explicit operator double() const {
    const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &wide, sizeof value);
    return static_cast<double>(value);
  }
};

template <class T>
std::optional<OutOfRange> find_in(std::span<const std::byte> data, double min, double max) {
  constexpr std::size_t kBlock = 256;  // looked at without a branch
  const std::size_t count = data.size() / sizeof(T);
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t size = std::min(kBlock, count - begin);
    T block[kBlock];
    std::memcpy(block, data.data() + begin * sizeof(T), size * sizeof(T));
    bool outside = false;
    for (std::size_t i = 0; i < size; ++i) {
      const auto value = static_cast<double>(block[i]);
      outside |= !(value >= min && value <= max);
    }
    if (!outside) continue;
    for (std::size_t i = 0; i < size; ++i) {
      const auto value = static_cast<double>(block[i]);
      if (!(value >= min && value <= max)) return OutOfRange{begin + i, value};
    }
  }
  return std::nullopt;
}

bool has_range(Datatype type) {
  return type != Datatype::BYTES && type != Datatype::BOOL;
}

}  // namespace

std::optional<OutOfRange> find_out_of_range(const TensorSpec& spec, std::span<const std::byte> data) {
  if (!spec.min && !spec.max) return std::nullopt;
  const double min = spec.min.value_or(-std::numeric_limits<double>::infinity());
  const double max = spec.max.value_or(std::numeric_limits<double>::infinity());
  switch (spec.datatype) {
    case Datatype::UINT8:
      return find_in<std::uint8_t>(data, min, max);
    case Datatype::UINT16:
      return find_in<std::uint16_t>(data, min, max);
    case Datatype::UINT32:
      return find_in<std::uint32_t>(data, min, max);
    case Datatype::UINT64:
      return find_in<std::uint64_t>(data, min, max);
    case Datatype::INT8:
      return find_in<std::int8_t>(data, min, max);
    case Datatype::INT16:
      return find_in<std::int16_t>(data, min, max);
    case Datatype::INT32:
      return find_in<std::int32_t>(data, min, max);
    case Datatype::INT64:
      return find_in<std::int64_t>(data, min, max);
    case Datatype::FP16:
      return find_in<Half>(data, min, max);
    case Datatype::BF16:
      return find_in<Brain>(data, min, max);
    case Datatype::FP32:
      return find_in<float>(data, min, max);
    case Datatype::FP64:
      return find_in<double>(data, min, max);
    case Datatype::BOOL:
    case Datatype::BYTES:
      break;
  }
  return std::nullopt;
}

Status declare_ranges(const json::Raw& declaration, registry::Signature& signature) {
  auto declared = SOUK_TRY(json::read<Declared>(declaration.text, json::UnknownFields::ignore));
  if (!declared.tensors) return {};
  auto tensors = json::read<std::vector<DeclaredTensor>>(declared.tensors->text, json::UnknownFields::refuse);
  if (!tensors) {
    const std::string inner = tensors.error().field;
    return std::move(tensors.error()).at("tensors" + inner);
  }
  for (std::size_t i = 0; i < tensors->size(); ++i) {
    const DeclaredTensor& tensor = (*tensors)[i];
    const std::string place = "tensors[" + std::to_string(i) + "]";
    bool known = false;
    for (auto* specs : {&signature.inputs, &signature.outputs}) {
      auto spec = std::ranges::find(*specs, tensor.name, &TensorSpec::name);
      if (spec == specs->end()) continue;
      known = true;
      if (!has_range(spec->datatype)) return invalid_argument("a tensor of texts or flags has no range").at(place);
      if (spec->min || spec->max) return invalid_argument("is declared twice").at(place);
      spec->min = tensor.min;
      spec->max = tensor.max;
    }
    if (!known) return invalid_argument("the model has no tensor \"" + tensor.name + "\"").at(place + ".name");
    if (!tensor.min && !tensor.max) return invalid_argument("has neither min nor max").at(place);
    if (tensor.min && tensor.max && *tensor.min > *tensor.max) {
      return invalid_argument("no value is at least min and at most max").at(place);
    }
  }
  return {};
}

}  // namespace souk::runtimes
