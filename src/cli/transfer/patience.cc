// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/patience.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace souk::cli {

namespace {

constexpr std::chrono::milliseconds kLongestPause{5'000};
constexpr std::chrono::seconds kUsual{90};

// SOUK_PATIENCE in seconds; scripts that must not wait set 0.
std::chrono::seconds longest() {
  const char* text = std::getenv("SOUK_PATIENCE");
  return text != nullptr ? std::chrono::seconds(std::clamp(std::atol(text), 0l, 86'400l)) : kUsual;
}

}  // namespace

bool Patience::waits_after(const Error& error) {
  const bool passes = error.code == Code::unavailable || error.code == Code::deadline_exceeded ||
                      (error.code == Code::aborted && error.retry_after);
  if (!passes || std::chrono::steady_clock::now() - since_ >= longest()) return false;
  std::this_thread::sleep_for(std::max(pause_, error.retry_after.value_or(std::chrono::milliseconds(0))));
  pause_ = std::min(pause_ * 2, kLongestPause);
  return true;
}

void Patience::renew() {
  since_ = std::chrono::steady_clock::now();
  pause_ = std::chrono::milliseconds(100);
}

}  // namespace souk::cli
