// SPDX-License-Identifier: Apache-2.0
#include "serving/capacity/meter.h"

#include <algorithm>

namespace souk::serving {

void Meter::share_out() {
  const std::int64_t now = read_();
  double weights = 0;
  for (const Load& load : loads_) weights += load.weight;
  for (Load& load : loads_) load.grown += static_cast<double>(now - last_) * load.weight / weights;
  last_ = now;
}

Meter::Ticket Meter::begin(std::int64_t file_bytes) {
  const std::lock_guard lock(mutex_);
  share_out();
  return loads_.insert(loads_.end(), {static_cast<double>(std::max<std::int64_t>(file_bytes, 1)), 0});
}

std::int64_t Meter::so_far(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  share_out();
  return std::max<std::int64_t>(static_cast<std::int64_t>(ticket->grown), 0);
}

std::int64_t Meter::end(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  share_out();
  const double grown = ticket->grown;
  loads_.erase(ticket);
  return std::max<std::int64_t>(static_cast<std::int64_t>(grown), 0);
}

void Meter::freed(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  last_ -= bytes;
}

}  // namespace souk::serving
