// SPDX-License-Identifier: Apache-2.0
//
// Rows to described structs, and the members of Tx and Store that are templates: the second template half of
// store.h, which includes it; include that.
#pragma once

#include <array>
#include <iterator>
#include <span>
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

// A column and where it goes; the functions of values.cc walk a struct's table of them.
struct Column {
  std::string_view name;
  Status (*take)(Value&& value, void* row);
};
// Errors: internal (a column is missing or of another type)
Status take_columns(std::vector<Value>&& row, void* out, std::span<const Column> columns);
std::string column_list(std::string_view prefix, std::span<const Column> columns);

template <class T, class List>
struct ColumnTable;
template <class T, template <class...> class List, class... D>
struct ColumnTable<T, List<D...>> {
  template <class M>
  static Status take(Value&& value, void* row) {
    auto& field = static_cast<T*>(row)->*M::pointer;
    field = SOUK_TRY(take_value<std::remove_cvref_t<decltype(field)>>(std::move(value)));
    return {};
  }
  static constexpr std::array<Column, sizeof...(D)> columns{Column{column_name(D::name), &take<D>}...};
};
template <class T>
constexpr std::span<const Column> columns_of() {
  return ColumnTable<T, Members<T>>::columns;
}

template <class T>
Result<T> take_row(std::vector<Value>&& row) {
  T out{};
  SOUK_TRY(take_columns(std::move(row), &out, columns_of<T>()));
  return out;
}

}  // namespace detail

template <class T>
std::string columns(std::string_view prefix) {
  return detail::column_list(prefix, detail::columns_of<T>());
}

template <class T>
Result<std::vector<T>> rows_as(Rows rows) {
  std::vector<T> out(rows.rows.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    SOUK_TRY(detail::take_columns(std::move(rows.rows[i]), &out[i], detail::columns_of<T>()));
  }
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

template <class A, class B, class... Args>
Result<std::optional<std::pair<A, B>>> Tx::first_pair(std::string_view sql, const Args&... args) {
  const std::array<Value, sizeof...(Args)> parameters{to_value(args)...};
  Rows rows = SOUK_TRY(run(sql, parameters));
  if (rows.rows.empty()) return std::optional<std::pair<A, B>>();
  auto& row = rows.rows.front();
  constexpr std::size_t kFirst = detail::columns_of<A>().size();
  if (row.size() < kFirst) return detail::wrong_column_count(row.size(), kFirst);
  std::vector<Value> rest(std::make_move_iterator(row.begin() + kFirst), std::make_move_iterator(row.end()));
  row.resize(kFirst);
  std::pair<A, B> out;
  SOUK_TRY(detail::take_columns(std::move(row), &out.first, detail::columns_of<A>()));
  SOUK_TRY(detail::take_columns(std::move(rest), &out.second, detail::columns_of<B>()));
  return std::optional(std::move(out));
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
auto Store::read(F&& f, Statements statements) -> std::invoke_result_t<F&, Tx&> {
  return detail::carry<std::invoke_result_t<F&, Tx&>>(
      f, [this, statements](const auto& body) { return read_tx(body, statements); });
}

}  // namespace souk::store
