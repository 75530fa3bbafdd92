// SPDX-License-Identifier: Apache-2.0
#include "api/error_table.h"

namespace souk::api {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

int http_status(const Error& error) {
  if (error.field == "If-Match" && error.code == Code::failed_precondition) return 412;
  if (error.field == "body" && error.code == Code::resource_exhausted) return 413;
  if (error.field == "body" && error.code == Code::deadline_exceeded) return 408;
  if (error.code == Code::failed_precondition) return 409;
  if (error.code == Code::cancelled) return 400;  // the client ended the request
  return gateway_status(error.code);
}

int gateway_status(Code code) {
  switch (code) {
    case Code::cancelled:
      return 499;
    case Code::invalid_argument:
    case Code::failed_precondition:
    case Code::out_of_range:
      return 400;
    case Code::deadline_exceeded:
      return 504;
    case Code::not_found:
      return 404;
    case Code::already_exists:
    case Code::aborted:
      return 409;
    case Code::permission_denied:
      return 403;
    case Code::resource_exhausted:
      return 429;
    case Code::unimplemented:
      return 501;
    case Code::unavailable:
      return 503;
    case Code::unauthenticated:
      return 401;
    case Code::unknown:
    case Code::internal:
    case Code::data_loss:
      return 500;
  }
  return 500;
}

std::string_view http_reason(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Error";
  }
}

void add_retry_after(net::Response& response, const Error& error) {
  if (error.retry_after || error.code == Code::unavailable) {
    auto seconds = error.retry_after ? (error.retry_after->count() + 999) / 1000 : 1;
    response.add("Retry-After", std::to_string(seconds < 1 ? 1 : seconds));
  }
}

void add_error_headers(net::Response& response, const Error& error) {
  add_retry_after(response, error);
  if (error.code == Code::unauthenticated) response.add("WWW-Authenticate", "Bearer realm=\"souk\"");
}

net::Response problem(const Error& error, const access::Call& call) {
  int status = http_status(error);
  Problem body{.title = std::string(http_reason(status)),
               .status = status,
               .detail = error.describe(),
               .code = std::string(code_name(error.code)),
               .field = unless_empty(error.field),
               .hint = unless_empty(error.hint),
               .trace_id = call.trace_id};
  net::Response response = net::Response::text(status, "application/problem+json", json::write(body));
  add_error_headers(response, error);
  return response;
}

}  // namespace souk::api
