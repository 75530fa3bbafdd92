// SPDX-License-Identifier: Apache-2.0
//
// What the transports know of HTTP statuses, and how they refuse a request that never saw a handler.
#pragma once

#include <string>
#include <string_view>

namespace souk::net {

std::string_view reason_phrase(int status);
// 1xx, 204, 304: an answer that never has a body.
bool forbids_body(int status);

struct Refusal {
  int status;
  std::string_view detail;  // goes into JSON as it is
};
// An RFC 9457 problem.
std::string refusal_body(const Refusal& refusal);

}  // namespace souk::net
