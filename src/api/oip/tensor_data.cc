// SPDX-License-Identifier: Apache-2.0
#include "api/oip/tensor_data.h"

#include <cmath>
#include <cstring>

#include "api/oip/element_type.h"
#include "base/digest.h"
#include "base/json_numbers.h"
#include "runtimes/datatype.h"

namespace souk::api::oip {
namespace {

using registry::Datatype;

Error no_json_form(Datatype type) {
  return invalid_argument(std::string(runtimes::datatype_name(type)) +
                          " has no form in JSON: send it as binary data (binary_data_size)");
}

// Elements may be nested as the shape is, or all in one row. A scalar is a row of one.
Status check_nesting(std::size_t count, const std::vector<std::int64_t>& nested, const runtimes::TensorView& view) {
  auto wanted = runtimes::element_count(view.shape);
  if (!wanted) return invalid_argument("shape " + runtimes::shape_text(view.shape) + " has more elements than can be");
  if (count != *wanted) {
    return invalid_argument("has " + std::to_string(count) + " elements, but shape " +
                            runtimes::shape_text(view.shape) + " needs " + std::to_string(*wanted));
  }
  if (nested.size() <= 1 || nested == view.shape || count == 0) return {};
  return invalid_argument("is nested as " + runtimes::shape_text(nested) + ", but the shape is " +
                          runtimes::shape_text(view.shape));
}

template <class T>
Result<std::shared_ptr<void>> read_elements(json::Value data, runtimes::TensorView& view) {
  auto values = std::make_shared<std::vector<T>>();
  std::vector<std::int64_t> nested;
  SOUK_TRY(json::read_array(data, *values, nested));
  SOUK_TRY(check_nesting(values->size(), nested, view));
  view.data = std::as_bytes(std::span(*values));
  return std::shared_ptr<void>(std::move(values));
}

Result<std::shared_ptr<void>> read_strings(json::Value data, runtimes::TensorView& view) {
  auto values = std::make_shared<std::vector<std::string>>();
  std::vector<std::int64_t> nested;
  SOUK_TRY(json::read_array(data, *values, nested));
  SOUK_TRY(check_nesting(values->size(), nested, view));
  view.strings.assign(values->begin(), values->end());
  return std::shared_ptr<void>(std::move(values));
}

template <class T>
std::span<const T> elements_of(const runtimes::Tensor& tensor) {
  return {reinterpret_cast<const T*>(tensor.data.data()), tensor.data.size() / sizeof(T)};
}

template <class T>
Status check_finite(std::span<const T> values, const std::string& name) {
  if constexpr (std::is_floating_point_v<T>) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isfinite(values[i])) continue;
      return failed_precondition("output \"" + name + "\" has " + (std::isnan(values[i]) ? "a NaN" : "an infinity") +
                                 " at " + std::to_string(i) + ", which JSON cannot say")
          .advise("ask for it with \"parameters\": {\"binary_data\": true}");
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<void>> read_json_data(json::Value data, runtimes::TensorView& view) {
  if (view.datatype == Datatype::BYTES) return read_strings(data, view);
  Result<std::shared_ptr<void>> owner = no_json_form(view.datatype);
  with_element_type<json::Bool>(view.datatype,
                                [&](auto example) { owner = read_elements<decltype(example)>(data, view); });
  return owner;
}

Status read_binary_data(std::string_view bytes, runtimes::TensorView& view) {
  if (view.datatype != Datatype::BYTES) {
    view.data = as_bytes(bytes);
    return {};
  }
  auto wanted = runtimes::element_count(view.shape);
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint32_t length = 0;
    if (bytes.size() - at < sizeof length) return invalid_argument("its binary data ends inside an element's length");
    std::memcpy(&length, bytes.data() + at, sizeof length);
    at += sizeof length;
    if (length > bytes.size() - at) {
      return invalid_argument("element " + std::to_string(view.strings.size()) + " is " + std::to_string(length) +
                              " bytes long, but " + std::to_string(bytes.size() - at) + " are left");
    }
    if (wanted && view.strings.size() == *wanted)
      return invalid_argument("its binary data has more elements than its shape");
    view.strings.push_back(bytes.substr(at, length));
    at += length;
  }
  return {};
}

Status write_json_data(json::Writer& out, const runtimes::Tensor& tensor) {
  if (tensor.datatype == Datatype::BYTES) {
    std::vector<std::string_view> views(tensor.strings.begin(), tensor.strings.end());
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (json::is_utf8(views[i])) continue;
      return failed_precondition("output \"" + tensor.name + "\" has bytes at " + std::to_string(i) +
                                 " that are not UTF-8, which JSON cannot say")
          .advise("ask for it with \"parameters\": {\"binary_data\": true}");
    }
    json::write_array(out, views);
    return {};
  }
  Status status;
  bool known = with_element_type<json::Bool>(tensor.datatype, [&](auto example) {
    auto values = elements_of<decltype(example)>(tensor);
    status = check_finite(values, tensor.name);
    if (status) json::write_array(out, values);
  });
  if (known) return status;
  return failed_precondition("output \"" + tensor.name + "\" is " +
                             std::string(runtimes::datatype_name(tensor.datatype)) + ", which has no form in JSON")
      .advise("ask for it with \"parameters\": {\"binary_data\": true}");
}

std::string write_bytes(const std::vector<std::string>& strings) {
  std::size_t size = 0;
  for (const std::string& text : strings) size += sizeof(std::uint32_t) + text.size();
  std::string bytes;
  bytes.reserve(size);
  for (const std::string& text : strings) {
    auto length = static_cast<std::uint32_t>(text.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
  }
  return bytes;
}

}  // namespace souk::api::oip
