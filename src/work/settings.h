// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "base/settings.h"
#include "work/nodes.h"

namespace souk::work {

struct WorkSettings {
  std::chrono::milliseconds keep_done{86'400'000};  // how long a key keeps its work from being done again
  std::chrono::milliseconds keep_dead{30 * 86'400'000LL};
  std::chrono::milliseconds goodbye{10'000};  // stopping: for ends that cannot be written; not to be set by operators
  NodeSettings nodes;
};
void declare(settings::Table& table, WorkSettings& s);

}  // namespace souk::work
