// SPDX-License-Identifier: Apache-2.0
//
// Filters of filter.h's grammar over what is held in memory: the same text means the same there as in SQL.
// A Matcher is immutable and may be used by many threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "store/lists/filter.h"

namespace souk::store {

using Fact = std::variant<std::string, std::int64_t, double, bool>;

// What is known of an object: columns by their name, entries of a property map as FIELD.NAME. A list is several facts
// of one name. `sort` comes before any look-up.
class Facts {
 public:
  void add(std::string name, Fact value) { facts_.emplace_back(std::move(name), std::move(value)); }
  void sort();

  using Entry = std::pair<std::string, Fact>;
  std::pair<const Entry*, const Entry*> of(std::string_view name) const;
  // The first of that name, or null.
  const Fact* find(std::string_view name) const;
  const std::vector<Entry>& all() const { return facts_; }

 private:
  std::vector<Entry> facts_;
};

class Matcher {
 public:
  // Of `schema` only names and types count; it must outlive the Matcher. Errors: as compile_filter
  static Result<Matcher> make(std::string_view text, const FilterSchema& schema, std::string_view bare_names);
  bool operator()(const Facts& facts) const;

 private:
  struct Tree;
  explicit Matcher(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}
  std::shared_ptr<const Tree> tree_;  // null: everything
};

// % any run, _ one character, \ takes the next as it is; `ignore_case` that of ASCII letters.
bool like(std::string_view text, std::string_view pattern, bool ignore_case);

}  // namespace souk::store
