// SPDX-License-Identifier: Apache-2.0
//
// ExportTraceServiceRequest in protobuf's wire format (opentelemetry/proto/collector/trace/v1, opentelemetry/proto/
// trace/v1, 1.x), and what the collector says of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/trace.h"

namespace souk::net {

std::string encode_spans(std::span<const Span> spans, const std::vector<Attribute>& service);

// How many spans of a request the collector did not want (ExportTraceServiceResponse.partial_success), and why.
struct Refused {
  std::int64_t spans = 0;
  std::string why;
};
Refused refused_of(std::string_view response);

}  // namespace souk::net
