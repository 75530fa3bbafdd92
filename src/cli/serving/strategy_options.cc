// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/strategy_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>

namespace souk::cli {

namespace {

struct Step {
  std::int64_t weight = 0;
  std::optional<std::int64_t> duration_ms;
};
BOOST_DESCRIBE_STRUCT(Step, (), (weight, duration_ms))

struct Check {
  std::string kind;
  std::optional<double> at_most, at_least, at_most_of_stable;
  std::optional<std::string> url, metric;
  std::map<std::string, std::string> labels;
};
BOOST_DESCRIBE_STRUCT(Check, (), (kind, at_most, at_least, at_most_of_stable, url, metric, labels))

struct Strategy {
  std::string kind;
  std::vector<Step> steps;
  std::vector<Check> analysis;
  std::optional<std::int64_t> shadow, min_requests, keep_ms, ready_timeout_ms;
};
BOOST_DESCRIBE_STRUCT(Strategy, (), (kind, steps, analysis, shadow, min_requests, keep_ms, ready_timeout_ms))

struct Sticky {
  std::string by;
  std::optional<std::string> header;
};
BOOST_DESCRIBE_STRUCT(Sticky, (), (by, header))

struct Rule {
  std::optional<std::string> header, value;
  std::optional<std::int64_t> key, revision;
};
BOOST_DESCRIBE_STRUCT(Rule, (), (header, value, key, revision))

struct Tolerance {
  std::optional<double> absolute, relative;
};
BOOST_DESCRIBE_STRUCT(Tolerance, (), (absolute, relative))

struct Routing {
  std::optional<Sticky> sticky;
  std::vector<Rule> match;
  std::optional<Tolerance> tolerance;
};
BOOST_DESCRIBE_STRUCT(Routing, (), (sticky, match, tolerance))

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "5:2m,25:5m,50": percent, and how long; without that until somebody resumes or promotes.
Result<std::vector<Step>> steps_of(std::string_view text) {
  std::vector<Step> steps;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view one = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t colon = one.find(':');
    const auto weight = number<std::int64_t>(one.substr(0, colon));
    if (!weight) {
      return invalid_argument("--canary takes steps as PERCENT:DURATION, such as 5:2m,25:5m,50; \"" + std::string(one) +
                              "\" is none");
    }
    Step step{*weight, std::nullopt};
    if (colon != std::string_view::npos) step.duration_ms = SOUK_TRY(milliseconds_of(one.substr(colon + 1)));
    steps.push_back(step);
  }
  return steps;
}

Error wrong_check(std::string_view text) {
  return invalid_argument("--check does not know \"" + std::string(text) + "\"")
      .advise(
          "error_rate<=1%, p50|p95|p99<=50ms, p99<=1.2x (of the revision before), disagreement<=0.01, or "
          "\"http://HOST/metrics NAME{LABEL=\\\"VALUE\\\"}<=NUMBER\"");
}

// `name{a="b"}`
Status take_metric(std::string_view text, Check& check) {
  const std::size_t brace = text.find('{');
  check.metric = std::string(trimmed(text.substr(0, brace)));
  if (brace == std::string_view::npos) return {};
  std::string_view labels = text.substr(brace + 1);
  if (!labels.ends_with('}')) return wrong_check(text);
  labels.remove_suffix(1);
  while (!labels.empty()) {
    const std::size_t equal = labels.find("=\"");
    const std::size_t end = equal == std::string_view::npos ? equal : labels.find('"', equal + 2);
    if (end == std::string_view::npos) return wrong_check(text);
    check.labels[std::string(trimmed(labels.substr(0, equal)))] = labels.substr(equal + 2, end - equal - 2);
    labels = trimmed(labels.substr(end + 1));
    if (labels.starts_with(',')) labels = trimmed(labels.substr(1));
  }
  return {};
}

// The bound of a figure: "1%", "50ms", "0.2s", "1.2x", "3".
Status take_bound(std::string_view text, std::string_view whole, bool at_most, Check& check) {
  double factor = 1;
  const bool latency = check.kind.starts_with("LATENCY");
  const auto ends = [&](std::string_view unit) {
    if (!text.ends_with(unit)) return false;
    text.remove_suffix(unit.size());
    return true;
  };
  const bool of_stable = at_most && ends("x");
  if (!of_stable && ends("%")) {
    factor = 0.01;
  } else if (latency && !of_stable && !ends("ms") && ends("s")) {
    factor = 1000;
  }
  const auto value = number<double>(trimmed(text));
  if (!value) return wrong_check(whole);
  (of_stable ? check.at_most_of_stable : at_most ? check.at_most : check.at_least) = *value * factor;
  return {};
}

Result<Check> check_of(const std::string& text) {
  static const std::map<std::string, std::string, std::less<>> kinds{{"error_rate", "ERROR_RATE"},
                                                                     {"p50", "LATENCY_P50"},
                                                                     {"p95", "LATENCY_P95"},
                                                                     {"p99", "LATENCY_P99"},
                                                                     {"disagreement", "DISAGREEMENT"}};
  const std::size_t less = text.rfind("<="), more = text.rfind(">=");
  const bool at_most = more == std::string::npos || (less != std::string::npos && less > more);
  const std::size_t sign = at_most ? less : more;
  if (sign == std::string::npos) return wrong_check(text);
  std::string_view what = trimmed(std::string_view(text).substr(0, sign));
  Check check;
  if (what.starts_with("http://") || what.starts_with("https://")) {
    const std::size_t space = what.find(' ');
    if (space == std::string_view::npos) return wrong_check(text);
    check.kind = "METRIC";
    check.url = std::string(what.substr(0, space));
    SOUK_TRY(take_metric(trimmed(what.substr(space)), check));
  } else {
    const auto kind = kinds.find(what);
    if (kind == kinds.end()) return wrong_check(text);
    check.kind = kind->second;
  }
  SOUK_TRY(take_bound(trimmed(std::string_view(text).substr(sign + 2)), text, at_most, check));
  return check;
}

// REVISION=PERCENT
Result<std::pair<std::int64_t, std::int64_t>> share_of(const std::string& text) {
  const std::size_t equal = text.find('=');
  const auto revision = number<std::int64_t>(std::string_view(text).substr(0, equal));
  const auto percent =
      equal == std::string::npos ? std::nullopt : number<std::int64_t>(std::string_view(text).substr(equal + 1));
  if (revision && percent) return std::pair(*revision, *percent);
  return invalid_argument("\"" + text + "\" is not REVISION=PERCENT, such as 2=10");
}

Result<Rule> rule_of(std::string_view text) {
  Rule rule;
  const Error wrong = invalid_argument(
      "\"" + std::string(text) + "\" is not header:NAME=VALUE or key:ID, with @REVISION where it is not the newest");
  if (text.starts_with("key:")) {
    const std::string_view rest = text.substr(4);
    const std::size_t at = rest.find('@');
    rule.key = number<std::int64_t>(rest.substr(0, at));
    if (at != std::string_view::npos) rule.revision = number<std::int64_t>(rest.substr(at + 1));
    if (!rule.key || (at != std::string_view::npos && !rule.revision)) return wrong;
    return rule;
  }
  if (!text.starts_with("header:")) return wrong;
  std::string_view rest = text.substr(7);
  const std::size_t equal = rest.find('=');
  if (equal == std::string_view::npos) return wrong;
  rule.header = std::string(rest.substr(0, equal));
  rest = rest.substr(equal + 1);
  // A value may hold an @ of its own.
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) rule.revision = number<std::int64_t>(rest.substr(at + 1));
  rule.value = std::string(rule.revision ? rest.substr(0, at) : rest);
  return rule;
}

