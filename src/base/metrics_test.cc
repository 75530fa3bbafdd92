// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/json.h"
#include "base/log.h"

namespace souk {
namespace {

TEST(Metrics, RendersEachFamilyOnce) {
  Metrics metrics;
  auto requests = metrics.counter("souk_net_requests_total", "Requests.\nAll of them", {"method", "path"});
  requests.with({"GET", "/a\"b\\c\nd"}).add(3);
  metrics.counter("souk_net_requests_total", "Requests.", {"method", "path"}).with({"GET", "/a\"b\\c\nd"}).add();
  metrics.gauge("souk_net_connections", "Open.").with().set(2.5);
  EXPECT_EQ(metrics.render(),
            "# HELP souk_net_connections Open.\n# TYPE souk_net_connections gauge\nsouk_net_connections 2.5\n"
            "# HELP souk_net_requests_total Requests.\\nAll of them\n# TYPE souk_net_requests_total counter\n"
            "souk_net_requests_total{method=\"GET\",path=\"/a\\\"b\\\\c\\nd\"} 4\n");
}

TEST(Metrics, HistogramIsCumulative) {
  Metrics metrics;
  const std::vector<double> bounds{1, 2};
  Histogram& series = metrics.histogram("h", "H.", {"x"}, bounds).with({"y"});
  for (const double value : {0.5, 1.0, 1.5, 7.0}) series.observe(value);
  EXPECT_EQ(metrics.render(),
            "# HELP h H.\n# TYPE h histogram\nh_bucket{x=\"y\",le=\"1\"} 2\nh_bucket{x=\"y\",le=\"2\"} 3\n"
            "h_bucket{x=\"y\",le=\"+Inf\"} 4\nh_sum{x=\"y\"} 10\nh_count{x=\"y\"} 4\n");
  EXPECT_DOUBLE_EQ(series.quantile(0.5), 1.0);
  EXPECT_DOUBLE_EQ(series.quantile(0.75), 2.0);
  EXPECT_DOUBLE_EQ(series.quantile(1), 2.0);
  EXPECT_DOUBLE_EQ(Histogram(bounds).quantile(0.5), 0);
}

TEST(Metrics, OpenMetricsNamesCountersWithoutTheirEndingAndEnds) {
  Metrics metrics;
  metrics.counter("souk_net_requests_total", "Say \"all\".", {"path"}).with({"/"}).add(3);
  const std::vector<double> bounds{0.5, 2};
  metrics.histogram("h_seconds", "H.", {}, bounds).with().observe(1);
  EXPECT_EQ(metrics.render(Exposition::openmetrics),
            "# HELP h_seconds H.\n# TYPE h_seconds histogram\nh_seconds_bucket{le=\"0.5\"} 0\n"
            "h_seconds_bucket{le=\"2.0\"} 1\nh_seconds_bucket{le=\"+Inf\"} 1\nh_seconds_sum 1\nh_seconds_count 1\n"
            "# HELP souk_net_requests Say \\\"all\\\".\n# TYPE souk_net_requests counter\n"
            "souk_net_requests_total{path=\"/\"} 3\n# EOF\n");
}

TEST(Metrics, ABucketKeepsTheLastTraceThatFellIntoIt) {
  struct Nowhere : SpanSink {
    void take(Span) override {}
  } nowhere;
  const auto first = std::make_shared<const Trace>(std::string(32, 'a'), 0, "", nowhere);
  const auto second = std::make_shared<const Trace>(std::string(32, 'b'), 0, "", nowhere);
  Metrics metrics;
  const std::vector<double> bounds{1, 2};
  Histogram& series = metrics.histogram("h", "H.", {"x"}, bounds).with({"y"});
  series.observe(1.5, first.get());
  series.observe(1.25, second.get());
  series.observe(7);
  const std::string shown = metrics.render(Exposition::openmetrics);
  EXPECT_NE(shown.find("h_bucket{x=\"y\",le=\"2.0\"} 2 # {trace_id=\"" + second->id + "\",span_id=\"" +
                       hex_of(second->span) + "\"} 1.25 "),
            std::string::npos)
      << shown;
  EXPECT_EQ(shown.find(first->id), std::string::npos);
  EXPECT_EQ(metrics.render().find(second->id), std::string::npos) << "Prometheus' own text has none";
}

TEST(Metrics, WhatIsHeldIsShownAsLong) {
  Metrics metrics;
  auto family = metrics.counter("c_total", "C.", {"x"});
  auto one = family.hold({"one"});
  auto same = family.hold({"one"});
  auto other = family.hold({"other"});
  one->add(2);
  EXPECT_EQ(one, same);
  one.reset();
  EXPECT_NE(metrics.render().find("c_total{x=\"one\"} 2\n"), std::string::npos);
  same.reset();
  EXPECT_EQ(metrics.render().find("one"), std::string::npos);
  EXPECT_NE(metrics.render().find("c_total{x=\"other\"} 0\n"), std::string::npos);
  EXPECT_EQ(family.hold({"one"})->value(), 0u);
}

TEST(Metrics, SeriesComeAndGoWhileOthersLook) {
  Metrics metrics;
  auto family = metrics.histogram("h", "H.", {"x"});
  std::atomic<bool> over{false};
  std::jthread looks([&] {
    while (!over) (void)metrics.render(Exposition::openmetrics);
  });
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([family]() mutable {
      for (int i = 0; i < 500; ++i) family.hold({i % 2 == 0 ? "even" : "odd"})->observe(1);
    });
  }
  threads.clear();
  over = true;
  looks.join();
  EXPECT_EQ(metrics.render().find("x="), std::string::npos);
}

TEST(Metrics, RefreshersRunAtEachRender) {
  Metrics metrics;
  Gauge& gauge = metrics.gauge("g", "G.").with();
  metrics.on_render([&gauge] { gauge.add(1); });
  metrics.render();
  EXPECT_NE(metrics.render().find("\ng 2\n"), std::string::npos);
}

TEST(Metrics, ThreadsLoseNoCount) {
  Metrics metrics;
  auto family = metrics.counter("c", "C.", {"thread"});
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([family]() mutable {
      for (int i = 0; i < 1000; ++i) family.with({"same"}).add();
    });
  }
  threads.clear();
  EXPECT_EQ(family.with({"same"}).value(), 4000u);
}

