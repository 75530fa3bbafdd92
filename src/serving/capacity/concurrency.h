// SPDX-License-Identifier: Apache-2.0
//
// How a model uses the cores: as many sessions and threads as were asked for, first by its deployment, then by its
// version (`runtime` in souk.yaml), then by the settings; and where nobody said how many threads, as a measurement at
// its load says. A run that takes long is then timed on one thread and on all cores: where all of them together do
// nearly as much as each for itself, a run takes them all and its caller waits the shorter; where not, runs go side by
// side.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/json.h"
#include "runtimes/runtime.h"
#include "serving/capacity/capacity.h"
#include "serving/settings.h"

namespace souk::serving {

inline constexpr std::int64_t kMostSessions = 64;
inline constexpr std::int64_t kMostThreads = 256;  // of one model, all of its sessions together

// `runtime` of souk.yaml. Errors: invalid_argument, with the field
Result<runtimes::Concurrency> declared_concurrency(const json::Raw* declaration);
// Errors: invalid_argument (more threads than one model may have)
Result<runtimes::Concurrency> wanted_concurrency(const Capacity& deployment, runtimes::Concurrency declared,
                                                 const ServingSettings& settings);

struct Loaded {
  std::shared_ptr<runtimes::Runtime> runtime;
  std::chrono::nanoseconds run_time{0};  // of one request alone
};
using LoadAndWarm = std::function<Result<Loaded>(runtimes::Concurrency)>;

// Loads it as wanted; `known` is what was measured before, and `file_bytes` bounds what a second copy may take for a
// moment. Errors: those of `load`
Result<Loaded> load_measured(const LoadAndWarm& load, runtimes::Concurrency wanted,
                             const std::optional<runtimes::Concurrency>& known, std::int64_t file_bytes,
                             std::int64_t cores);

}  // namespace souk::serving
