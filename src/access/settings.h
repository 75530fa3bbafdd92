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
  std::chrono::milliseconds link_lifetime{24 * 3'600'000};
  bool setup_link = false;
  std::int64_t password_min_length = 10;
  settings::Bytes password_memory{19 << 20};
  std::int64_t password_passes = 2;
  std::int64_t password_threads = 0;
  std::int64_t password_queue = 64;
  std::int64_t sign_in_tries = 10;
  std::chrono::milliseconds sign_in_interval{20'000};
};
void declare(settings::Table& table, AccessSettings& s);

}  // namespace souk::access
