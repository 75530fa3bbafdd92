// SPDX-License-Identifier: Apache-2.0
#include "base/trace.h"

#include <gtest/gtest.h>

#include <set>

namespace souk {
namespace {

constexpr const char* kId = "0af7651916cd43dd8448eb211c80319c";

std::string parent(const std::string& version, const std::string& flags, const std::string& more = "") {
  return version + "-" + kId + "-b7ad6b7169203331-" + flags + more;
}

TEST(TraceParent, IsReadAsTheStandardSays) {
  const std::string text = parent("00", "01");
  const auto read = parse_traceparent(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->trace_id, kId);
  EXPECT_EQ(read->span, 0xb7ad6b7169203331u);
  EXPECT_TRUE(read->sampled);
  EXPECT_FALSE(parse_traceparent(parent("00", "00"))->sampled);
  EXPECT_TRUE(parse_traceparent(parent("00", "0b"))->sampled);
  EXPECT_TRUE(parse_traceparent(parent("01", "01", "-what-comes"))) << "of a later version";
}

TEST(TraceParent, WhatIsNotOneIsNone) {
  const std::string zeros(32, '0');
  for (const std::string& bad :
       {std::string(), std::string("00-xyz"), parent("ff", "01"), parent("00", "01", "-more"),
        parent("01", "01", "more"), parent("0g", "01"), parent("00", "zz"), parent("00", "0"),
        "00-" + zeros + "-b7ad6b7169203331-01", std::string("00-") + kId + "-0000000000000000-01",
        std::string("00-") + kId + "-B7AD6B7169203331-01", std::string("00-") + kId + "_b7ad6b7169203331-01",
        std::string("00-") + kId + "-b7ad6b7169203331_01"}) {
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
  }
}

TEST(TraceIds, AreUniqueAndNotZero) {
  std::set<std::string> traces;
  std::set<SpanId> spans;
  for (int i = 0; i < 1000; ++i) {
    traces.insert(new_trace_id());
    spans.insert(new_span_id());
  }
  EXPECT_EQ(traces.size(), 1000u);
  EXPECT_EQ(spans.size(), 1000u);
  EXPECT_FALSE(spans.contains(0));
  for (const std::string& id : traces) {
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
  EXPECT_EQ(hex_of(0xb7ad6b7169203331u), "b7ad6b7169203331");
  EXPECT_EQ(hex_of(1), "0000000000000001");
}

TEST(Traces, SpansNestByTheWallsClockAsByTheSteady) {
  struct Sink : SpanSink {
    std::vector<Span> spans;
    void take(Span span) override { spans.push_back(std::move(span)); }
  } sink;
  const auto trace = std::make_shared<const Trace>(kId, 7, "a=b", sink);
  const auto now = std::chrono::steady_clock::now();
  EXPECT_EQ(trace->wall(now + std::chrono::nanoseconds(3)) - trace->wall(now), std::chrono::nanoseconds(3));
  trace->add(
      {.trace = trace, .id = trace->span, .parent = trace->parent, .name = "request", .begun = now, .ended = now});
  ASSERT_EQ(sink.spans.size(), 1u);
  EXPECT_EQ(sink.spans[0].trace->state, "a=b");
}

}  // namespace
}  // namespace souk
