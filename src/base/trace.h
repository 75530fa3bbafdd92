// SPDX-License-Identifier: Apache-2.0
//
// What requests did, as spans (W3C Trace Context, OpenTelemetry's data model). A Trace is made only for a request that
// is sampled, so code that may add to one has a pointer that is mostly null, and does nothing where it is. A span is
// handed on when it has ended. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace souk {

using SpanId = std::uint64_t;  // 0: none

// What the header `traceparent` says (Trace Context, 3.2).
struct TraceParent {
  std::string_view trace_id;  // 32 hex digits
  SpanId span = 0;
  bool sampled = false;
};
// Nothing where the header is not what the standard says.
std::optional<TraceParent> parse_traceparent(std::string_view header);
// 32 hex digits; unique, not secret.
std::string new_trace_id();
SpanId new_span_id();
std::string hex_of(SpanId span);

struct Attribute {
  std::string_view key;  // a literal; by OpenTelemetry's semantic conventions where they have one
  std::variant<std::string, std::int64_t, double, bool> value;
};

class Trace;
using TracePtr = std::shared_ptr<const Trace>;

// Another span that this one has to do with, perhaps of another trace.
struct SpanLink {
  TracePtr trace;
  SpanId span = 0;
};

enum class SpanKind { internal = 1, server = 2 };

struct Span {
  using Time = std::chrono::steady_clock::time_point;
  TracePtr trace;
  SpanId id = 0;
  SpanId parent = 0;
  std::string name;
  SpanKind kind = SpanKind::internal;
  Time begun, ended;
  std::vector<Attribute> attributes = {};
  std::vector<SpanLink> links = {};
  bool failed = false;
};

// Where spans go. It outlives every trace.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  // Never blocks for long: a span that cannot be taken is dropped.
  virtual void take(Span span) = 0;
};

// A request that is sampled.
class Trace : public std::enable_shared_from_this<Trace> {
 public:
  // `id`: 32 hex digits; `parent`: the caller's span, or none; `state`: the caller's tracestate.
  Trace(std::string id, SpanId parent, std::string state, SpanSink& sink);

  const std::string id;
  const SpanId parent;
  const SpanId span = new_span_id();  // the request's own
  const std::string state;

  void add(Span span) const { sink_.take(std::move(span)); }
  // The same moment by the wall's clock; all spans of a trace go by one reading of both clocks, so they nest.
  std::chrono::system_clock::time_point wall(Span::Time at) const { return wall_ + (at - steady_); }

 private:
  SpanSink& sink_;
  const Span::Time steady_ = std::chrono::steady_clock::now();
  const std::chrono::system_clock::time_point wall_ = std::chrono::system_clock::now();
};

}  // namespace souk
