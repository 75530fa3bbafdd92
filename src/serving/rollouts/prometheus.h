// SPDX-License-Identifier: Apache-2.0
//
// Reading a metric of somebody else's Prometheus text endpoint (exposition format 0.0.4). The text is foreign: it is
// bounded, and what does not parse is left out.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "base/time.h"
#include "serving/rollouts/analysis.h"

namespace souk::serving {

// The sum of the samples of that name that have these labels (and maybe others). Errors: not_found
Result<double> find_sample(std::string_view text, std::string_view metric,
                           const std::map<std::string, std::string>& labels);

// Fetches in the background, so that no slow endpoint holds up a roll-out. Thread-safe.
class Readings {
 public:
  // `allow`: address ranges besides the public internet. `arrived` is called when a reading came. Errors:
  // invalid_argument
  static Result<std::unique_ptr<Readings>> open(const std::vector<std::string>& allow, std::function<void()> arrived);
  ~Readings();

  // What was read last, not before `since`; asks for a new one where the last is older than `every`. `key`: of the
  // roll-out's step and check.
  Reading read(const std::string& key, const Check& check, Deadline since, Duration every);
  // Drops what nobody has asked for lately.
  void forget();

 private:
  struct State;
  explicit Readings(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace souk::serving
