// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "runtimes/datatype.h"
#include "runtimes/ranges.h"
#include "runtimes/runtime.h"

namespace souk::runtimes {

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i) text += ',';
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::optional<std::uint64_t> element_count(std::span<const std::int64_t> shape) {
  constexpr std::uint64_t kMost = 1ull << 62;
  std::uint64_t count = 1;
  bool overflow = false, empty = false;
  for (std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) empty = true;
    if (!empty && __builtin_mul_overflow(count, static_cast<std::uint64_t>(dimension), &count)) overflow = true;
    if (count > kMost) overflow = true;
  }
  if (empty) return 0;
  if (overflow) return std::nullopt;
  return count;
}

namespace {

// What is being checked, for messages: `input "pixels"` at `inputs[0]`.
struct Place {
  std::string_view side;  // "input" or "output"
  std::size_t index;
  std::string_view name;

  Error wrong(std::string what, std::string_view part = "") const {
    std::string text(side);
    text.append(" \"").append(name).append("\" ").append(what);
    std::string field(side);
    field.append("s[").append(std::to_string(index)).append("]");
    if (!part.empty()) field.append(".").append(part);
    return invalid_argument(std::move(text)).at(std::move(field));
  }
};

bool fits(std::span<const std::int64_t> wanted, std::span<const std::int64_t> given) {
  if (wanted.size() != given.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (given[i] < 0 || (wanted[i] >= 0 && wanted[i] != given[i])) return false;
  }
  return true;
}

std::string names(std::span<const registry::TensorSpec> specs) {
  std::string text;
  for (const auto& spec : specs) text.append(text.empty() ? "\"" : ", \"").append(spec.name).append("\"");
  return text;
}

std::string number_text(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

// `strings` and `data` are those of a view or of an owned tensor.
Status check_tensor(const registry::TensorSpec& spec, const Place& place, Datatype datatype,
                    std::span<const std::int64_t> shape, std::span<const std::byte> data, std::size_t strings) {
  if (datatype != spec.datatype) {
    return place.wrong("has datatype " + std::string(datatype_name(datatype)) + ", expected " +
                           std::string(datatype_name(spec.datatype)),
                       "datatype");
  }
  if (!fits(spec.shape, shape)) {
    return place.wrong("has shape " + shape_text(shape) + ", expected " + shape_text(spec.shape), "shape");
  }
  std::optional<std::uint64_t> count = element_count(shape);
  if (!count) return place.wrong("has more elements than can be: shape " + shape_text(shape), "shape");
  if (datatype == Datatype::BYTES) {
    if (strings == *count && data.empty()) return {};
    return place.wrong("has " + std::to_string(strings) + " strings, but its shape " + shape_text(shape) + " needs " +
                           std::to_string(*count),
                       "data");
  }
  std::uint64_t bytes;
  if (__builtin_mul_overflow(*count, static_cast<std::uint64_t>(element_size(datatype)), &bytes)) {
    return place.wrong("has more bytes than can be: shape " + shape_text(shape), "shape");
  }
  if (data.size() != bytes || strings != 0) {
    return place.wrong("has " + std::to_string(data.size()) + " bytes of data, but shape " + shape_text(shape) +
                           " of " + std::string(datatype_name(datatype)) + " needs " + std::to_string(bytes),
                       "data");
  }
  if (datatype == Datatype::BOOL &&
      std::any_of(data.begin(), data.end(), [](std::byte b) { return std::to_integer<int>(b) > 1; })) {
    return place.wrong("has a BOOL element that is neither 0 nor 1", "data");
  }
  if (auto outside = find_out_of_range(spec, data)) {
    return place.wrong("has " + number_text(outside->value) + " at " + std::to_string(outside->index) +
                           ", outside of its range " + (spec.min ? number_text(*spec.min) : "…") + " to " +
                           (spec.max ? number_text(*spec.max) : "…"),
                       "data");
  }
  return {};
}

// The spec of that name: mostly the one at the same place.
std::optional<std::size_t> find_spec(std::span<const registry::TensorSpec> specs, std::string_view name,
                                     std::size_t likely) {
  if (likely < specs.size() && specs[likely].name == name) return likely;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return i;
  }
  return std::nullopt;
}

Status check_outputs_wanted(const Signature& signature, const InferRequest& request) {
  if (request.outputs.empty()) return {};
  std::vector<bool> seen(signature.outputs.size());
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    Place place{"output", i, request.outputs[i]};
    auto found = find_spec(signature.outputs, request.outputs[i], i);
    if (!found) return place.wrong("is not one of the model's: it has " + names(signature.outputs), "name");
    if (seen[*found]) return place.wrong("is asked for twice", "name");
    seen[*found] = true;
  }
  return {};
}

}  // namespace

Status check_request(const Signature& signature, const InferRequest& request) {
  const auto& specs = signature.inputs;
  std::vector<bool> seen;  // used only once the order differs from the signature's
  bool in_order = true;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    const TensorView& input = request.inputs[i];
    Place place{"input", i, input.name};
    auto found = find_spec(specs, input.name, i);
    if (!found) return place.wrong("is not one of the model's: it takes " + names(specs), "name");
    if (in_order && *found != i) {
      in_order = false;
      seen.assign(specs.size(), false);
      std::fill_n(seen.begin(), std::min(i, seen.size()), true);
    }
    if (!in_order) {
      if (seen[*found]) return place.wrong("is given twice", "name");
      seen[*found] = true;
    }
    SOUK_TRY(check_tensor(specs[*found], place, input.datatype, input.shape, input.data, input.strings.size()));
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (in_order ? i >= request.inputs.size() : !seen[i]) {
      return invalid_argument("input \"" + specs[i].name + "\" is missing: the model takes " + names(specs))
          .at("inputs");
    }
  }
  return check_outputs_wanted(signature, request);
}

Status check_response(const Signature& signature, const InferRequest& request, std::span<const Tensor> outputs) {
  const bool all = request.outputs.empty();
  const std::size_t wanted = all ? signature.outputs.size() : request.outputs.size();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& output = outputs[i];
    Place place{"output", i, output.name};
    auto found = find_spec(signature.outputs, output.name, i);
    if (!found) return place.wrong("is not one of the model's signature", "name");
    if (i >= wanted || (all ? *found != i : request.outputs[i] != output.name)) {
      return place.wrong("is not what stands at its place", "name");
    }
    SOUK_TRY(check_tensor(signature.outputs[*found], place, output.datatype, output.shape, output.data,
                          output.strings.size()));
  }
  if (outputs.size() == wanted) return {};
  const std::string_view missing =
      all ? std::string_view(signature.outputs[outputs.size()].name) : request.outputs[outputs.size()];
  return Place{"output", outputs.size(), missing}.wrong("is missing", "name");
}

}  // namespace souk::runtimes
