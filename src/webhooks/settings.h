// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/settings.h"

namespace souk::webhooks {

struct WebhookSettings {
  std::int64_t concurrency = 16;
  std::vector<std::string> allow;  // address ranges besides the public internet
  std::string ca_file;
  std::chrono::milliseconds timeout{15'000};
  std::int64_t attempts = 12;
  std::chrono::milliseconds first_retry{5'000};
  std::chrono::milliseconds longest_retry{3'600'000};
  std::chrono::milliseconds failing_after{600'000};
  std::chrono::milliseconds pause_after{3 * 86'400'000LL};
  std::chrono::milliseconds keep{30 * 86'400'000LL};
};
void declare(settings::Table& table, WebhookSettings& s);

}  // namespace souk::webhooks
