// SPDX-License-Identifier: Apache-2.0
#include "serving/capacity/samples.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

#include "runtimes/datatype.h"

namespace souk::serving {

namespace {

using registry::Datatype;

constexpr std::size_t kMostSamples = 16;
constexpr std::size_t kLargestFile = 16 << 20;

struct Declared {
  std::vector<json::Raw> warm_up;
};
BOOST_DESCRIBE_STRUCT(Declared, (), (warm_up))

struct DeclaredInput {
  std::string name;
  std::optional<std::vector<std::int64_t>> shape;  // absent: the signature's, open dimensions 1
  json::Raw data;                                  // row by row, nested or not
};
BOOST_DESCRIBE_STRUCT(DeclaredInput, (), (name, shape, data))

struct DeclaredSample {
  std::vector<DeclaredInput> inputs;
};
BOOST_DESCRIBE_STRUCT(DeclaredSample, (), (inputs))

template <class T>
Status append(std::vector<std::byte>& out, T value) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
  return {};
}

template <class T>
Status append_integer(std::vector<std::byte>& out, const json::Value& value) {
  if (value.kind() == json::Kind::unsigned_integer && value.unsigned_integer() <= std::numeric_limits<T>::max()) {
    return append(out, static_cast<T>(value.unsigned_integer()));
  }
  if (value.kind() != json::Kind::integer || std::cmp_less(value.integer(), std::numeric_limits<T>::min()) ||
      std::cmp_greater(value.integer(), std::numeric_limits<T>::max())) {
    return invalid_argument(value.raw() + " is no value of the input's datatype");
  }
  return append(out, static_cast<T>(value.integer()));
}

Status append_number(std::vector<std::byte>& out, Datatype type, const json::Value& value) {
  const bool number = value.kind() == json::Kind::integer || value.kind() == json::Kind::unsigned_integer ||
                      value.kind() == json::Kind::number;
  switch (type) {
    case Datatype::BOOL:
      if (value.kind() != json::Kind::boolean) return invalid_argument(value.raw() + " is neither true nor false");
      return append(out, static_cast<std::uint8_t>(value.boolean()));
    case Datatype::UINT8:
      return append_integer<std::uint8_t>(out, value);
    case Datatype::UINT16:
      return append_integer<std::uint16_t>(out, value);
    case Datatype::UINT32:
      return append_integer<std::uint32_t>(out, value);
    case Datatype::UINT64:
      return append_integer<std::uint64_t>(out, value);
    case Datatype::INT8:
      return append_integer<std::int8_t>(out, value);
    case Datatype::INT16:
      return append_integer<std::int16_t>(out, value);
    case Datatype::INT32:
      return append_integer<std::int32_t>(out, value);
    case Datatype::INT64:
      return append_integer<std::int64_t>(out, value);
    case Datatype::FP32:
      if (number) return append(out, static_cast<float>(value.number()));
      break;
    case Datatype::FP64:
      if (number) return append(out, value.number());
      break;
    case Datatype::FP16:
    case Datatype::BF16:
      return invalid_argument("JSON has no values of FP16 and BF16");
    case Datatype::BYTES:
      break;
  }
  return invalid_argument(value.raw() + " is no number");
}

// Nested arrays row by row.
Status flatten(const json::Value& value, Datatype type, std::vector<std::byte>& data, std::vector<std::string>& texts) {
  if (value.kind() == json::Kind::array) {
    return value.each_element([&](json::Value one) { return flatten(one, type, data, texts); });
  }
  if (type != Datatype::BYTES) return append_number(data, type, value);
  if (value.kind() != json::Kind::string) return invalid_argument(value.raw() + " is no text");
  texts.emplace_back(value.string());
  return {};
}

Status take_input(const DeclaredInput& from, const registry::Signature& signature, Sample& sample) {
  const auto spec = std::ranges::find(signature.inputs, from.name, &registry::TensorSpec::name);
  if (spec == signature.inputs.end()) return invalid_argument("the model has no input \"" + from.name + "\"");
  std::vector<std::int64_t> shape = from.shape.value_or(spec->shape);
  for (std::int64_t& dimension : shape) dimension = dimension < 0 ? 1 : dimension;
  sample.names.push_back(from.name);
  auto& data = sample.data.emplace_back();
  auto& texts = sample.strings.emplace_back();
  const json::Document document = SOUK_TRY(json::Document::parse(from.data.text));
  if (Status good = flatten(document.root(), spec->datatype, data, texts); !good) {
    return invalid_argument("input \"" + from.name + "\": " + good.error().message);
  }
  sample.request.inputs.push_back({{}, spec->datatype, std::move(shape), {}, {}});
  return {};
}

Result<std::string> text_of(const std::string& path, std::span<const registry::VersionFile> files) {
  const auto file = std::ranges::find(files, path, &registry::VersionFile::path);
  if (file == files.end()) return not_found("\"" + path + "\" is not among the version's files");
  std::ifstream in(file->local_path, std::ios::binary | std::ios::ate);
  if (!in) return not_found("\"" + path + "\" cannot be read");
  if (static_cast<std::size_t>(in.tellg()) > kLargestFile) return invalid_argument("\"" + path + "\" is over 16 MiB");
  in.seekg(0);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Status take_sample(const json::Raw& raw, const registry::Signature& signature,
                   std::span<const registry::VersionFile> files, Sample& sample) {
  std::string text = raw.text;
  if (text.starts_with('"')) {
    const json::Document path = SOUK_TRY(json::Document::parse(text));
    text = SOUK_TRY(text_of(std::string(path.root().string()), files));
  }
  const auto declared = SOUK_TRY(json::read<DeclaredSample>(text, json::UnknownFields::ignore));
  for (const DeclaredInput& input : declared.inputs) SOUK_TRY(take_input(input, signature, sample));
  for (std::size_t i = 0; i < sample.request.inputs.size(); ++i) {
    runtimes::TensorView& view = sample.request.inputs[i];
    view.name = sample.names[i];
    view.data = sample.data[i];
    view.strings.assign(sample.strings[i].begin(), sample.strings[i].end());
  }
  return runtimes::check_request(signature, sample.request);
}

}  // namespace

Result<std::vector<std::unique_ptr<const Sample>>> samples_of(const json::Raw* declaration,
                                                              const registry::Signature& signature,
                                                              std::span<const registry::VersionFile> files) {
  std::vector<std::unique_ptr<const Sample>> samples;
  if (declaration == nullptr) return samples;
  auto declared = SOUK_TRY(json::read<Declared>(declaration->text, json::UnknownFields::ignore));
  if (declared.warm_up.size() > kMostSamples) {
    return invalid_argument("warm_up has " + std::to_string(declared.warm_up.size()) + " requests; 16 are allowed");
  }
  for (std::size_t i = 0; i < declared.warm_up.size(); ++i) {
    auto sample = std::make_unique<Sample>();
    sample->what = "warm_up[" + std::to_string(i) + "]";
    if (Status taken = take_sample(declared.warm_up[i], signature, files, *sample); !taken) {
      taken.error().message = sample->what + ": " + taken.error().message;
      return std::move(taken.error());
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace souk::serving
