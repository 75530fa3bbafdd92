// SPDX-License-Identifier: Apache-2.0
#include "net/http1/writer.h"

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

void write_refusal(std::string& out, const Refusal& refusal, std::string_view date) {
  std::string body = refusal_body(refusal);
  AnswerFraming framing{.keep_alive = false, .content_length = body.size()};
  write_head(out, refusal.status, {{"Content-Type", "application/problem+json"}}, framing, date);
  out += body;
}

void write_chunk_frame(std::string& out, std::uint64_t size) {
  append_number(out, size, 16);
  out += "\r\n";
}

}  // namespace souk::net
