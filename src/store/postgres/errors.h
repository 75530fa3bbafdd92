// SPDX-License-Identifier: Apache-2.0
//
// Connecting to PostgreSQL, and its SQLSTATEs (PostgreSQL 15, appendix A) as errors. The message is fit for a
// user; the cause names the constraint, or else says what the server said.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

struct pg_conn;
struct pg_result;

namespace souk::store {

// A blocking connection. Errors: unavailable, invalid_argument (the URL)
Result<pg_conn*> connect_postgres(const std::string& url);

Error postgres_error(const pg_result* result);
Error gone(std::string_view message, const char* said);
// The server ended the connection with this.
bool is_fatal(const pg_result* result);
// A prepared statement no longer fits the schema, or is not there.
bool plan_is_stale(const pg_result* result);

}  // namespace souk::store
