// SPDX-License-Identifier: Apache-2.0
//
// Tags and custom properties: checked, and kept a second time as typed index rows that filters read.
// Inside the room only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/store.h"

namespace souk::registry {

// What a merge patch (RFC 7396) makes of an object of properties; null makes it empty.
json::Raw merged(const json::Raw& value, const json::Patch<json::Raw>& patch);

// An object of at most 64 KiB whose keys have 1 to 250 bytes without control characters.
// Errors: invalid_argument
Status check_properties(const json::Raw& value, std::string_view field);
// The same, of strings.
Status check_tags(const json::Raw& value, std::string_view field);

// Index rows of checked objects. `table` is trusted: "model_properties" or "model_version_properties".
class PropertyRows {
 public:
  PropertyRows(store::Tx& tx, std::string_view table) : tx_(tx), table_(table) {}
  PropertyRows(const PropertyRows&) = delete;
  PropertyRows& operator=(const PropertyRows&) = delete;
  // Gathers the rows. Several travel in one statement where a statement is a message; SQLite takes each alone: it keeps
  // a journal of a statement that may fail halfway, and looks through all that a large write changed for its end.
  Status add(std::int64_t owner, std::string_view field, const json::Raw& value);
  // To be called after the last.
  Status flush();

 private:
  static constexpr std::size_t kColumns = 7;
  std::size_t rows_at_once() const { return tx_.dialect() == store::Dialect::sqlite ? 1 : 16; }

  store::Tx& tx_;
  const std::string_view table_;
  std::vector<store::Value> values_;
};
Status insert_properties(store::Tx& tx, std::string_view table, std::int64_t owner, std::string_view field,
                         const json::Raw& value);
Status replace_properties(store::Tx& tx, std::string_view table, std::int64_t owner, std::string_view field,
                          const json::Raw& value);

}  // namespace souk::registry
