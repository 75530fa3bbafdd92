// SPDX-License-Identifier: Apache-2.0
//
// Traces to an OpenTelemetry collector: OTLP/HTTP with JSON bodies (opentelemetry-proto 1.x, "OTLP/HTTP", "JSON
// Protobuf Encoding"). One thread sends what has gathered, a second's worth or 256 traces at a time. No request waits
// for it: what a collector that is gone or slow does not take is dropped and counted. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/settings.h"
#include "base/trace.h"

namespace souk::net {

struct TraceSettings {
  std::string endpoint;  // empty: nothing is traced
  std::string header;    // "Name: value", for collectors that want a key
  double ratio = 1;      // of the requests whose caller does not say whether they are sampled
};
void declare(settings::Table& table, TraceSettings& s);

// The request itself, once it is answered.
struct RequestSpan {
  Span span;
  bool failed = false;
};

class TraceExporter {
 public:
  // `service`: attributes of this process ("service.version", "service.instance.id").
  TraceExporter(TraceSettings settings, std::vector<Attribute> service, Logger& log, Metrics& metrics);
  // Sends what is left, for two seconds at most.
  ~TraceExporter();

  // Null: the request is not sampled, which is nearly free to find out. `traceparent`: the header as it came; its flag
  // decides where it is valid (W3C Trace Context, 3.2.2.5.1).
  std::shared_ptr<Trace> begin(std::string_view trace_id, std::string_view traceparent);
  void end(std::shared_ptr<Trace> trace, RequestSpan request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::net
