// SPDX-License-Identifier: Apache-2.0
//
// Rows to described structs, and the members of Tx and Store that are templates: the second template half of
// store.h, which includes it; include that.
#pragma once

#include <array>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "store/values.h"

namespace souk::store {

namespace detail {

Error wrong_column_count(std::size_t got, std::size_t wanted);

// The column of a member: its name without a trailing '_'.
constexpr std::string_view column_name(std::string_view member) {
  if (member.ends_with('_')) member.remove_suffix(1);
  return member;
}

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

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
std::string columns(std::string_view prefix) {
  std::string out;
  boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
    if (!out.empty()) out += ", ";
    if (!prefix.empty()) out.append(prefix).append(".");
    out += detail::column_name(member.name);
  });
  return out;
}

template <class T>
Result<std::vector<T>> rows_as(Rows rows) {
  std::vector<T> out;
  out.reserve(rows.rows.size());
  for (auto& row : rows.rows) out.push_back(SOUK_TRY(detail::take_row<T>(std::move(row))));
  return out;
}

template <class T, class... Args>
Result<std::vector<T>> Tx::all(std::string_view sql, const Args&... args) {
  const std::array<Value, sizeof...(Args)> parameters{to_value(args)...};
  return rows_as<T>(SOUK_TRY(run(sql, parameters)));
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
auto Store::write(F&& f, Isolation isolation) -> std::invoke_result_t<F&, Tx&> {
  return detail::carry<std::invoke_result_t<F&, Tx&>>(
      f, [this, isolation](const auto& body) { return write_tx(body, isolation); });
}

template <class F>
auto Store::read(F&& f) -> std::invoke_result_t<F&, Tx&> {
  return detail::carry<std::invoke_result_t<F&, Tx&>>(f, [this](const auto& body) { return read_tx(body); });
}

}  // namespace souk::store
