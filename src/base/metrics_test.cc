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
