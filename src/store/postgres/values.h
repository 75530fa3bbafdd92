// SPDX-License-Identifier: Apache-2.0
//
// Values to and from PostgreSQL's wire: everything as text, which is exact for doubles too (shortest digits),
// but bytes as they are.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/store.h"

struct pg_result;

namespace souk::store {

// The OID a parameter is declared with; 0 leaves it to the server.
unsigned type_of(const Value& value);
Rows rows_of(const pg_result* result);

// The arrays that libpq wants; they refer to the parameters, which must outlive this.
class WireValues {
 public:
  explicit WireValues(std::span<const Value> parameters);
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
  std::vector<std::string> texts_;
};

}  // namespace souk::store
