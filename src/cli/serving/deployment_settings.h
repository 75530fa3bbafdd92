// SPDX-License-Identifier: Apache-2.0
//
// The options of `souk deploy` and `souk deployment set` that change a deployment as it runs, as the API's JSON.
#pragma once

#include <optional>

#include "base/json.h"
#include "base/result.h"
#include "cli/serving/serving_commands.h"

namespace souk::cli {

// None: no option says anything about it. Errors: invalid_argument (which option, and what it takes)
Result<std::optional<json::Raw>> capacity_json(const DeploymentSettings& settings);
Result<std::optional<json::Raw>> batching_json(const DeploymentSettings& settings);

}  // namespace souk::cli
