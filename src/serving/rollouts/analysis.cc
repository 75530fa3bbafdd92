// SPDX-License-Identifier: Apache-2.0
#include "serving/rollouts/analysis.h"

#include <algorithm>
#include <cstdio>

namespace souk::serving {

namespace {

StepFigures figures_of(const Window& w) {
  return {w.requests,          w.errors,   w.rejected,  w.quantile_ms(0.5), w.quantile_ms(0.95),
          w.quantile_ms(0.99), w.compared, w.disagreed, w.dropped};
}

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::optional<double> latency(const StepFigures& figures, CheckKind kind) {
  const double ms = kind == CheckKind::LATENCY_P50   ? figures.latency_p50_ms
                    : kind == CheckKind::LATENCY_P95 ? figures.latency_p95_ms
                                                     : figures.latency_p99_ms;
  return ms > 0 ? std::optional(ms) : std::nullopt;
}

// Faults, and requests refused beyond the share that the revision before refuses too.
std::optional<double> error_rate(const StepFigures& figures, const StepFigures& stable) {
  if (figures.requests == 0) return std::nullopt;
  double faults = share(figures.errors, figures.requests);
  if (stable.requests > 0) {
    faults += std::max(0.0, share(figures.rejected, figures.requests) - share(stable.rejected, stable.requests));
  }
  return faults;
}

void take_values(const Check& check, const Analysis& all, const Reading& reading, CheckResult& result) {
  switch (check.kind) {
    case CheckKind::ERROR_RATE:
      result.value = error_rate(all.revision, all.stable);
      if (all.stable.requests > 0) result.stable_value = share(all.stable.errors, all.stable.requests);
      break;
    case CheckKind::LATENCY_P50:
    case CheckKind::LATENCY_P95:
    case CheckKind::LATENCY_P99:
      result.value = latency(all.revision, check.kind);
      result.stable_value = latency(all.stable, check.kind);
      break;
    case CheckKind::DISAGREEMENT:
      if (all.revision.compared > 0) result.value = share(all.revision.disagreed, all.revision.compared);
      break;
    case CheckKind::METRIC:
      result.value = reading.value;
      break;
  }
  if (result.value) return;
  result.note = check.kind == CheckKind::METRIC         ? reading.note
                : check.kind == CheckKind::DISAGREEMENT ? "no copy was compared yet"
                                                        : "no request was answered yet";
}

bool enough(const Strategy& strategy, const StepFigures& figures) {
  return figures.requests + figures.compared >= strategy.min_requests.value_or(0);
}

Verdict judge(const Check& check, const CheckResult& result) {
  if (!result.value) return Verdict::WAITING;
  if (check.at_most && *result.value > *check.at_most) return Verdict::FAILED;
  if (check.at_least && *result.value < *check.at_least) return Verdict::FAILED;
  if (check.at_most_of_stable) {
    if (!result.stable_value) return check.at_most || check.at_least ? Verdict::PASSED : Verdict::WAITING;
    if (*result.value > *check.at_most_of_stable * *result.stable_value) return Verdict::FAILED;
  }
  return Verdict::PASSED;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace

Analysis analyse(const Strategy& strategy, const Window& revision, const Window& stable,
                 const std::vector<Reading>& readings) {
  Analysis all;
  all.revision = figures_of(revision);
  all.stable = figures_of(stable);
  const bool judged = enough(strategy, all.revision);
  for (std::size_t i = 0; i < strategy.analysis.size(); ++i) {
    const Check& check = strategy.analysis[i];
    CheckResult result;
    result.check = describe(check);
    result.kind = check.kind;
    take_values(check, all, i < readings.size() ? readings[i] : Reading(), result);
    const bool waits = !judged && check.kind != CheckKind::METRIC;
    result.verdict = waits ? Verdict::WAITING : judge(check, result);
    if (waits) result.note = "judged from " + std::to_string(strategy.min_requests.value_or(0)) + " requests on";
    all.checks.push_back(std::move(result));
  }
  return all;
}

std::string first_failure(const Strategy& strategy, const Analysis& analysis) {
  for (std::size_t i = 0; i < std::min(strategy.analysis.size(), analysis.checks.size()); ++i) {
    const CheckResult& result = analysis.checks[i];
    if (result.verdict != Verdict::FAILED) continue;
    std::string text = result.check + " does not hold: it is " + number(result.value.value_or(0));
    if (result.stable_value) text += ", of the revision before " + number(*result.stable_value);
    return text;
  }
  return "";
}

std::string what_is_missing(const Strategy& strategy, const Analysis& analysis) {
  if (!enough(strategy, analysis.revision)) {
    return "waits for " + std::to_string(strategy.min_requests.value_or(0)) + " requests";
  }
  for (const CheckResult& result : analysis.checks) {
    if (result.kind == CheckKind::METRIC && result.verdict == Verdict::WAITING) {
      return "waits for the metric of \"" + result.check + "\": " + result.note;
    }
  }
  return "";
}

}  // namespace souk::serving
