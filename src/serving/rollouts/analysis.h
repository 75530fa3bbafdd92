// SPDX-License-Identifier: Apache-2.0
//
// What a step's figures say. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serving/rollouts/rollout.h"
#include "serving/traffic/figures.h"

namespace souk::serving {

// Of one check of kind METRIC.
struct Reading {
  std::optional<double> value;
  std::string note;  // why there is none
};

// `readings`: one a check, empty for those that are not METRIC.
Analysis analyse(const Strategy& strategy, const Window& revision, const Window& stable,
                 const std::vector<Reading>& readings);

// "ERROR_RATE is 0.31; at most 0.01 is allowed": the first that failed; empty: none.
std::string first_failure(const Strategy& strategy, const Analysis& analysis);
// Why a step may not end yet, though its time is over; empty: it may.
std::string what_is_missing(const Strategy& strategy, const Analysis& analysis);

}  // namespace souk::serving
