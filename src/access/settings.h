// SPDX-License-Identifier: Apache-2.0
//
// Settings of access.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/settings.h"

namespace souk::access {

struct AccessSettings {
  std::chrono::milliseconds session_idle{24 * 3'600'000};
  std::chrono::milliseconds session_lifetime{14LL * 24 * 3'600'000};
};
void declare(settings::Table& table, AccessSettings& s);

}  // namespace souk::access
