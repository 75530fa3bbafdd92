// SPDX-License-Identifier: Apache-2.0
//
// The settings of the room, `serving.…`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/settings.h"

namespace souk::serving {

struct ServingSettings {
  std::int64_t loads = 2;                       // loads at a time
  std::int64_t compute_threads = 0;             // 0: one a core; for requests not run in place
  std::int64_t run_in_place_us = 300;           // a model at most this slow runs on the connection's thread
  std::int64_t join_within_us = 20;             // how soon after another a request must come to share a batch
  std::int64_t queue_limit = 1024;              // waiting requests of a deployment
  std::chrono::milliseconds queue_wait{1'000};  // of a request, before fewer are let in; 0: queue_limit alone
  std::chrono::milliseconds drain_timeout{30'000};
  std::chrono::milliseconds request_timeout{60'000};
  std::chrono::milliseconds rollout_window{1'000};  // between two looks at a roll-out
  std::vector<std::string> metrics_allow;           // address ranges besides the public internet
  std::int64_t sessions = 0;                        // copies of a model; 0: one
  std::int64_t threads = 0;                         // of one run; 0: as measured
  settings::Bytes memory_budget{0};                 // of the models loaded on this node; 0: a share of its memory
};
void declare(settings::Table& table, ServingSettings& s);

}  // namespace souk::serving
