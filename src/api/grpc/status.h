// SPDX-License-Identifier: Apache-2.0
//
// gRPC over HTTP/2 as its headers say it: content types, deadlines, statuses. Source: grpc/doc/PROTOCOL-HTTP2.md.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/model.h"
#include "base/result.h"
#include "net/message.h"

namespace souk::api::grpc {

inline constexpr std::string_view kContentType = "application/grpc";

// "application/grpc", "application/grpc+proto", … Others of its kind (application/grpc-web) are not.
bool is_grpc(const net::RequestHead& head);

// "100m" is 100 ms. Errors: invalid_argument
Result<std::chrono::nanoseconds> parse_timeout(std::string_view text);

// grpc-status and grpc-message, and grpc-retry-pushback-ms where the error says when to try again.
std::vector<net::Header> status_fields(const Error& error);
std::vector<net::Header> ok_fields();
// Text as grpc-message carries it: bytes outside of printable ASCII, and '%', are percent-encoded.
std::string encode_message(std::string_view text);

// An answer that is nothing but its status: the error shape of gRPC's doors.
net::Response error_response(const Error& error, const access::Call& call);

}  // namespace souk::api::grpc
