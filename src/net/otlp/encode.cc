// SPDX-License-Identifier: Apache-2.0
#include "net/otlp/encode.h"

#include <bit>
#include <cstring>

namespace souk::net {
namespace {

// Field numbers and values of the .proto files.
constexpr int kVarint = 0, kFixed64 = 1, kBytes = 2;
constexpr std::uint64_t kStatusError = 2;

void put_varint(std::string& out, std::uint64_t value) {
  for (; value > 127; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}
void put_number(std::string& out, unsigned field, std::uint64_t value) {
  put_varint(out, field << 3 | kVarint);
  put_varint(out, value);
}
void put_fixed64(std::string& out, unsigned field, std::uint64_t value) {
  put_varint(out, field << 3 | kFixed64);
  for (int i = 0; i < 8; ++i, value >>= 8) out += static_cast<char>(value);
}
void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
  put_varint(out, field << 3 | kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

int digit(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}
std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  return bytes;
}
std::string bytes_of(SpanId span) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i, span >>= 8) bytes[i] = static_cast<char>(span);
  return bytes;
}

void put_value(std::string& out, const std::string& value) {
  put_bytes(out, 1, value);
}
void put_value(std::string& out, bool value) {
  put_number(out, 2, value ? 1 : 0);
}
void put_value(std::string& out, std::int64_t value) {
  put_number(out, 3, static_cast<std::uint64_t>(value));
}
void put_value(std::string& out, double value) {
  put_fixed64(out, 4, std::bit_cast<std::uint64_t>(value));
}

void put_attributes(std::string& out, unsigned field, const std::vector<Attribute>& attributes) {
  for (const Attribute& one : attributes) {
    std::string value, pair;
    std::visit([&value](const auto& held) { put_value(value, held); }, one.value);
    put_bytes(pair, 1, one.key);
    put_bytes(pair, 2, value);
    put_bytes(out, field, pair);
  }
}

std::uint64_t nanoseconds(const Trace& trace, Span::Time at) {
  const auto since = trace.wall(at).time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

std::string encode(const Span& span) {
  const Trace& trace = *span.trace;
  std::string out;
  put_bytes(out, 1, bytes_of_hex(trace.id));
  put_bytes(out, 2, bytes_of(span.id));
  if (!trace.state.empty()) put_bytes(out, 3, trace.state);
  if (span.parent != 0) put_bytes(out, 4, bytes_of(span.parent));
  put_bytes(out, 5, span.name);
  put_number(out, 6, static_cast<std::uint64_t>(span.kind));
  put_fixed64(out, 7, nanoseconds(trace, span.begun));
  put_fixed64(out, 8, nanoseconds(trace, span.ended));
  put_attributes(out, 9, span.attributes);
  for (const SpanLink& link : span.links) {
    std::string one;
    put_bytes(one, 1, bytes_of_hex(link.trace->id));
    put_bytes(one, 2, bytes_of(link.span));
    if (!link.trace->state.empty()) put_bytes(one, 3, link.trace->state);
    put_bytes(out, 13, one);
  }
  if (span.failed) {
    std::string status;
    put_number(status, 3, kStatusError);
    put_bytes(out, 15, status);
  }
  return out;
}

bool take_varint(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 127) << shift;
    if (byte < 128) return true;
  }
  return false;
}

// Calls f(field, number, bytes) with the numbers and the bytes of a message, and stops at what is neither.
template <class F>
void each_field(std::string_view in, F f) {
  std::uint64_t tag = 0, value = 0;
  while (!in.empty() && take_varint(in, tag) && take_varint(in, value)) {
    if ((tag & 7) == kVarint) {
      f(tag >> 3, value, std::string_view());
    } else if ((tag & 7) == kBytes && value <= in.size()) {
      f(tag >> 3, std::uint64_t{0}, in.substr(0, value));
      in.remove_prefix(value);
    } else {
      return;
    }
  }
}

}  // namespace

std::string encode_spans(std::span<const Span> spans, const std::vector<Attribute>& service) {
  std::string resource, scope, in_scope, of_resource, out;
  put_attributes(resource, 1, service);
  put_bytes(scope, 1, "souk");
  put_bytes(in_scope, 1, scope);
  for (const Span& one : spans) put_bytes(in_scope, 2, encode(one));
  put_bytes(of_resource, 1, resource);
  put_bytes(of_resource, 2, in_scope);
  put_bytes(out, 1, of_resource);
  return out;
}

Refused refused_of(std::string_view response) {
  Refused out;
  each_field(response, [&](std::uint64_t field, std::uint64_t, std::string_view partial) {
    if (field != 1) return;
    each_field(partial, [&](std::uint64_t inner, std::uint64_t number, std::string_view text) {
      if (inner == 1) out.spans = static_cast<std::int64_t>(number);
      if (inner == 2) out.why = text.substr(0, 200);
    });
  });
  return out;
}

}  // namespace souk::net
