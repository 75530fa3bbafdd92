// SPDX-License-Identifier: Apache-2.0
//
// How the next revision of a deployment takes over from the one that answers.
//
// IMMEDIATE   as soon as it is READY.
// CANARY      in steps: each gives it a share of the requests, for a time or until somebody resumes.
// BLUE_GREEN  it gets ready without any, then has all at once; the one before is kept for an instant way back.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace souk::serving {

BOOST_DEFINE_ENUM_CLASS(StrategyKind, IMMEDIATE, CANARY, BLUE_GREEN)
BOOST_DEFINE_ENUM_CLASS(CheckKind, ERROR_RATE, LATENCY_P50, LATENCY_P95, LATENCY_P99, DISAGREEMENT, METRIC)

struct Step {
  std::int64_t weight = 0;                  // percent of the requests
  std::optional<std::int64_t> duration_ms;  // absent: until somebody resumes or promotes
};
BOOST_DESCRIBE_STRUCT(Step, (), (weight, duration_ms))

// What must hold of the new revision during a step. Rates are from 0 to 1, latencies in milliseconds.
struct Check {
  CheckKind kind = CheckKind::ERROR_RATE;
  std::optional<double> at_most, at_least;
  std::optional<double> at_most_of_stable;  // times the same figure of the revision before
  // Of METRIC: a sample of what a Prometheus text endpoint shows; of several that fit, their sum.
  std::optional<std::string> url, metric;
  std::map<std::string, std::string> labels;
};
BOOST_DESCRIBE_STRUCT(Check, (), (kind, at_most, at_least, at_most_of_stable, url, metric, labels))

struct Strategy {
  StrategyKind kind = StrategyKind::IMMEDIATE;
  std::vector<Step> steps;  // of BLUE_GREEN at most one, of weight 0: what is to pass before the switch
  std::vector<Check> analysis;
  std::optional<std::int64_t> shadow;  // percent of the requests that are copied to it, to count disagreement
  // It must have answered so many requests (or copies) in a step before it is judged and the step may end. Default 0.
  std::optional<std::int64_t> min_requests;
  // How long the revision before is kept ready once the new one has all requests. Default: BLUE_GREEN 10 minutes, else
  // 0.
  std::optional<std::int64_t> keep_ms;
  std::optional<std::int64_t> ready_timeout_ms;  // by when it must be READY everywhere. Default 10 minutes

  bool gradual() const { return kind != StrategyKind::IMMEDIATE; }
  std::int64_t keep() const { return keep_ms.value_or(kind == StrategyKind::BLUE_GREEN ? 600'000 : 0); }
  std::int64_t ready_timeout() const { return ready_timeout_ms.value_or(600'000); }
};
BOOST_DESCRIBE_STRUCT(Strategy, (), (kind, steps, analysis, shadow, min_requests, keep_ms, ready_timeout_ms))

// Errors: invalid_argument, with the field
Status check(const Strategy& strategy);
// "ERROR_RATE at most 0.01", for people.
std::string describe(const Check& check);
// A column's text: "{}" is IMMEDIATE.
Strategy strategy_of(const json::Raw& text);

}  // namespace souk::serving
