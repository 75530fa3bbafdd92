// SPDX-License-Identifier: Apache-2.0
#include "cli/remote.h"

#include <algorithm>
#include <cstdlib>

namespace souk::cli {
namespace {

using json::Document;
using json::Kind;
using json::Value;

Code code_of_status(int status) {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 416:
    case 422:
      return Code::invalid_argument;
    case 401:
      return Code::unauthenticated;
    case 403:
      return Code::permission_denied;
    case 404:
      return Code::not_found;
    case 409:
      return Code::already_exists;
    case 412:
      return Code::failed_precondition;
    case 408:
    case 504:
      return Code::deadline_exceeded;
    case 429:
      return Code::resource_exhausted;
    case 405:
    case 501:
      return Code::unimplemented;
    case 502:
    case 503:
      return Code::unavailable;
    default:
      return status >= 500 ? Code::internal : Code::unknown;
  }
}

std::optional<Code> code_of_name(std::string_view name) {
  for (int code = 1; code <= 16; ++code) {
    if (code_name(static_cast<Code>(code)) == name) return static_cast<Code>(code);
  }
  return std::nullopt;
}

std::string text_member(Value value, std::string_view name) {
  if (value.kind() != Kind::object) return "";
  const auto member = value.find(name);
  return member && member->kind() == Kind::string ? std::string(member->string()) : "";
}

// The first text that the bodies of the doors may hold: RFC 9457's, OCI's, Instill's, OIP's, OpenAI's.
void read_body(Value body, Error& error) {
  if (const auto errors = body.kind() == Kind::object ? body.find("errors") : std::nullopt) {
    (void)errors->each_element([&error](Value one) -> Status {
      error.message = text_member(one, "message");
      return cancelled("one is enough");
    });
    return;
  }
  if (const auto code = code_of_name(text_member(body, "code"))) error.code = *code;
  for (const char* name : {"detail", "message", "error", "title"}) {
    error.message = text_member(body, name);
    if (!error.message.empty()) break;
  }
  if (const auto inner = body.kind() == Kind::object ? body.find("error") : std::nullopt) {
    if (inner->kind() == Kind::object) error.message = text_member(*inner, "message");
  }
  error.field = text_member(body, "field");
  if (error.message.starts_with(error.field)) error.field.clear();  // said already
  error.hint = text_member(body, "hint");
}

}  // namespace

Error error_of(const net::ClientResponse& response, std::string_view what) {
  Error error(code_of_status(response.status), "");
  if (const auto document = Document::parse(response.body)) read_body(document->root(), error);
  if (const int seconds = std::atoi(std::string(response.header("Retry-After")).c_str()); seconds > 0) {
    error.retry_after = std::chrono::seconds(std::min(seconds, 60));
  }
  if (error.message.empty()) {
    error.message = "the server answered " + std::to_string(response.status) + " to " + std::string(what);
  }
  return error;
}

std::string api_path(std::initializer_list<std::string_view> parts) {
  std::string path = "/api/v1";
  for (const std::string_view part : parts) path += "/" + net::encode_path_segment(part);
  return path;
}

Remote::Remote(std::string url, std::string key, net::ClientSettings settings)
    : url_(std::move(url)), key_(std::move(key)), client_(std::move(settings)) {
  while (url_.ends_with('/')) url_.pop_back();
}

Result<net::ClientResponse> Remote::exchange(net::ClientRequest request) {
  if (request.url.starts_with('/')) {
    request.url = url_ + request.url;
  } else if (!request.url.starts_with(url_ + "/")) {
    return permission_denied("the server sends to " + request.url + ", which is not " + url_ +
                             "; the key is not shown to it")
        .advise("set SOUK_URL to the address that the server itself uses");
  }
  if (!key_.empty()) request.headers.push_back({"Authorization", "Bearer " + key_});
  request.headers.push_back({"User-Agent", "souk-cli"});
  // The trace that a script runs in (as OpenTelemetry's tools pass it on).
  for (const auto& [variable, header] : {std::pair("TRACEPARENT", "traceparent"), {"TRACESTATE", "tracestate"}}) {
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') {
      request.headers.push_back({header, value});
    }
  }
  return client_.send(request);
}

Result<net::ClientResponse> Remote::exchange_elsewhere(net::ClientRequest request) {
  request.headers.push_back({"User-Agent", "souk-cli"});
  return client_.send(request);
}

Result<Document> Remote::send(std::string_view method, std::string_view path, std::string body,
                              std::vector<net::Header> headers) {
  net::ClientRequest request;
  request.method = method;
  request.url = path;
  request.headers = std::move(headers);
  if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body);
  const net::ClientResponse response = SOUK_TRY(exchange(std::move(request)));
  if (response.status >= 300) return error_of(response, std::string(method) + " " + std::string(path));
  return Document::parse(response.body.empty() ? "null" : response.body);
}

Result<Document> Remote::get(std::string_view path) {
  return send("GET", path, "");
}

Result<Document> Remote::list(std::string_view path, std::string_view noun, std::size_t limit) {
  std::string merged;
  json::Writer out(merged);
  out.begin_object();
  out.key(noun);
  out.begin_array();
  std::size_t count = 0;
  std::string token;
  do {
    std::string page(path);
    page += page.find('?') == std::string::npos ? '?' : '&';
    page += "page_size=" + std::to_string(std::min<std::size_t>(limit, 1000));
    if (!token.empty()) page += "&page_token=" + net::encode_query_value(token);
    const Document document = SOUK_TRY(get(page));
    const auto elements = document.root().kind() == Kind::object ? document.root().find(noun) : std::nullopt;
    if (!elements) return internal("the answer to GET " + page + " has no " + std::string(noun));
    SOUK_TRY(elements->each_element([&](Value element) -> Status {
      if (count++ < limit) out.raw(element.raw());
      return {};
    }));
    token = text_member(document.root(), "next_page_token");
  } while (!token.empty() && count < limit);
  out.end_array();
  out.end_object();
  return Document::parse(merged);
}

}  // namespace souk::cli
