// SPDX-License-Identifier: Apache-2.0
//
// LIKE and ILIKE with one meaning on both databases: % any run, _ one character, \ takes the next as it is.
// SQLite's own LIKE ignores case, so LIKE becomes GLOB there.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace souk::store {

struct Like {
  std::string op;       // "LIKE", "ILIKE" or "GLOB"
  std::string pattern;  // the parameter's value
  std::string escape;   // what follows the parameter
};

// Errors: invalid_argument (ends in the escape; more than 16 runs)
Result<Like> compile_like(std::string_view pattern, bool ignore_case, Dialect dialect);

}  // namespace souk::store
