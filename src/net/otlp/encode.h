// SPDX-License-Identifier: Apache-2.0
//
// ExportTraceServiceRequest as JSON (opentelemetry/proto/collector/trace/v1, opentelemetry/proto/trace/v1).
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/otlp/exporter.h"

namespace souk::net {

struct EndedTrace {
  std::shared_ptr<Trace> trace;
  RequestSpan request;
};

// The request's span is the server's, its parts are that one's children. `steady` and `wall` are one moment by both
// clocks.
std::string encode_traces(std::span<const EndedTrace> traces, const std::vector<Attribute>& service,
                          std::chrono::steady_clock::time_point steady, std::chrono::system_clock::time_point wall);

}  // namespace souk::net
