// SPDX-License-Identifier: Apache-2.0
//
// None of it waits for anything but memory, so that it answers when all else waits.
// The operator's door: /healthz (the process answers), /readyz (everything that is wanted runs), /metrics
// (Prometheus text), /openapi.json.
#pragma once

#include <functional>
#include <string>

#include "api/route.h"
#include "base/metrics.h"
#include "base/result.h"

namespace souk::api::ops {

struct Rooms {
  Metrics& metrics;
  std::function<Status()> ready;  // an error says what is not
  std::string version;
};

// To be called last: the OpenAPI document shows the routes that stand then. `rooms` must outlive the table.
void add_routes(RouteTable& table, const Rooms& rooms);

}  // namespace souk::api::ops
