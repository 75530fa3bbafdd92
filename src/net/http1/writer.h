// SPDX-License-Identifier: Apache-2.0
//
// Writes HTTP/1.1 answer heads (RFC 9112). No field that is given can end its line: CR, LF and NUL in a value become
// spaces, a field whose name is not a token is left out, and so are those that belong to the transport.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/message.h"
#include "net/status.h"

namespace souk::net {

struct AnswerFraming {
  bool keep_alive = true;
  bool http11 = true;
  bool head_request = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
};

struct WrittenHead {
  bool closes = false;     // the handler asked for "Connection: close"
  bool malformed = false;  // some field was changed or left out
};

WrittenHead write_head(std::string& out, int status, const std::vector<Header>& headers, AnswerFraming framing,
                       std::string_view date);
// A refusal that never saw a handler: an RFC 9457 problem, after which the connection closes.
void write_refusal(std::string& out, const Refusal& refusal, std::string_view date);
void write_chunk_frame(std::string& out, std::uint64_t size);

}  // namespace souk::net
