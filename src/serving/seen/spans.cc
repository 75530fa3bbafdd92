// SPDX-License-Identifier: Apache-2.0
#include "serving/seen/spans.h"

#include <algorithm>

namespace souk::serving {

namespace {

std::vector<Attribute> attributes_of(const Target& target) {
  return {{"souk.deployment", target.namespace_ + "/" + target.slug},
          {"souk.revision", target.revision},
          {"souk.model", target.model_namespace + "/" + target.model},
          {"souk.version", target.version},
          {"souk.version.digest", target.digest}};
}

}  // namespace

BatchSpan add_batch_span(const std::vector<Waiting>& members, std::int64_t rows, Span::Time begun, Span::Time started,
                         Span::Time ended, bool failed) {
  const auto first = std::ranges::find_if(members, [](const Waiting& one) { return one.trace != nullptr; });
  if (first == members.end()) return {};
  const BatchSpan batch{first->trace->shared_from_this(), new_span_id()};
  Span run{
      .trace = batch.trace, .id = new_span_id(), .parent = batch.id, .name = "run", .begun = started, .ended = ended};
  run.attributes = attributes_of(*first->replica->target);
  run.failed = failed;
  Span span{.trace = batch.trace, .id = batch.id, .parent = batch.trace->span, .name = "batch", .begun = begun};
  span.attributes = run.attributes;
  span.attributes.push_back({"souk.batch.requests", static_cast<std::int64_t>(members.size())});
  span.attributes.push_back({"souk.batch.rows", rows});
  for (const Waiting& one : members) {
    if (one.trace != nullptr) span.links.push_back({one.trace->shared_from_this(), one.trace->span});
  }
  span.failed = failed;
  span.ended = std::chrono::steady_clock::now();
  batch.trace->add(std::move(run));
  batch.trace->add(std::move(span));
  return batch;
}

void add_spans(const Waiting& one, bool ran, Span::Time started, Span::Time ended, std::optional<Code> error,
               const BatchSpan& batch) {
  if (one.trace == nullptr) return;
  const Trace& trace = *one.trace;
  const TracePtr kept = trace.shared_from_this();
  Span queue{
      .trace = kept, .id = new_span_id(), .parent = trace.span, .name = "queue", .begun = one.begun, .ended = started};
  queue.attributes = {{"souk.deployment", one.replica->metrics->name}};
  if (error && !ran) {
    queue.failed = true;
    queue.attributes.push_back({"error.type", std::string(code_name(*error))});
  }
  trace.add(std::move(queue));
  if (!ran || batch.trace == kept) return;
  Span run{.trace = kept, .id = new_span_id(), .parent = trace.span, .name = "run", .begun = started, .ended = ended};
  run.attributes = attributes_of(*one.replica->target);
  if (batch.trace) run.links.push_back({batch.trace, batch.id});
  if (error) {
    run.failed = true;
    run.attributes.push_back({"error.type", std::string(code_name(*error))});
  }
  trace.add(std::move(run));
}

}  // namespace souk::serving
