// SPDX-License-Identifier: Apache-2.0
//
// Spans to an OpenTelemetry collector: OTLP/HTTP with protobuf bodies (opentelemetry.io/docs/specs/otlp). One thread
// sends what has gathered, a second's worth or 512 spans at a time. No request waits for it: what a collector that is
// gone or slow does not take is dropped and counted. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/settings.h"
#include "base/trace.h"

namespace souk::net {

struct TraceSettings {
  std::string endpoint;              // empty: nothing is traced
  double ratio = 1;                  // of the requests whose caller does not say whether they are sampled
  std::vector<std::string> headers;  // "Name=value", for collectors that want a key
  std::string headers_file;          // the same, one "Name: value" a line
  std::string ca_file;               // empty: the system's
  std::int64_t queue = 16'384;       // spans that wait
};
void declare(settings::Table& table, TraceSettings& s);

class TraceExporter : public SpanSink {
 public:
  // Null where no endpoint is set. `service`: attributes of this process ("service.version", "service.instance.id").
  // Errors: invalid_argument (endpoint, headers)
  static Result<std::unique_ptr<TraceExporter>> open(TraceSettings settings, std::vector<Attribute> service,
                                                     Logger& log, Metrics& metrics);
  // Sends what is left, for two seconds at most.
  ~TraceExporter() override;

  // Null: the request is not sampled, which is nearly free to find out. `parent`: what its traceparent says, whose flag
  // decides; `state`: its tracestate.
  TracePtr begin(const std::string& trace_id, const std::optional<TraceParent>& parent, std::string_view state);
  void take(Span span) override;

 private:
  struct State;
  explicit TraceExporter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace souk::net
