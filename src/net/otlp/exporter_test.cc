// SPDX-License-Identifier: Apache-2.0
#include "net/otlp/exporter.h"

#include <gtest/gtest.h>

#include <fstream>

#include "net/otlp/encode.h"

namespace souk::net {
namespace {

const std::string kId = "0af7651916cd43dd8448eb211c80319c";
constexpr SpanId kParent = 0xb7ad6b7169203331u;
constexpr const char* kNowhere = "http://127.0.0.1:1";

struct Exporter {
  explicit Exporter(TraceSettings settings) {
    auto made = TraceExporter::open(std::move(settings), {}, log, metrics);
    EXPECT_TRUE(made) << made.error().describe();
    exporter = std::move(*made);
  }
  TracePtr begin(std::optional<TraceParent> parent = {}, std::string_view state = "") {
    return exporter->begin(parent ? kId : new_trace_id(), parent, state);
  }
  Logger log{Logger::Level::off};
  Metrics metrics;
  std::unique_ptr<TraceExporter> exporter;
};

TraceParent parent(bool sampled) {
  return {kId, kParent, sampled};
}

TEST(TraceExporter, WithoutAnEndpointThereIsNone) {
  EXPECT_FALSE(Exporter({}).exporter);
}

TEST(TraceExporter, SettingsThatMakeNoSenseAreSaid) {
  Logger log{Logger::Level::off};
  Metrics metrics;
  const std::string file = testing::TempDir() + "/otlp-headers";
  std::ofstream(file) << "Authorization: Bearer key\n\nnot a header\n";
  for (const TraceSettings& bad : {TraceSettings{.endpoint = "127.0.0.1:4318"}, TraceSettings{.endpoint = "http://"},
                                   TraceSettings{.endpoint = kNowhere, .headers = {"no header"}},
                                   TraceSettings{.endpoint = kNowhere, .headers_file = "/not/there"},
                                   TraceSettings{.endpoint = kNowhere, .headers_file = file}}) {
    auto made = TraceExporter::open(bad, {}, log, metrics);
    ASSERT_FALSE(made) << bad.endpoint;
    EXPECT_EQ(made.error().code, Code::invalid_argument);
    EXPECT_TRUE(made.error().field.starts_with("traces.")) << made.error().field;
  }
}

TEST(TraceExporter, TheCallersFlagDecides) {
  Exporter on({.endpoint = kNowhere, .ratio = 0});
  EXPECT_FALSE(on.begin());
  EXPECT_FALSE(on.begin(parent(false)));
  const auto trace = on.begin(parent(true), "vendor=1");
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->id, kId);
  EXPECT_EQ(trace->parent, kParent);
  EXPECT_EQ(trace->state, "vendor=1");
  EXPECT_EQ(on.begin(parent(true), std::string(2000, 'x'))->state, "");
}

TEST(TraceExporter, WithoutACallersWordTheRatioDecides) {
  Exporter all({.endpoint = kNowhere});
  EXPECT_TRUE(all.begin());
  Exporter half({.endpoint = kNowhere, .ratio = 0.5});
  int traced = 0;
  for (int i = 0; i < 2000; ++i) traced += half.begin() != nullptr;
  EXPECT_GT(traced, 800);
  EXPECT_LT(traced, 1200);
  Exporter other({.endpoint = kNowhere, .ratio = 0.5});
  for (int i = 0; i < 100; ++i) {
    const std::string id = new_trace_id();
    EXPECT_EQ(half.exporter->begin(id, {}, "") != nullptr, other.exporter->begin(id, {}, "") != nullptr);
  }
}

TEST(TraceExporter, ACollectorThatIsGoneHoldsNothingUp) {
  Exporter gone({.endpoint = kNowhere, .queue = 100});
  const auto trace = gone.begin();
  for (int i = 0; i < 20'000; ++i) trace->add({.trace = trace, .id = new_span_id(), .name = "run"});
  const std::string shown = gone.metrics.render();
  const std::size_t at = shown.find("\nsouk_net_spans_dropped_total ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_GT(std::stoi(shown.substr(at + 30)), 19'000);
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes) {
    char text[3];
    std::snprintf(text, sizeof text, "%02x", c);
    out += text;
  }
  return out;
}

TEST(Otlp, SpansAreEncodedAsTheProtocolSays) {
  Exporter exporter({.endpoint = kNowhere});
  const auto trace = exporter.begin(parent(true), "a=b");
  const auto now = std::chrono::steady_clock::now();
  Span span{
      .trace = trace, .id = 0x0102030405060708u, .parent = trace->parent, .name = "run", .begun = now, .ended = now};
  span.attributes = {{"t", std::string("x")}, {"b", true}, {"n", std::int64_t{-1}}, {"d", 1.0}};
  span.links = {{trace, 9}};
  span.failed = true;
  const std::string all = hex(encode_spans(std::span(&span, 1), {{"service.name", std::string("souk")}}));
  const auto has = [&](const std::string& part) { return all.find(part) != std::string::npos; };
  EXPECT_TRUE(
      has("0a10" + kId + "12080102030405060708" + "1a03613d62" + "2208b7ad6b7169203331" + "2a0372756e" + "3001" + "39"))
      << all;
  EXPECT_TRUE(has("4a080a0174120" + std::string("30a0178"))) << all;                  // "t": "x"
  EXPECT_TRUE(has("4a070a016212021001")) << all;                                      // "b": true
  EXPECT_TRUE(has("4a100a016e120b18ffffffffffffffffff01")) << all;                    // "n": -1
  EXPECT_TRUE(has("4a0e0a0164120921000000000000f03f")) << all;                        // "d": 1.0
  EXPECT_TRUE(has("6a210a10" + kId + "12080000000000000009" + "1a03613d62")) << all;  // the link
  EXPECT_TRUE(all.ends_with("7a021802")) << all;                                      // Status{ERROR}
  EXPECT_TRUE(has("0a0c736572766963652e6e616d6512060a04736f756b")) << all;            // the service
}

TEST(Otlp, WhatTheCollectorRefusesIsRead) {
  EXPECT_EQ(refused_of("").spans, 0);
  EXPECT_EQ(refused_of("{\"partialSuccess\":{}}").spans, 0);
  const std::string partial("\x0a\x07\x08\x85\x01\x12\x02no", 9);
  EXPECT_EQ(refused_of(partial).spans, 133);
  EXPECT_EQ(refused_of(partial).why, "no");
  for (std::size_t i = 0; i < partial.size(); ++i) refused_of(partial.substr(0, i));
}

}  // namespace
}  // namespace souk::net
