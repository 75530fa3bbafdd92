// SPDX-License-Identifier: Apache-2.0
//
// The template half of store.h: C++ values to and from column values, rows to described structs.
// Not included by itself; store.h does.
#pragma once

#include <array>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "base/digest.h"
#include "base/time.h"
#include "store/store.h"

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
Error wrong_column_count(std::size_t got, std::size_t wanted);
Error out_of_bounds(std::int64_t value);
Error unknown_enumerator(std::string_view name);

// The column of a member: its name without a trailing '_'.
constexpr std::string_view column_name(std::string_view member) {
  if (member.ends_with('_')) member.remove_suffix(1);
  return member;
}

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

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

template <class T>
Result<T> take_row(std::vector<Value>&& row) {
  T out{};
  if (row.size() != boost::mp11::mp_size<Members<T>>::value) {
    return wrong_column_count(row.size(), boost::mp11::mp_size<Members<T>>::value);
  }
  std::optional<Error> error;
  std::size_t column = 0;
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    if (error) return;
    using Field = std::remove_cvref_t<decltype(out.*member.pointer)>;
    auto field = take_value<Field>(std::move(row[column++]));
    if (field) {
      out.*member.pointer = std::move(*field);
    } else {
      error = internal("column " + std::string(column_name(member.name)) + " cannot be read")
                  .because(std::move(field).error());
    }
  });
  if (error) return *std::move(error);
  return out;
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

template <class T>
std::string columns(std::string_view prefix) {
  std::string out;
  boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
    if (!out.empty()) out += ", ";
    if (!prefix.empty()) out.append(prefix).append(".");
    out += detail::column_name(member.name);
  });
  return out;
}

template <class T, class... Args>
Result<std::vector<T>> Tx::all(std::string_view sql, const Args&... args) {
  const std::array<Value, sizeof...(Args)> parameters{to_value(args)...};
  Rows rows = SOUK_TRY(run(sql, parameters));
  std::vector<T> out;
  out.reserve(rows.rows.size());
  for (auto& row : rows.rows) out.push_back(SOUK_TRY(detail::take_row<T>(std::move(row))));
  return out;
}

template <class T, class... Args>
Result<std::optional<T>> Tx::first(std::string_view sql, const Args&... args) {
  const std::array<Value, sizeof...(Args)> parameters{to_value(args)...};
  Rows rows = SOUK_TRY(run(sql, parameters));
  if (rows.rows.empty()) return std::optional<T>();
  return std::optional<T>(SOUK_TRY(detail::take_row<T>(std::move(rows.rows.front()))));
}

template <class T, class... Args>
Result<std::optional<T>> Tx::scalar(std::string_view sql, const Args&... args) {
  static_assert(!detail::IsOptional<T>::value, "scalar<T> answers optional<T> already; NULL is nullopt");
  const std::array<Value, sizeof...(Args)> parameters{to_value(args)...};
  Rows rows = SOUK_TRY(run(sql, parameters));
  if (rows.rows.empty()) return std::optional<T>();
  auto& row = rows.rows.front();
  if (row.size() != 1) return detail::wrong_column_count(row.size(), 1);
  return detail::take_value<std::optional<T>>(std::move(row.front()));
}

template <class... Args>
Result<std::int64_t> Tx::exec(std::string_view sql, const Args&... args) {
  const std::array<Value, sizeof...(Args)> parameters{to_value(args)...};
  return SOUK_TRY(run(sql, parameters)).affected;
}

template <class... Args>
Status Tx::defer(std::string_view sql, const Args&... args) {
  const std::array<Value, sizeof...(Args)> parameters{to_value(args)...};
  return send(sql, parameters);
}

namespace detail {

// Runs f by `transact` (write_tx or read_tx) and carries its value out.
template <class R, class F, class Transact>
R carry(F& f, Transact&& transact) {
  if constexpr (std::is_same_v<R, Status>) {
    return transact([&f](Tx& tx) -> Status { return f(tx); });
  } else {
    std::optional<typename R::value_type> out;
    Status done = transact([&f, &out](Tx& tx) -> Status {
      R result = f(tx);
      if (!result) return std::move(result).error();
      out.emplace(std::move(*result));
      return {};
    });
    if (!done) return std::move(done).error();
    return std::move(*out);
  }
}

}  // namespace detail

template <class F>
auto Store::write(F&& f) -> std::invoke_result_t<F&, Tx&> {
  return detail::carry<std::invoke_result_t<F&, Tx&>>(f, [this](const auto& body) { return write_tx(body); });
}

template <class F>
auto Store::read(F&& f) -> std::invoke_result_t<F&, Tx&> {
  return detail::carry<std::invoke_result_t<F&, Tx&>>(f, [this](const auto& body) { return read_tx(body); });
}

}  // namespace souk::store
