// SPDX-License-Identifier: Apache-2.0
//
// What a client's frames are paid from that bring nothing: useful work and time refill it, floods overdraw it.
// A client that resets every stream it opens may go on with 1,000 at once, then with 100 a second.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "net/loop.h"

namespace souk::net {

class Allowance {
 public:
  explicit Allowance(SteadyTime now) : filled_(now) {}
  void refill(SteadyTime now) {
    auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - filled_).count();
    if (passed < kTick.count()) return;
    filled_ = now;
    earn(passed * kEachSecond / 1000);
  }
  void earn(std::int64_t units) { left_ = std::min(left_ + units, kMost); }
  void spend(std::int64_t units) { left_ -= units; }
  bool overdrawn() const { return left_ < 0; }

 private:
  static constexpr std::int64_t kMost = 2000;
  static constexpr std::int64_t kEachSecond = 200;
  std::int64_t left_ = kMost;
  SteadyTime filled_;
};

}  // namespace souk::net
