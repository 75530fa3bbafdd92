// SPDX-License-Identifier: Apache-2.0
#include "serving/seen/spans.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "serving/test_serving.h"

namespace souk::serving {
namespace {

struct Sink : SpanSink {
  void take(Span span) override {
    std::lock_guard lock(mutex);
    spans.push_back(std::move(span));
  }
  std::vector<Span> of(const TracePtr& trace, std::string_view name) {
    std::lock_guard lock(mutex);
    std::vector<Span> found;
    std::ranges::copy_if(spans, std::back_inserter(found),
                         [&](const Span& one) { return one.trace == trace && one.name == name; });
    return found;
  }
  Span one(const TracePtr& trace, std::string_view name) {
    auto found = of(trace, name);
    if (found.size() != 1) throw std::runtime_error(std::to_string(found.size()) + " spans " + std::string(name));
    return found[0];
  }
  std::mutex mutex;
  std::vector<Span> spans;
};

std::string text_of(const Span& span, std::string_view key) {
  for (const Attribute& one : span.attributes) {
    if (one.key != key) continue;
    if (const auto* number = std::get_if<std::int64_t>(&one.value)) return std::to_string(*number);
    return std::get<std::string>(one.value);
  }
  return "";
}

struct Traced : TestServing {
  explicit Traced(std::int64_t batch)
      : TestServing(store::Dialect::sqlite, {.run_in_place_us = 1'000'000, .join_within_us = 1'000'000'000}) {
    const std::string declared = R"({"batching":{"max_batch_size":)" + std::to_string(batch) + "}}";
    push_files("digits", "1", {{"model.onnx", model_bytes("mlp")}, {"souk.yaml", declared}});
    deploy("digits:1");
  }
  TracePtr trace() { return std::make_shared<const Trace>(new_trace_id(), 0, "", sink); }
  Pinned pin(const TracePtr& trace) {
    access::Call mine = call;
    mine.trace = trace;
    return must(serving->pin(mine, "digits"));
  }
  Sink sink;
};

TEST(Spans, OfOneAlone) {
  Traced w(1);
  const auto trace = w.trace();
  const auto pinned = w.pin(trace);
  ASSERT_TRUE(w.infer(pinned));
  const Span queue = w.sink.one(trace, "queue"), run = w.sink.one(trace, "run");
  EXPECT_EQ(w.sink.spans.size(), 2u);
  for (const Span& span : {queue, run}) {
    EXPECT_EQ(span.parent, trace->span);
    EXPECT_EQ(text_of(span, "souk.deployment"), "default/digits");
    EXPECT_FALSE(span.failed);
    EXPECT_TRUE(span.links.empty());
  }
  EXPECT_LE(queue.begun, queue.ended);
  EXPECT_EQ(queue.ended, run.begun);
  EXPECT_LT(run.begun, run.ended);
  EXPECT_EQ(text_of(run, "souk.version.digest"), pinned->digest);
  EXPECT_EQ(text_of(run, "souk.model"), "default/digits");
  EXPECT_EQ(text_of(run, "souk.version"), "1");
  EXPECT_EQ(text_of(run, "souk.revision"), "1");
}

TEST(Spans, OfOneThatIsNotSampledThereAreNone) {
  Traced w(1);
  ASSERT_TRUE(w.infer(w.pin(nullptr)));
  EXPECT_TRUE(w.sink.spans.empty());
}

TEST(Spans, ABatchLinksToItsMembers) {
  Traced w(8);
  static const std::vector<float> pixels(64, 0.5F);
  const runtimes::InferRequest request{
      {{"pixels", runtimes::Datatype::FP32, {1, 64}, std::as_bytes(std::span(pixels)), {}}}, {}};
  ASSERT_TRUE(w.infer(w.pin(nullptr)));  // a thread that has just run one joins what comes
  const TracePtr first = w.trace(), second = w.trace();
  std::vector<Pinned> pinned;
  for (const TracePtr& trace : {TracePtr(), first, second}) pinned.push_back(w.pin(trace));
  std::vector<std::function<void()>> put_off;
  int answered = 0;
  for (const Pinned& one : pinned) {
    w.serving->infer(one, request, {.later = [&](std::function<void()> f) { put_off.push_back(std::move(f)); }},
                     [&](runtimes::InferResult result) { answered += result.has_value(); });
  }
  while (!put_off.empty()) {
    for (auto& f : std::exchange(put_off, {})) f();
  }
  ASSERT_EQ(answered, 3);
  const Span batch = w.sink.one(first, "batch"), run = w.sink.one(first, "run"), other = w.sink.one(second, "run");
  EXPECT_TRUE(w.sink.of(second, "batch").empty()) << "it is one span, in one trace";
  EXPECT_EQ(batch.parent, first->span);
  ASSERT_EQ(batch.links.size(), 2u) << "the third is not sampled";
  EXPECT_EQ(batch.links[0].trace, first);
  EXPECT_EQ(batch.links[0].span, first->span);
  EXPECT_EQ(batch.links[1].trace, second);
  EXPECT_EQ(batch.links[1].span, second->span);
  EXPECT_EQ(text_of(batch, "souk.batch.requests"), "3");
  EXPECT_EQ(text_of(batch, "souk.batch.rows"), "3");
  EXPECT_EQ(run.parent, batch.id);
  EXPECT_LE(batch.begun, run.begun);
  EXPECT_GE(batch.ended, run.ended);
  EXPECT_EQ(other.parent, second->span);
  ASSERT_EQ(other.links.size(), 1u);
  EXPECT_EQ(other.links[0].trace, first);
  EXPECT_EQ(other.links[0].span, batch.id);
  EXPECT_LE(w.sink.one(first, "queue").begun, batch.begun);
  EXPECT_EQ(w.sink.one(second, "queue").parent, second->span);
  const std::string shown = w.database.metrics.render(Exposition::openmetrics);
  EXPECT_NE(
      shown.find(R"(souk_serving_revision_batch_rows_bucket{deployment="default/digits",revision="1",le="4.0"} 2)"),
      std::string::npos);
  EXPECT_NE(shown.find("# {trace_id=\"" + second->id + "\",span_id=\"" + hex_of(second->span) + "\"} "),
            std::string::npos);
}

TEST(Spans, OneThatFailedSaysHow) {
  Traced w(1);
  const auto trace = w.trace();
  const auto pinned = w.pin(trace);
  static const std::vector<float> pixels(64, 0.5F);
  const runtimes::InferRequest request{
      {{"pixels", runtimes::Datatype::FP32, {1, 64}, std::as_bytes(std::span(pixels)), {}}}, {}};
  ASSERT_FALSE(w.infer(pinned, request, std::chrono::steady_clock::now() - std::chrono::seconds(1)));
  const Span run = w.sink.one(trace, "run");
  EXPECT_TRUE(run.failed);
  EXPECT_EQ(text_of(run, "error.type"), "DEADLINE_EXCEEDED");
}

TEST(Series, OfARevisionAreThereAsLongAsIt) {
  TestServing w(store::Dialect::sqlite);
  w.push_model("digits", "1", w.model_bytes("mlp"));
  w.push_model("digits", "2", w.model_bytes("mlp") + w.harmless_field());
  w.deploy("digits:1");
  ASSERT_TRUE(w.scores("digits"));
  const auto shows = [&](const std::string& part) {
    return w.database.metrics.render().find(part) != std::string::npos;
  };
  const std::string first =
      R"(souk_serving_revision_requests_total{deployment="default/digits",revision="1",code="OK"} 1)";
  EXPECT_TRUE(shows(first));
  EXPECT_TRUE(shows(R"(souk_serving_revision_info{deployment="default/digits",revision="1",model="default/digits",)"
                    R"(version="1",digest="sha256:)"));
  EXPECT_TRUE(shows(R"(souk_serving_revision_memory_bytes{deployment="default/digits",revision="1"})"));
  w.deploy("digits:2");
  ASSERT_TRUE(w.scores("digits"));
  w.wait_until([&] { return !shows(R"(revision="1")"); });
  EXPECT_TRUE(shows(R"(souk_serving_revision_requests_total{deployment="default/digits",revision="2",code="OK"} 1)"));
  EXPECT_TRUE(shows(R"(souk_serving_requests_total{deployment="default/digits",code="OK"} 2)"));
}

}  // namespace
}  // namespace souk::serving
