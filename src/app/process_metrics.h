// SPDX-License-Identifier: Apache-2.0
//
// What an operator watches of the process itself and of the machine beneath it: read when metrics are asked for.
#pragma once

#include "app/settings.h"
#include "base/metrics.h"
#include "events/log.h"

namespace souk::app {

// `events` must outlive what renders the metrics.
void show_process(Metrics& metrics, const Settings& settings, const events::Log& events);

}  // namespace souk::app
