// SPDX-License-Identifier: Apache-2.0
//
// The server as the commands see it: paths in, JSON or an Error out, whichever door answered.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "net/client/client.h"

namespace souk::cli {

class Remote {
 public:
  // `url` without a path's end ("http://127.0.0.1:8080"); `key` empty: none is sent.
  Remote(std::string url, std::string key, net::ClientSettings settings = {});

  const std::string& url() const { return url_; }

  // `path` begins with '/', or is a whole URL on the same server. An answer without a body is null.
  Result<json::Document> get(std::string_view path);
  Result<json::Document> send(std::string_view method, std::string_view path, std::string body,
                              std::vector<net::Header> headers = {});
  // All pages of a list as one document, {"<noun>":[…]}; at most `limit` elements.
  Result<json::Document> list(std::string_view path, std::string_view noun, std::size_t limit = 100'000);
  // The answer as it came, also when its status tells an error. `request.url` as `path` above.
  Result<net::ClientResponse> exchange(net::ClientRequest request);
  // Where the server sends to for bytes: the key does not go there.
  Result<net::ClientResponse> exchange_elsewhere(net::ClientRequest request);

 private:
  std::string url_;
  std::string key_;
  net::Client client_;
};

// What an answer of status 400 or more says, in any of souk's protocols.
Error error_of(const net::ClientResponse& response, std::string_view what);

// "/api/v1/namespaces/NS/NOUN/NAME" from its parts, each encoded.
std::string api_path(std::initializer_list<std::string_view> parts);

}  // namespace souk::cli
