// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "base/settings.h"

namespace souk::registry {

struct CatalogSettings {
  std::string sources;      // empty: one source, the public models of this server
  std::string performance;  // a folder; empty: none
  std::chrono::milliseconds poll{5'000};
  settings::Bytes max_file{16ull << 20};
  std::int64_t max_models = 10'000;  // of one source
};
void declare(settings::Table& table, CatalogSettings& s);

}  // namespace souk::registry
