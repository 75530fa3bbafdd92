// SPDX-License-Identifier: Apache-2.0
//
// Many values of one column in one statement: "… WHERE id IN " + list.text(), run with list.values().
#pragma once

#include <bit>
#include <concepts>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace souk::store {

class InList {
 public:
  // Places "($1, $2, …)": as many as the next power of two, the last value repeated, so that few statements are
  // prepared for lists of every length. Without values: "(NULL)", which nothing is in.
  explicit InList(std::vector<Value> values) : values_(std::move(values)) {
    if (values_.empty()) {
      text_ = "(NULL)";
      return;
    }
    const Value last = values_.back();
    values_.resize(std::bit_ceil(values_.size()), last);
    for (std::size_t i = 1; i <= values_.size(); ++i) text_ += (i == 1 ? "($" : ", $") + std::to_string(i);
    text_ += ')';
  }
  // Of numbers, or of ids.
  template <std::ranges::input_range Ids>
    requires(!std::same_as<std::ranges::range_value_t<Ids>, Value>)
  explicit InList(const Ids& ids) : InList(values_of(ids)) {}

  const std::string& text() const { return text_; }
  const std::vector<Value>& values() const { return values_; }

 private:
  template <class Ids>
  static std::vector<Value> values_of(const Ids& ids) {
    std::vector<Value> values;
    for (const auto& id : ids) {
      if constexpr (requires { id.value; }) {
        values.emplace_back(id.value);
      } else {
        values.emplace_back(id);
      }
    }
    return values;
  }

  std::string text_;
  std::vector<Value> values_;
};

}  // namespace souk::store
