// SPDX-License-Identifier: Apache-2.0
//
// SQLite's extended result codes (sqlite.org/rescode.html) as errors. The message is fit for a user; the
// cause names the constraint, or else says what SQLite said of which statement.
#pragma once

#include <string_view>

#include "base/result.h"

namespace souk::store {

Error sqlite_error(int extended_code, std::string_view message, std::string_view sql, bool on_reader);

}  // namespace souk::store