Result<json::Raw> given_json(const std::string& text) {
  if (!text.starts_with('@')) return json::Raw::parse(text);
  std::ifstream in(text.substr(1), std::ios::binary);
  if (!in) return not_found("cannot read " + text.substr(1));
  return json::Raw::parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

}  // namespace

Result<std::int64_t> milliseconds_of(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 5> kUnits{
      {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}}};
  for (const auto& [unit, factor] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto value = number<double>(text.substr(0, text.size() - unit.size()));
    if (value && *value >= 0 && *value * factor < 1e15) return static_cast<std::int64_t>(*value * factor);
  }
  return invalid_argument("\"" + std::string(text) + "\" is no duration; write 250ms, 30s, 5m, 2h or 7d");
}

std::string duration_text(std::int64_t ms) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits{
      {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}}};
  for (const auto& [unit, factor] : kUnits) {
    if (ms >= factor && ms % factor == 0) return std::to_string(ms / factor) + std::string(unit);
  }
  return std::to_string(ms) + "ms";
}

Result<std::optional<json::Raw>> strategy_json(const DeployOptions& o) {
  if (!o.strategy.empty()) return std::optional(SOUK_TRY(given_json(o.strategy)));
  const int kinds = (o.immediate ? 1 : 0) + (o.blue_green ? 1 : 0) + (o.canary.empty() ? 0 : 1);
  const bool details = !o.checks.empty() || o.shadow >= 0 || o.min_requests >= 0 || !o.keep.empty() ||
                       !o.ready_timeout.empty() || !o.preview.empty();
  if (kinds > 1) return invalid_argument("--immediate, --canary and --blue-green exclude each other");
  if (kinds == 0 && !details) return std::optional<json::Raw>();
  if (kinds == 0 || (o.immediate && details)) {
    return invalid_argument("checks and steps belong to --canary or --blue-green");
  }
  Strategy s;
  s.kind = o.immediate ? "IMMEDIATE" : o.blue_green ? "BLUE_GREEN" : "CANARY";
  if (!o.canary.empty()) s.steps = SOUK_TRY(steps_of(o.canary));
  if (!o.preview.empty()) {
    Step step;
    if (o.preview != "manual") step.duration_ms = SOUK_TRY(milliseconds_of(o.preview));
    s.steps = {step};
  }
  for (const std::string& check : o.checks) s.analysis.push_back(SOUK_TRY(check_of(check)));
  if (o.shadow >= 0) s.shadow = o.shadow;
  if (o.min_requests >= 0) s.min_requests = o.min_requests;
  if (!o.keep.empty()) s.keep_ms = SOUK_TRY(milliseconds_of(o.keep));
  if (!o.ready_timeout.empty()) s.ready_timeout_ms = SOUK_TRY(milliseconds_of(o.ready_timeout));
  return std::optional(json::Raw{json::write(s)});
}

