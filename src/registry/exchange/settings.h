// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "base/settings.h"

namespace souk::registry {

struct ExchangeSettings {
  std::int64_t concurrency = 1;
  std::chrono::milliseconds keep{7 * 86'400'000LL};
  settings::Bytes max_bytes{4ull << 40};
  std::int64_t max_entries = 1'000'000;
};
void declare(settings::Table& table, ExchangeSettings& s);

}  // namespace souk::registry
