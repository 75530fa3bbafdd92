// SPDX-License-Identifier: Apache-2.0
//
// A record's row: its described fields are the columns. Inside the room only.
#pragma once

#include <string>
#include <vector>

#include "registry/properties.h"
#include "registry/records/kinds.h"

namespace souk::registry {

template <class T>
Result<std::optional<T>> find_row(store::Tx& tx, decltype(T::id) id) {
  static const std::string sql =
      "SELECT " + store::columns<T>() + " FROM " + std::string(Kind<T>::table) + " WHERE id = $1";
  return tx.first<T>(sql, id);
}

// The values of all columns but the id.
template <class T>
std::vector<store::Value> row_values(const T& record) {
  std::vector<store::Value> out;
  boost::mp11::mp_for_each<store::detail::Members<T>>([&](auto member) {
    if (store::detail::column_name(member.name) != "id") out.push_back(store::to_value(record.*member.pointer));
  });
  return out;
}

// False: a name or an external id is taken.
template <class T>
Result<bool> try_insert_row(store::Tx& tx, T& record) {
  static const std::string sql = [] {
    const std::string all = store::columns<T>();
    std::string columns = all.substr(all.find(", ") + 2), places;
    for (std::size_t i = 1; i < boost::mp11::mp_size<store::detail::Members<T>>::value; ++i) {
      places += (i == 1 ? "$" : ", $") + std::to_string(i);
    }
    return "INSERT INTO " + std::string(Kind<T>::table) + " (" + columns + ") VALUES (" + places +
           ") ON CONFLICT DO NOTHING RETURNING id";
  }();
  const store::Rows rows = SOUK_TRY(tx.run(sql, row_values(record)));
  if (rows.rows.empty()) return false;
  record.id = SOUK_TRY(store::from_value<decltype(T::id)>(rows.rows.front().front()));
  return true;
}

template <class T>
Status update_row(store::Tx& tx, const T& record) {
  static const std::string sql = [] {
    std::string set;
    int next = 0;
    boost::mp11::mp_for_each<store::detail::Members<T>>([&](auto member) {
      const std::string column(store::detail::column_name(member.name));
      if (column != "id") set += (set.empty() ? "" : ", ") + column + " = $" + std::to_string(++next);
    });
    return "UPDATE " + std::string(Kind<T>::table) + " SET " + set + " WHERE id = $" + std::to_string(next + 1);
  }();
  std::vector<store::Value> values = row_values(record);
  values.emplace_back(record.id.value);
  return tx.send(sql, values);
}

template <class T>
Status insert_index(store::Tx& tx, const T& record) {
  SOUK_TRY(insert_properties(tx, Kind<T>::properties, record.id.value, "custom_properties", record.custom_properties));
  if constexpr (requires { record.tags; }) {
    SOUK_TRY(insert_properties(tx, Kind<T>::properties, record.id.value, "tags", record.tags));
  }
  return {};
}

template <class T>
Status replace_index(store::Tx& tx, const T& before, const T& after) {
  if (after.custom_properties != before.custom_properties) {
    SOUK_TRY(replace_properties(tx, Kind<T>::properties, after.id.value, "custom_properties", after.custom_properties));
  }
  if constexpr (requires { after.tags; }) {
    if (after.tags != before.tags) {
      SOUK_TRY(replace_properties(tx, Kind<T>::properties, after.id.value, "tags", after.tags));
    }
  }
  return {};
}

// Fields whose values differ.
template <class T>
std::vector<std::string> changed_fields(const T& a, const T& b) {
  std::vector<std::string> out;
  boost::mp11::mp_for_each<store::detail::Members<T>>([&](auto member) {
    if (!(a.*member.pointer == b.*member.pointer)) out.emplace_back(store::detail::column_name(member.name));
  });
  return out;
}

}  // namespace souk::registry
