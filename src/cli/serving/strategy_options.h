// SPDX-License-Identifier: Apache-2.0
//
// The options of `souk deploy` as the API's JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/serving/serving_commands.h"

namespace souk::cli {

// "250ms", "30s", "5m", "2h", "7d". Errors: invalid_argument
Result<std::int64_t> milliseconds_of(std::string_view text);
std::string duration_text(std::int64_t milliseconds);

// None: no option says anything about it. Errors: invalid_argument (which option, and what it takes)
Result<std::optional<json::Raw>> strategy_json(const DeployOptions& options);
Result<std::optional<json::Raw>> routing_json(const DeployOptions& options);

struct Share {
  std::int64_t revision = 0;
  std::int64_t weight = 0;
  std::optional<std::int64_t> shadow;
};
BOOST_DESCRIBE_STRUCT(Share, (), (revision, weight, shadow))
Result<std::vector<Share>> shares_of(const TrafficOptions& options);

}  // namespace souk::cli
