// SPDX-License-Identifier: Apache-2.0
#include "api/oip/parameters.h"

#include <string>

namespace souk::api::oip {
namespace {

Error expected(std::string_view what, const ParameterValue& got) {
  struct Shown {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(std::uint64_t v) const { return std::to_string(v); }
    std::string operator()(double) const { return "a number with a fraction"; }
    std::string operator()(std::string_view) const { return "a string"; }
  };
  return invalid_argument("expected " + std::string(what) + ", got " + std::visit(Shown{}, got));
}

Status take_count(const ParameterValue& value, std::string_view what, std::optional<std::uint64_t>& out) {
  if (const auto* number = std::get_if<std::int64_t>(&value); number && *number >= 0) {
    out = static_cast<std::uint64_t>(*number);
  } else if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
    out = *whole;
  } else {
    return expected(what, value);
  }
  return {};
}

Status take_flag(const ParameterValue& value, std::optional<bool>& out) {
  if (!std::holds_alternative<bool>(value)) return expected("true or false", value);
  out = std::get<bool>(value);
  return {};
}

}  // namespace

Status set_parameter(std::string_view name, const ParameterValue& value, Parameters& out) {
  if (name == "binary_data_size") return take_count(value, "a number of bytes", out.binary_data_size);
  if (name == "binary_data") return take_flag(value, out.binary_data);
  if (name == "binary_data_output") return take_flag(value, out.binary_data_output);
  if (name == "timeout") return take_count(value, "a number of microseconds", out.timeout_us);
  if (name == "priority") return take_count(value, "a priority level", out.priority);
  if (name == "classification") {
    SOUK_TRY(take_count(value, "a number of classes", out.classification));
    if (*out.classification == 0) return expected("at least one class", value);
    return {};
  }
  if (name.starts_with("shared_memory_")) {
    return unimplemented("this server shares no memory with its clients").advise("send the tensor in the request");
  }
  return {};
}

}  // namespace souk::api::oip
