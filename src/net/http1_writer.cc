// SPDX-License-Identifier: Apache-2.0
#include "net/http1_writer.h"

#include <charconv>

#include "net/fields.h"

namespace souk::net {
namespace {

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, number, base);
  out.append(digits, end.ptr);
}

// True when the value had to be changed.
bool append_value(std::string& out, std::string_view value) {
  out += value;
  if (is_field_value(value)) return false;
  std::replace_if(out.end() - static_cast<std::ptrdiff_t>(value.size()), out.end(), ends_field, ' ');
  return true;
}

enum class Belongs { handler, transport, connection, length };

Belongs whose(std::string_view name) {
  switch (name.size()) {
    case 4:
      return same_name(name, "date") ? Belongs::transport : Belongs::handler;
    case 7:
      return same_name(name, "upgrade") || same_name(name, "trailer") ? Belongs::transport : Belongs::handler;
    case 10:
      if (same_name(name, "connection")) return Belongs::connection;
      return same_name(name, "keep-alive") ? Belongs::transport : Belongs::handler;
    case 14:
      return same_name(name, "content-length") ? Belongs::length : Belongs::handler;
    case 17:
      return same_name(name, "transfer-encoding") ? Belongs::transport : Belongs::handler;
    default:
      return Belongs::handler;
  }
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// True when the fields gave the length.
bool write_fields(std::string& out, const std::vector<Header>& headers, bool takes_length, WrittenHead& written) {
  bool gave_length = false;
  for (const Header& header : headers) {
    Belongs belongs = whose(header.name);
    if (belongs == Belongs::connection && same_name(header.value, "close")) written.closes = true;
    bool length = belongs == Belongs::length && takes_length && !gave_length && is_number(header.value);
    if (belongs != Belongs::handler && !length) continue;
    if (!is_token(header.name)) {
      written.malformed = true;
      continue;
    }
    gave_length = gave_length || length;
    out += "\r\n";
    out += header.name;
    out += ": ";
    if (append_value(out, header.value)) written.malformed = true;
  }
  return gave_length;
}

void write_framing(std::string& out, int status, const AnswerFraming& framing, bool closes) {
  if (!forbids_body(status) && framing.content_length) {
    out += "\r\nContent-Length: ";
    append_number(out, *framing.content_length);
  } else if (!forbids_body(status) && framing.chunked) {
    out += "\r\nTransfer-Encoding: chunked";
  }
  if (!framing.keep_alive || closes) {
    out += "\r\nConnection: close";
  } else if (!framing.http11) {
    out += "\r\nConnection: keep-alive";
  }
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Status";
  }
}

bool forbids_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

WrittenHead write_head(std::string& out, int status, const std::vector<Header>& headers, AnswerFraming framing,
                       std::string_view date) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\nDate: ";
  out += date;
  // A HEAD or a 304 may name the length of the body that it does not have.
  bool no_body = framing.head_request || forbids_body(status);
  bool takes_length = no_body && status >= 200 && status != 204 && framing.content_length.value_or(0) == 0;
  WrittenHead written;
  if (write_fields(out, headers, takes_length, written)) framing.content_length.reset();
  write_framing(out, status, framing, written.closes);
  out += "\r\n\r\n";
  return written;
}

void write_refusal(std::string& out, int status, std::string_view detail, std::string_view date) {
  std::string body = "{\"type\":\"about:blank\",\"title\":\"";
  body += reason_phrase(status);
  body += "\",\"status\":";
  append_number(body, static_cast<std::uint64_t>(status));
  body += ",\"detail\":\"";
  body += detail;
  body += "\"}";
  AnswerFraming framing{.keep_alive = false, .content_length = body.size()};
  write_head(out, status, {{"Content-Type", "application/problem+json"}}, framing, date);
  out += body;
}

void write_chunk_frame(std::string& out, std::uint64_t size) {
  append_number(out, size, 16);
  out += "\r\n";
}

}  // namespace souk::net
