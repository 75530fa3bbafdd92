// SPDX-License-Identifier: Apache-2.0
//
// Requests and answers as every transport gives and takes them: nothing here knows HTTP/1.1 from HTTP/2.
// Source: RFC 9110. Field names compare without case; a value never holds CR, LF or NUL.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace souk::net {

struct Header {
  std::string name;
  std::string value;
};

// Request fields as views into the stream's buffer.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// The head of a request. The views live as long as the stream that gave it.
struct RequestHead {
  std::string_view method;  // "GET"
  std::string_view target;  // as sent
  std::string_view path;    // target before '?', still percent-encoded, begins with '/'
  std::string_view query;   // after '?', still encoded
  std::vector<HeaderView> headers;
  std::string peer;  // "127.0.0.1:51234"
  bool peer_is_loopback = false;
  bool secure = false;          // came over TLS
  bool has_body = false;        // bytes follow the head, though there may be none
  bool takes_trailers = false;  // the answer may end with trailers
  std::optional<std::uint64_t> content_length;

  // The first field of that name; empty when absent.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

// A piece of an answer's body: either owns its bytes or views some that `owner` keeps alive.
struct Chunk {
  std::string bytes;
  std::span<const std::byte> view;
  std::shared_ptr<const void> owner;

  Chunk(std::string bytes) : bytes(std::move(bytes)) {}
  Chunk(std::span<const std::byte> view, std::shared_ptr<const void> owner) : view(view), owner(std::move(owner)) {}
  std::span<const std::byte> data() const {
    return owner ? view : std::as_bytes(std::span(bytes.data(), bytes.size()));
  }
};

// A whole answer. Content-Length is set by the transport, Date too.
struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::vector<Chunk> body;
  std::vector<Header> trailers;  // dropped where the request's head does not take them

  static Response text(int status, std::string content_type, std::string body);
  Response& add(std::string name, std::string value);
};

// The head of an answer whose body follows in pieces.
struct ResponseHead {
  int status = 200;
  std::vector<Header> headers;
  std::optional<std::uint64_t> content_length;  // absent: chunked
};

// Percent-decoding; '+' is a space only in queries. Errors: invalid_argument (bad escape, NUL)
Result<std::string> decode_path_segment(std::string_view text);
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);
std::string encode_path_segment(std::string_view text);
std::string encode_query_value(std::string_view text);

}  // namespace souk::net
