// SPDX-License-Identifier: Apache-2.0
//
// What deployments did between two looks at their statistics (OIP's statistics extension).
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace souk::cli {

// Of one revision at the node that was asked. Rates are a second; times are means of the requests since the look
// before.
struct Activity {
  std::string deployment;
  std::string revision;
  double requests = 0;
  double failures = 0;
  std::optional<double> latency_ms, queue_ms, compute_ms;  // none: there was no request
  std::optional<double> batch_size;                        // rows run together
  std::int64_t memory_bytes = 0;
  std::uint64_t total = 0;  // requests since the revision was loaded
};
BOOST_DESCRIBE_STRUCT(Activity, (),
                      (deployment, revision, requests, failures, latency_ms, queue_ms, compute_ms, batch_size,
                       memory_bytes, total))

// `before`, `now`: answers of GET /v2/models/stats, `seconds` apart. The busiest first, then by name.
// Errors: invalid_argument (not such an answer)
Result<std::vector<Activity>> activity_between(json::Value before, json::Value now, double seconds);

}  // namespace souk::cli