Result<std::optional<json::Raw>> routing_json(const DeployOptions& o) {
  if (o.sticky.empty() && o.match.empty() && o.tolerance < 0 && o.absolute_tolerance < 0) {
    return std::optional<json::Raw>();
  }
  Routing routing;
  if (o.sticky == "key") {
    routing.sticky = Sticky{"KEY", std::nullopt};
  } else if (o.sticky.starts_with("header:")) {
    routing.sticky = Sticky{"HEADER", o.sticky.substr(7)};
  } else if (!o.sticky.empty() && o.sticky != "none") {
    return invalid_argument("--sticky takes key, header:NAME or none");
  }
  for (const std::string& rule : o.match) routing.match.push_back(SOUK_TRY(rule_of(rule)));
  if (o.tolerance >= 0 || o.absolute_tolerance >= 0) {
    routing.tolerance.emplace();
    if (o.tolerance >= 0) routing.tolerance->relative = o.tolerance;
    if (o.absolute_tolerance >= 0) routing.tolerance->absolute = o.absolute_tolerance;
  }
  return std::optional(json::Raw{json::write(routing)});
}

Result<std::vector<Share>> shares_of(const TrafficOptions& options) {
  std::vector<Share> shares;
  for (const std::string& text : options.shares) {
    const auto [revision, percent] = SOUK_TRY(share_of(text));
    shares.push_back({revision, percent, std::nullopt});
  }
  for (const std::string& text : options.shadows) {
    const auto [revision, percent] = SOUK_TRY(share_of(text));
    auto found = std::ranges::find(shares, revision, &Share::revision);
    if (found == shares.end()) {
      shares.push_back({revision, 0, percent});
    } else {
      found->shadow = percent;
    }
  }
  return shares;
}

}  // namespace souk::cli
