// SPDX-License-Identifier: Apache-2.0
#include "net/otlp/encode.h"

#include <random>

#include "base/json.h"

namespace souk::net {
namespace {

// SpanKind and StatusCode of opentelemetry/proto/trace/v1/trace.proto.
constexpr int kInternal = 1, kServer = 2, kError = 2;

// 8 random bytes as hex, never all zero.
std::string new_span_id() {
  thread_local std::mt19937_64 source{std::random_device{}()};
  static constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t bits = source() | 1;
  std::string id(16, '0');
  for (char& digit : id) {
    digit = kHex[bits & 15];
    bits >>= 4;
  }
  return id;
}

class Encoder {
 public:
  Encoder(std::string& out, std::chrono::steady_clock::time_point steady, std::chrono::system_clock::time_point wall)
      : out_(out), steady_(steady), wall_(wall) {}

  void all(std::span<const EndedTrace> traces, const std::vector<Attribute>& service) {
    out_.begin_object();
    out_.key("resourceSpans");
    out_.begin_array();
    out_.begin_object();
    out_.key("resource");
    out_.begin_object();
    attributes(service);
    out_.end_object();
    out_.key("scopeSpans");
    out_.begin_array();
    out_.begin_object();
    out_.key("scope");
    out_.begin_object();
    member("name", "souk");
    out_.end_object();
    out_.key("spans");
    out_.begin_array();
    for (const EndedTrace& one : traces) trace(one);
    out_.end_array();
    out_.end_object();
    out_.end_array();
    out_.end_object();
    out_.end_array();
    out_.end_object();
  }

 private:
  void member(std::string_view key, std::string_view text) {
    out_.key(key);
    out_.value(text);
  }

  void trace(const EndedTrace& ended) {
    const std::string own = new_span_id();
    span(*ended.trace, ended.request.span, own, ended.trace->parent(), kServer, ended.request.failed);
    for (const Span& part : ended.trace->take_parts()) span(*ended.trace, part, new_span_id(), own, kInternal, false);
  }

  void span(const Trace& trace, const Span& one, const std::string& id, const std::string& parent, int kind,
            bool failed) {
    out_.begin_object();
    member("traceId", trace.id());
    member("spanId", id);
    if (!parent.empty()) member("parentSpanId", parent);
    member("name", one.name);
    out_.key("kind");
    out_.value(kind);
    member("startTimeUnixNano", nanoseconds(one.begun));
    member("endTimeUnixNano", nanoseconds(one.ended));
    attributes(one.attributes);
    if (failed) {
      out_.key("status");
      out_.begin_object();
      out_.key("code");
      out_.value(kError);
      out_.end_object();
    }
    out_.end_object();
  }

  void attributes(const std::vector<Attribute>& list) {
    out_.key("attributes");
    out_.begin_array();
    for (const Attribute& one : list) {
      out_.begin_object();
      member("key", one.key);
      out_.key("value");
      out_.begin_object();
      std::visit([this](const auto& value) { any(value); }, one.value);
      out_.end_object();
      out_.end_object();
    }
    out_.end_array();
  }
  void any(const std::string& value) { member("stringValue", value); }
  void any(std::int64_t value) { member("intValue", std::to_string(value)); }
  void any(double value) {
    out_.key("doubleValue");
    out_.value(value);
  }
  void any(bool value) {
    out_.key("boolValue");
    out_.value(value);
  }

  // 64-bit numbers are texts in protobuf's JSON.
  std::string nanoseconds(std::chrono::steady_clock::time_point at) const {
    const auto since = wall_.time_since_epoch() - (steady_ - at);
    return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
  }

  json::Writer out_;
  std::chrono::steady_clock::time_point steady_;
  std::chrono::system_clock::time_point wall_;
};

}  // namespace

std::string encode_traces(std::span<const EndedTrace> traces, const std::vector<Attribute>& service,
                          std::chrono::steady_clock::time_point steady, std::chrono::system_clock::time_point wall) {
  std::string out;
  Encoder(out, steady, wall).all(traces, service);
  return out;
}

}  // namespace souk::net
