// SPDX-License-Identifier: Apache-2.0
//
// The spans of an inference, children of its request's: `queue` (from when it was taken on), `run` (the model), and
// `batch` around the run of several. A batch is one span, in the trace of its first member that is sampled; it links to
// the requests of all its members that are, and their own `run` links to it. Only for requests that are sampled.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/trace.h"
#include "serving/batching/round.h"

namespace souk::serving {

// A batch that ran, where one of its members is sampled.
struct BatchSpan {
  TracePtr trace;  // of the member that it belongs to; null: none is sampled
  SpanId id = 0;
};
// `begun`: when the members were taken out of the queue; `started`, `ended`: the model's run.
BatchSpan add_batch_span(const std::vector<Waiting>& members, std::int64_t rows, Span::Time begun, Span::Time started,
                         Span::Time ended, bool failed);

// What one request did, answered or failed; `ran`: it came to the model. Its `run` is not added where a batch was its.
void add_spans(const Waiting& one, bool ran, Span::Time started, Span::Time ended, std::optional<Code> error,
               const BatchSpan& batch);

}  // namespace souk::serving
