// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "serving/model.h"

namespace souk::serving {

namespace {

using enum ReplicaState;

// From → to. A process that starts begins every replica again at PENDING: what its predecessor held is gone.
constexpr std::array kMoves{
    std::pair{PENDING, FETCHING},  std::pair{PENDING, FAILED},    std::pair{PENDING, STOPPED},    //
    std::pair{FETCHING, LOADING},  std::pair{FETCHING, FAILED},   std::pair{FETCHING, STOPPED},   //
    std::pair{LOADING, WARMING},   std::pair{LOADING, FAILED},    std::pair{LOADING, STOPPED},    //
    std::pair{WARMING, READY},     std::pair{WARMING, FAILED},    std::pair{WARMING, STOPPED},    //
    std::pair{READY, DRAINING},    std::pair{DRAINING, UNLOADED}, std::pair{DRAINING, STOPPED},   //
    std::pair{FETCHING, UNLOADED}, std::pair{LOADING, UNLOADED},  std::pair{WARMING, UNLOADED},   // no room
    std::pair{UNLOADED, LOADING},  std::pair{UNLOADED, FAILED},   std::pair{UNLOADED, DRAINING},  //
    std::pair{STOPPED, PENDING},   std::pair{FAILED, PENDING},    std::pair{FAILED, STOPPED},
};

}  // namespace

bool may_become(ReplicaState from, ReplicaState to) {
  return std::find(kMoves.begin(), kMoves.end(), std::pair(from, to)) != kMoves.end();
}

}  // namespace souk::serving
