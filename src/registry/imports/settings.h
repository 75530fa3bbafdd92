// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/settings.h"

namespace souk::registry {

struct ImportSettings {
  std::int64_t concurrency = 2;
  std::vector<std::string> allow;  // address ranges besides the public internet
  std::vector<std::string> s3;     // URLs of prefixes
  settings::Bytes max_download{256ull << 30};
  settings::Bytes max_bytes{1ull << 40};
  std::int64_t max_files = 4000;
  double max_ratio = 200;
  std::string ca_file;
};
void declare(settings::Table& table, ImportSettings& s);

}  // namespace souk::registry
