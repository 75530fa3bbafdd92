// SPDX-License-Identifier: Apache-2.0
//
// Figures out of what /metrics shows (Prometheus text format 0.0.4), so that a page and a monitoring system say the
// same. The families stand in the order of their names.
#pragma once

#include <string_view>

#include "api/native/figures/figure.h"

namespace souk::api::native {

// All but `ready` and `reason`.
HealthFigures health_in(std::string_view exposition);
// `deployment`: "default/digits".
DeploymentFigures deployment_in(std::string_view exposition, std::string_view deployment);

}  // namespace souk::api::native
