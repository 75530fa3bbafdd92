// SPDX-License-Identifier: Apache-2.0
//
// HTTP client: HTTP/1.1 and TLS with verified certificates, a pool of kept connections, time-outs. Blocking;
// one Client may be used by many threads. libcurl stands behind it. The proxies that the environment names are used,
// but never for loopback. A stall is noticed within a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/message.h"

namespace souk::net {

class AddressGuard;

struct ClientSettings {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{60'000};        // whole exchange; 0: none
  std::chrono::milliseconds stall_timeout{30'000};  // no byte either way
  std::string ca_file;                              // empty: the system's
  std::uint64_t max_body = 64 << 20;                // of an answer that no sink takes
  bool follow_redirects = false;
  // For requests on behalf of others: where they may go. It outlives the Client; no proxy is used then.
  const AddressGuard* guard = nullptr;
};

struct ClientResponse;

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  std::vector<Header> headers;
  std::string body;
  // Instead of `body`: fills the span, returns the count, 0 at the end.
  std::function<Result<std::size_t>(std::span<std::byte>)> body_source;
  std::optional<std::uint64_t> body_size;  // of body_source; absent: chunked
  // Instead of ClientResponse::body: called with each piece of a 2xx answer's body; an error ends the exchange.
  std::function<Status(std::span<const std::byte>)> sink;
  // Called with status and headers before the body's first byte, or after an empty body; an error ends the exchange.
  std::function<Status(const ClientResponse&)> head;
  std::optional<std::chrono::milliseconds> timeout;
};

struct ClientResponse {
  int status = 0;
  std::vector<Header> headers;
  std::string body;
  // The first field of that name; empty when absent.
  std::string_view header(std::string_view name) const;
};

class Client {
 public:
  explicit Client(ClientSettings settings = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  // Any HTTP status is a success here. Errors: unavailable (no connection, with why), deadline_exceeded,
  // invalid_argument (URL, method or header), resource_exhausted (max_body), and whatever source or sink returned
  Result<ClientResponse> send(const ClientRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::net
