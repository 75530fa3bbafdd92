// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/strategy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "serving/rollouts/prometheus.h"

namespace souk::serving {
namespace {

std::string fault(const std::string& text) {
  const auto read = json::read<Strategy>(text);
  EXPECT_TRUE(read) << text << ": " << (read ? "" : read.error().describe());
  const Status checked = read ? check(*read) : Status();
  return checked ? "" : checked.error().field;
}

TEST(Strategy, RefusesWhatCannotBe) {
  EXPECT_EQ(fault(R"({"kind":"IMMEDIATE"})"), "");
  EXPECT_EQ(fault(R"({"kind":"CANARY","steps":[{"weight":5,"duration_ms":1000},{"weight":50}]})"), "");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN"})"), "");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN","steps":[{"weight":0}]})"), "");
  EXPECT_EQ(fault(R"({"kind":"IMMEDIATE","keep_ms":1})"), "strategy.kind");
  EXPECT_EQ(fault(R"({"kind":"CANARY"})"), "strategy.steps");
  EXPECT_EQ(fault(R"({"kind":"CANARY","steps":[{"weight":101}]})"), "strategy.steps[0].weight");
  EXPECT_EQ(fault(R"({"kind":"CANARY","steps":[{"weight":50},{"weight":40}]})"), "strategy.steps[1].weight");
  EXPECT_EQ(fault(R"({"kind":"CANARY","steps":[{"weight":50,"duration_ms":-1}]})"), "strategy.steps[0].duration_ms");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN","steps":[{"weight":10}]})"), "strategy.steps");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN","analysis":[{"kind":"ERROR_RATE"}]})"), "strategy.analysis[0]");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN","analysis":[{"kind":"METRIC","at_most":1}]})"), "strategy.analysis[0].url");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN","analysis":[{"kind":"METRIC","at_most":1,"url":"file:///etc/passwd"}]})"),
            "strategy.analysis[0].url");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN","analysis":[{"kind":"DISAGREEMENT","at_most":0.1}]})"), "strategy.shadow");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN","shadow":101})"), "strategy.shadow");
  EXPECT_EQ(fault(R"({"kind":"BLUE_GREEN","ready_timeout_ms":99999999999})"), "strategy.ready_timeout_ms");
}

TEST(Prometheus, FindsASample) {
  const std::string text =
      "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
      "requests_total{code=\"200\",path=\"/a b\"} 10 1700000000000\n"
      "requests_total{code=\"500\", path=\"/\"} 3\n"
      "requests_total_more 99\r\n"
      "temperature -1.5e1\n"
      "escaped{a=\"x\\\"y\\\\\\n\",} +4\n"
      "broken{a=\"x 5\n"
      "nothing NaN\n"
      "huge +Inf\n"
      "last 7";
  EXPECT_EQ(*find_sample(text, "requests_total", {}), 13);
  EXPECT_EQ(*find_sample(text, "requests_total", {{"code", "500"}}), 3);
  EXPECT_EQ(*find_sample(text, "requests_total", {{"path", "/a b"}}), 10);
  EXPECT_FALSE(find_sample(text, "requests_total", {{"code", "404"}}));
  EXPECT_EQ(*find_sample(text, "temperature", {}), -15);
  EXPECT_EQ(*find_sample(text, "escaped", {{"a", "x\"y\\\n"}}), 4);
  EXPECT_FALSE(find_sample(text, "broken", {}));
  EXPECT_FALSE(find_sample(text, "nothing", {}));
  EXPECT_FALSE(find_sample(text, "requests", {}));
  EXPECT_TRUE(std::isinf(*find_sample(text, "huge", {})));
  EXPECT_EQ(*find_sample(text, "last", {}), 7);
}

TEST(Prometheus, LivesWithAnyText) {
  for (const char* text : {"", "\n\n", "a", "a{", "a{b", "a{b=", "a{b=\"", "a{b=\"\\", "a{b=\"c\"", "a{b=\"c\",", "a{}",
                           "a{} ", "a {} 1 2 3", "a{}}", "{} 1"}) {
    const auto found = find_sample(text, "a", {});
    EXPECT_EQ(found.has_value(), std::string_view(text) == "a {} 1 2 3") << text;
  }
}

}  // namespace
}  // namespace souk::serving
