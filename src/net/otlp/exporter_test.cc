// SPDX-License-Identifier: Apache-2.0
#include "net/otlp/exporter.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "net/otlp/encode.h"

namespace souk::net {
namespace {

constexpr std::string_view kId = "0af7651916cd43dd8448eb211c80319c";
std::string parent(const std::string& flags) {
  return "00-" + std::string(kId) + "-b7ad6b7169203331-" + flags;
}

struct Exporter {
  explicit Exporter(TraceSettings settings) : exporter(std::move(settings), {}, log, metrics) {}
  Logger log{Logger::Level::off};
  Metrics metrics;
  TraceExporter exporter;
};

TEST(Traces, WithoutAnEndpointNothingIsTraced) {
  Exporter off({});
  EXPECT_FALSE(off.exporter.begin(kId, parent("01")));
}

TEST(Traces, TheCallersFlagDecides) {
  Exporter on({.endpoint = "http://127.0.0.1:1/v1/traces", .ratio = 0});
  EXPECT_FALSE(on.exporter.begin(kId, ""));
  EXPECT_FALSE(on.exporter.begin(kId, parent("00")));
  const auto trace = on.exporter.begin(kId, parent("01"));
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->id(), kId);
  EXPECT_EQ(trace->parent(), "b7ad6b7169203331");
  EXPECT_TRUE(on.exporter.begin(kId, parent("0b")));
  EXPECT_FALSE(on.exporter.begin(kId, parent("zz")));
  EXPECT_FALSE(on.exporter.begin(kId, "00-" + std::string(kId) + "-nothexnothexnoth-01"));
}

TEST(Traces, WithoutACallersWordTheRatioDecides) {
  Exporter all({.endpoint = "http://127.0.0.1:1/v1/traces"});
  EXPECT_TRUE(all.exporter.begin(kId, ""));
  Exporter half({.endpoint = "http://127.0.0.1:1/v1/traces", .ratio = 0.5});
  int traced = 0;
  for (int i = 0; i < 2000; ++i) traced += half.exporter.begin(kId, "") != nullptr;
  EXPECT_GT(traced, 800);
  EXPECT_LT(traced, 1200);
}

TEST(Traces, AreEncodedAsTheProtocolSays) {
  const auto steady = std::chrono::steady_clock::now();
  const std::chrono::system_clock::time_point wall{std::chrono::seconds(1'700'000'000)};
  auto trace = std::make_shared<Trace>(std::string(kId), "b7ad6b7169203331");
  trace->add("run", steady - std::chrono::microseconds(5), steady, {{"souk.batch.rows", std::int64_t{4}}});
  RequestSpan request{{"POST /v2", steady - std::chrono::milliseconds(1), steady, {{"http.route", std::string("/v2")}}},
                      true};
  const std::vector<EndedTrace> ended{{trace, request}};
  const auto document =
      json::Document::parse(encode_traces(ended, {{"service.name", std::string("souk")}}, steady, wall));
  ASSERT_TRUE(document.has_value());
  std::vector<std::string> spans;
  std::string ids[2], parents[2];
  const auto resource = document->root().find("resourceSpans");
  ASSERT_TRUE(resource);
  (void)resource->each_element([&](json::Value one) -> Status {
    EXPECT_NE(one.raw().find(R"("key":"service.name","value":{"stringValue":"souk"})"), std::string::npos);
    return one.find("scopeSpans")->each_element([&](json::Value scope) -> Status {
      return scope.find("spans")->each_element([&](json::Value span) -> Status {
        ids[spans.size()] = span.find("spanId")->string();
        parents[spans.size()] = span.find("parentSpanId")->string();
        spans.emplace_back(span.raw());
        return {};
      });
    });
  });
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(parents[0], "b7ad6b7169203331");
  EXPECT_EQ(parents[1], ids[0]);
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(spans[0].find(R"("startTimeUnixNano":"1699999999999000000","endTimeUnixNano":"1700000000000000000")"),
            std::string::npos);
  EXPECT_NE(spans[0].find(R"("status":{"code":2})"), std::string::npos);
  EXPECT_NE(spans[1].find(R"("souk.batch.rows","value":{"intValue":"4"})"), std::string::npos);
  EXPECT_EQ(spans[1].find("status"), std::string::npos);
}

TEST(Traces, ACollectorThatIsGoneHoldsNothingUp) {
  Exporter gone({.endpoint = "http://127.0.0.1:1/v1/traces"});
  for (int i = 0; i < 20'000; ++i) gone.exporter.end(gone.exporter.begin(kId, ""), {});
  EXPECT_NE(gone.metrics.render().find("souk_traces_dropped_total"), std::string::npos);
}

}  // namespace
}  // namespace souk::net
