// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/strategy.h"

#include <cmath>
#include <cstdio>

namespace souk::serving {

namespace {

constexpr std::size_t kMostSteps = 50;
constexpr std::size_t kMostChecks = 20;
constexpr std::size_t kMostLabels = 16;
constexpr std::int64_t kLongestMs = 30ll * 86'400'000;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

Status check_duration(const std::optional<std::int64_t>& ms, const std::string& at) {
  if (!ms || (*ms >= 0 && *ms <= kLongestMs)) return {};
  return invalid_argument("is a number of milliseconds from 0 to 30 days").at(at);
}

Status check_metric(const Check& check, const std::string& at) {
  if (check.kind != CheckKind::METRIC) {
    if (!check.url && !check.metric && check.labels.empty()) return {};
    return invalid_argument("only a check of kind METRIC has url, metric and labels").at(at);
  }
  if (!check.url || !(check.url->starts_with("http://") || check.url->starts_with("https://")) ||
      check.url->size() > 2048) {
    return invalid_argument("a check of kind METRIC needs the http(s) URL of a Prometheus text endpoint")
        .at(at + ".url");
  }
  if (!check.metric || check.metric->empty() || check.metric->size() > 256) {
    return invalid_argument("a check of kind METRIC needs the metric's name").at(at + ".metric");
  }
  if (check.labels.size() > kMostLabels) {
    return invalid_argument("there are more than " + std::to_string(kMostLabels) + " labels").at(at + ".labels");
  }
  if (check.at_most_of_stable) {
    return invalid_argument("a metric is the same for both revisions; give at_most or at_least")
        .at(at + ".at_most_of_stable");
  }
  return {};
}

Status check_bounds(const Check& check, const std::string& at) {
  if (!check.at_most && !check.at_least && !check.at_most_of_stable) {
    return invalid_argument("a check needs at_most, at_least or at_most_of_stable").at(at);
  }
  for (const auto& bound : {check.at_most, check.at_least, check.at_most_of_stable}) {
    if (bound && !std::isfinite(*bound)) return invalid_argument("a bound is a finite number").at(at);
  }
  if (check.at_most_of_stable && check.kind == CheckKind::DISAGREEMENT) {
    return invalid_argument("disagreement is with the revision before; give at_most").at(at + ".at_most_of_stable");
  }
  if (check.at_most_of_stable && *check.at_most_of_stable <= 0) {
    return invalid_argument("is a factor above 0").at(at + ".at_most_of_stable");
  }
  return {};
}

Status check_steps(const Strategy& s) {
  if (s.steps.size() > kMostSteps) {
    return invalid_argument("there are more than " + std::to_string(kMostSteps) + " steps").at("strategy.steps");
  }
  std::int64_t before = 0;
  for (std::size_t i = 0; i < s.steps.size(); ++i) {
    const std::string at = "strategy.steps[" + std::to_string(i) + "]";
    if (s.steps[i].weight < 0 || s.steps[i].weight > 100) {
      return invalid_argument("is not from 0 to 100").at(at + ".weight");
    }
    if (s.steps[i].weight < before) {
      return invalid_argument("a step gives no less than the one before it").at(at + ".weight");
    }
    before = s.steps[i].weight;
    SOUK_TRY(check_duration(s.steps[i].duration_ms, at + ".duration_ms"));
  }
  switch (s.kind) {
    case StrategyKind::IMMEDIATE:
      if (s.steps.empty() && s.analysis.empty() && !s.shadow && !s.keep_ms && !s.min_requests && !s.ready_timeout_ms) {
        return {};
      }
      return invalid_argument("IMMEDIATE has neither steps nor analysis")
          .at("strategy.kind")
          .advise("use CANARY or BLUE_GREEN");
    case StrategyKind::CANARY:
      if (!s.steps.empty()) return {};
      return invalid_argument("CANARY needs at least one step").at("strategy.steps");
    case StrategyKind::BLUE_GREEN:
      if (s.steps.empty() || (s.steps.size() == 1 && s.steps[0].weight == 0)) return {};
      return invalid_argument("BLUE_GREEN has at most one step, of weight 0").at("strategy.steps");
  }
  return {};
}

}  // namespace

std::string describe(const Check& check) {
  std::string text(json::enum_name(check.kind));
  if (check.kind == CheckKind::METRIC) {
    text = check.metric.value_or("");
    std::string labels;
    for (const auto& [name, value] : check.labels) labels += (labels.empty() ? "" : ",") + name + "=" + value;
    if (!labels.empty()) text += "{" + labels + "}";
  }
  std::string bounds;
  const auto add = [&](const std::string& bound) { bounds += (bounds.empty() ? " " : " and ") + bound; };
  if (check.at_most) add("at most " + number(*check.at_most));
  if (check.at_least) add("at least " + number(*check.at_least));
  if (check.at_most_of_stable) add("at most " + number(*check.at_most_of_stable) + " x stable");
  return text + bounds;
}

Status check(const Strategy& s) {
  SOUK_TRY(check_steps(s));
  if (s.analysis.size() > kMostChecks) {
    return invalid_argument("there are more than " + std::to_string(kMostChecks) + " checks").at("strategy.analysis");
  }
  for (std::size_t i = 0; i < s.analysis.size(); ++i) {
    const std::string at = "strategy.analysis[" + std::to_string(i) + "]";
    SOUK_TRY(check_metric(s.analysis[i], at));
    SOUK_TRY(check_bounds(s.analysis[i], at));
    if (s.analysis[i].kind == CheckKind::DISAGREEMENT && s.shadow.value_or(0) == 0) {
      return invalid_argument("disagreement is counted on copies; give shadow a percentage").at("strategy.shadow");
    }
  }
  if (s.shadow && (*s.shadow < 0 || *s.shadow > 100)) {
    return invalid_argument("is not from 0 to 100").at("strategy.shadow");
  }
  if (s.min_requests && (*s.min_requests < 0 || *s.min_requests > 1'000'000'000)) {
    return invalid_argument("is a number from 0").at("strategy.min_requests");
  }
  SOUK_TRY(check_duration(s.keep_ms, "strategy.keep_ms"));
  return check_duration(s.ready_timeout_ms, "strategy.ready_timeout_ms");
}

Strategy strategy_of(const json::Raw& text) {
  if (text.text == "{}") return {};
  auto read = json::read<Strategy>(text.text, json::UnknownFields::ignore);
  return read ? std::move(*read) : Strategy();
}

}  // namespace souk::serving
