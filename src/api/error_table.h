// SPDX-License-Identifier: Apache-2.0
//
// The one table that turns an Error's code into each protocol's status, and the shapes shared by doors.
// Sources: google/rpc/code.proto, RFC 9457 (problem details).
#pragma once

#include <optional>
#include <string>

#include "access/model.h"
#include "base/json.h"
#include "base/result.h"
#include "net/message.h"

namespace souk::api {

// HTTP status of souk's own doors. A code has one, but for what HTTP names more exactly: field "If-Match" is
// 412, a body that is too large 413, too slow 408.
int http_status(const Error& error);
// The status that grpc-gateway gives the code (google.rpc.Code's comments).
int gateway_status(Code code);
std::string_view http_reason(int status);

// RFC 9457, with what souk adds: its code, the field at fault, the next step, the trace.
struct Problem {
  std::string type = "about:blank";
  std::string title;
  std::int64_t status = 500;
  std::string detail;
  std::string code;
  std::optional<std::string> field;
  std::optional<std::string> hint;
  std::string trace_id;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (type, title, status, detail, code, field, hint, trace_id))

// application/problem+json with code, field, hint, trace_id; Retry-After where the error says.
net::Response problem(const Error& error, const access::Call& call);
// Retry-After: what the error says, and for unavailable always something.
void add_retry_after(net::Response& response, const Error& error);
// Adds Retry-After and, for unauthenticated, WWW-Authenticate.
void add_error_headers(net::Response& response, const Error& error);

}  // namespace souk::api