// The line that a logger writes into a pipe.
std::string logged(Logger::Format format, std::string_view message, Logger::Fields fields) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const Logger log(Logger::Level::info, format, ends[1]);
  log.debug("test", "not shown");
  log.warn("test", message, fields);
  close(ends[1]);
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(read(ends[0], text.data(), text.size())));
  close(ends[0]);
  return text;
}

struct Line {
  std::string time, level, room, message, name;
  std::int64_t count = 0;
  double ratio = 0;
  bool flag = false;
};
BOOST_DESCRIBE_STRUCT(Line, (), (time, level, room, message, name, count, ratio, flag))

TEST(Log, JsonLineCannotBeForged) {
  const std::string text = logged(Logger::Format::json, "a\n{\"level\":\"error\"}",
                                  {{"name", "x\"\n"}, {"count", 7}, {"ratio", 0.5}, {"flag", true}});
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const Line line = json::read<Line>(text).value();
  EXPECT_EQ(line.level, "warn");
  EXPECT_EQ(line.message, "a\n{\"level\":\"error\"}");
  EXPECT_EQ(line.name, "x\"\n");
  EXPECT_EQ(line.count, 7);
  EXPECT_TRUE(line.flag);
}

TEST(Log, PlainLineCannotBeForged) {
  const std::string text = logged(Logger::Format::plain, "a\nb\x1b[31m",
                                  {{"name", "plain"}, {"other", "two words\n"}, {"csi", "\xc2\x9b"}, {"n", 3}});
  EXPECT_EQ(text.substr(12),
            " warn  test  a\\nb\\u001b[31m  name=plain  other=\"two words\\n\"  csi=\"\\u009b\"  n=3\n");
}

}  // namespace
}  // namespace souk
