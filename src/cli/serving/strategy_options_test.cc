// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/strategy_options.h"

#include <gtest/gtest.h>

namespace souk::cli {
namespace {

std::string strategy(const DeployOptions& options) {
  const auto json = strategy_json(options);
  if (!json) return "error: " + json.error().message;
  return *json ? (*json)->text : "none";
}

std::string check(const std::string& text) {
  DeployOptions options;
  options.blue_green = true;
  options.checks = {text};
  const std::string json = strategy(options);
  const std::size_t from = json.find(R"("analysis":[)");
  return from == std::string::npos ? json : json.substr(from + 12, json.find("}]") - from - 11);
}

TEST(StrategyOptions, Steps) {
  DeployOptions options;
  EXPECT_EQ(strategy(options), "none");
  options.canary = "5:2m, 25:1.5s,50";
  EXPECT_EQ(strategy(options),
            R"({"kind":"CANARY","steps":[{"weight":5,"duration_ms":120000},{"weight":25,"duration_ms":1500},)"
            R"({"weight":50}],"analysis":[]})");
  options.immediate = true;
  EXPECT_EQ(strategy(options), "error: --immediate, --canary and --blue-green exclude each other");
  options = {};
  options.canary = "5:soon";
  EXPECT_EQ(strategy(options), "error: \"soon\" is no duration; write 250ms, 30s, 5m, 2h or 7d");
  options = {};
  options.shadow = 5;
  EXPECT_EQ(strategy(options), "error: checks and steps belong to --canary or --blue-green");
}

TEST(StrategyOptions, Checks) {
  EXPECT_EQ(check("error_rate<=1%"), R"({"kind":"ERROR_RATE","at_most":0.01,"labels":{}})");
  EXPECT_EQ(check("p99 <= 50ms"), R"({"kind":"LATENCY_P99","at_most":50,"labels":{}})");
  EXPECT_EQ(check("p95<=0.2s"), R"({"kind":"LATENCY_P95","at_most":200,"labels":{}})");
  EXPECT_EQ(check("p50<=1.2x"), R"({"kind":"LATENCY_P50","at_most_of_stable":1.2,"labels":{}})");
  EXPECT_EQ(check(R"(https://a/m up{job="x",zone="a b"}>=1)"),
            R"({"kind":"METRIC","at_least":1,"url":"https://a/m","metric":"up","labels":{"job":"x","zone":"a b"}})");
  for (const char* wrong : {"", "p99", "p98<=1", "p99<=", "p99<=fast", "http://a/m<=1", "http://a/m up{job=x}<=1"}) {
    EXPECT_TRUE(check(wrong).starts_with("error: --check does not know")) << wrong << ": " << check(wrong);
  }
}

TEST(StrategyOptions, Routing) {
  DeployOptions options;
  options.sticky = "header:X-User";
  options.match = {"header:X-Beta=a@b", "key:12@3"};
  const auto json = routing_json(options);
  ASSERT_TRUE(json && *json);
  EXPECT_EQ((*json)->text, R"({"sticky":{"by":"HEADER","header":"X-User"},"match":[{"header":"X-Beta","value":"a@b"},)"
                           R"({"key":12,"revision":3}]})");
  options.match = {"key:x"};
  EXPECT_FALSE(routing_json(options));
}

TEST(StrategyOptions, Durations) {
  for (const char* text : {"250ms", "30s", "5m", "2h", "7d"}) EXPECT_EQ(duration_text(*milliseconds_of(text)), text);
  for (const char* text : {"", "5", "m", "-1s", "1y", "nans"}) EXPECT_FALSE(milliseconds_of(text)) << text;
}

}  // namespace
}  // namespace souk::cli
