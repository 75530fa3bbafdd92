// SPDX-License-Identifier: Apache-2.0
//
// ModelInfer and ModelStreamInfer, on the connection's thread; requests with large tensors on the pool `requests`.
#pragma once

#include <cstdint>

#include "api/grpc/call.h"
#include "api/oip/oip.h"

namespace souk::api::oip {

// A stream may be quiet for long and has no end of its own.
inline constexpr net::BodyLimits kStreamLimits{
    .max_bytes = UINT64_MAX, .idle_timeout = std::chrono::hours(1), .total_timeout = std::chrono::milliseconds(0)};

void infer_once(const ContextPtr& context, const grpc::ServerCallPtr& call);
// Answers in the order of the requests; so many of them may be under way at a time (kInFlight), then reading pauses.
inline constexpr std::size_t kInFlight = 128;
void infer_stream(const ContextPtr& context, const grpc::ServerCallPtr& call);

}  // namespace souk::api::oip
