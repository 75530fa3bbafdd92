// SPDX-License-Identifier: Apache-2.0
//
// How long a transfer waits for a server that does not answer: growing pauses, up to a minute or two since something
// last moved. One owner.
#pragma once

#include <chrono>

#include "base/result.h"

namespace souk::cli {

class Patience {
 public:
  // Waits, and says whether to try again: not when the error will stay, nor when it has gone on for too long.
  bool waits_after(const Error& error);
  // Something moved.
  void renew();

 private:
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  std::chrono::milliseconds pause_{100};
};

}  // namespace souk::cli
