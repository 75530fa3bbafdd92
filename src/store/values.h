// SPDX-License-Identifier: Apache-2.0
//
// C++ values to and from column values: the first template half of store.h, which includes it; include that.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "base/digest.h"
#include "base/time.h"

namespace souk::store {

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsId : std::false_type {};
template <class K>
struct IsId<Id<K>> : std::true_type {};
template <class T>
inline constexpr bool kUnsupported = false;

// "a number", "text", …: for messages.
std::string_view kind_of(const Value& value);
Error wrong_kind(std::string_view wanted, const Value& got);
Error out_of_bounds(std::int64_t value);
Error unknown_enumerator(std::string_view name);

template <class T>
Result<T> integer_from(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) return wrong_kind("an integer", value);
  if constexpr (std::is_same_v<T, bool>) {
    if (*number != 0 && *number != 1) return out_of_bounds(*number);
    return *number == 1;
  } else {
    if (!std::in_range<T>(*number)) return out_of_bounds(*number);
    return static_cast<T>(*number);
  }
}

template <class T>
Result<T> text_from(Value&& value) {
  auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return wrong_kind("text", value);
  if constexpr (std::is_same_v<T, std::string>) {
    return std::move(*text);
  } else if constexpr (std::is_same_v<T, json::Raw>) {
    return json::Raw{std::move(*text)};
  } else if constexpr (std::is_same_v<T, Digest>) {
    return Digest::parse(*text);
  } else {
    const std::optional<T> found = json::enum_value<T>(*text);
    if (!found) return unknown_enumerator(*text);
    return *found;
  }
}

template <class T>
Result<T> take_value(Value&& value) {
  if constexpr (IsOptional<T>::value) {
    if (std::holds_alternative<std::nullptr_t>(value)) return T{};
    auto inner = take_value<typename T::value_type>(std::move(value));
    if (!inner) return inner.error();
    return T(std::move(*inner));
  } else if constexpr (std::is_same_v<T, Value>) {
    return std::move(value);
  } else if constexpr (std::is_same_v<T, double>) {
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return wrong_kind("a number", value);
  } else if constexpr (std::is_integral_v<T>) {
    return integer_from<T>(value);
  } else if constexpr (std::is_same_v<T, Time>) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return wrong_kind("a time in milliseconds", value);
    return from_millis(*number);
  } else if constexpr (IsId<T>::value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return wrong_kind("an id", value);
    return T(*number);
  } else if constexpr (std::is_same_v<T, Blob>) {
    auto* blob = std::get_if<Blob>(&value);
    if (blob == nullptr) return wrong_kind("bytes", value);
    return std::move(*blob);
  } else {
    return text_from<T>(std::move(value));
  }
}

}  // namespace detail

template <class T>
Value to_value(const T& value) {
  if constexpr (std::is_same_v<T, Value>) {
    return value;
  } else if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::nullopt_t>) {
    return nullptr;
  } else if constexpr (detail::IsOptional<T>::value) {
    return value ? to_value(*value) : Value(nullptr);
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    static_assert(detail::kUnsupported<T>, "a column holds no unsigned 64-bit integer: convert it knowingly");
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(value);
  } else if constexpr (std::is_same_v<T, Time>) {
    return to_millis(value);
  } else if constexpr (detail::IsId<T>::value) {
    return value.value;
  } else if constexpr (std::is_same_v<T, Blob>) {
    return value;
  } else if constexpr (std::is_same_v<T, Digest>) {
    return value.string();
  } else if constexpr (std::is_same_v<T, json::Raw>) {
    return value.text;
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(json::enum_name(value));
  } else {
    static_assert(std::is_convertible_v<const T&, std::string_view>, "no column value for this type");
    return std::string(std::string_view(value));
  }
}

template <class T>
Result<T> from_value(const Value& value) {
  return detail::take_value<T>(Value(value));
}

}  // namespace souk::store
