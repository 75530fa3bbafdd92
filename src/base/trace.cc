// SPDX-License-Identifier: Apache-2.0
#include "base/trace.h"

#include <charconv>
#include <random>

namespace souk {

namespace {

constexpr std::size_t kLength = 55;  // of a traceparent of version 00

std::uint64_t random_bits() {
  thread_local std::mt19937_64 source{std::random_device{}()};
  return source();
}

void put_hex(char* to, std::uint64_t bits) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (int i = 15; i >= 0; --i, bits >>= 4) to[i] = kHex[bits & 15];
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::uint64_t number_of(std::string_view hex) {
  std::uint64_t number = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  return number;
}

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view header) {
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') return {};
  const std::string_view version = header.substr(0, 2), id = header.substr(3, 32), span = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (!is_hex(version) || !is_hex(id) || !is_hex(span) || !is_hex(flags) || version == "ff") return {};
  // A later version may add to the end.
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return {};
  const TraceParent parent{id, number_of(span), (number_of(flags) & 1) != 0};
  if (parent.span == 0 || id.find_first_not_of('0') == std::string_view::npos) return {};
  return parent;
}

std::string new_trace_id() {
  std::string id(32, '0');
  put_hex(id.data(), random_bits());
  put_hex(id.data() + 16, random_bits() | 1);  // never all zero
  return id;
}

SpanId new_span_id() {
  return random_bits() | 1;
}

std::string hex_of(SpanId span) {
  std::string text(16, '0');
  put_hex(text.data(), span);
  return text;
}

Trace::Trace(std::string id, SpanId parent, std::string state, SpanSink& sink)
    : id(std::move(id)), parent(parent), state(std::move(state)), sink_(sink) {}

}  // namespace souk
