// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/output.h"

namespace souk::cli {

namespace {
constexpr std::chrono::milliseconds kInterval{100};
constexpr int kBarWidth = 24;
}  // namespace

Progress::Progress(std::string label, std::uint64_t total, bool quiet)
    : label_(std::move(label)),
      total_(total),
      shown_(!quiet && ::isatty(STDERR_FILENO) != 0),
      started_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  finish();
}

void Progress::add(std::uint64_t bytes) {
  done_.fetch_add(bytes, std::memory_order_relaxed);
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock && now - drawn_ >= kInterval) draw(now);
}

void Progress::set(std::uint64_t done, std::uint64_t total) {
  {
    const std::lock_guard lock(mutex_);
    total_ = total;
  }
  done_ = done;
  add(0);
}

void Progress::draw(std::chrono::steady_clock::time_point now) {
  drawn_ = now;
  const std::string text = "\r" + line(done_.load(std::memory_order_relaxed), now - started_) + "\x1b[K";
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  if (!shown_) return;
  shown_ = false;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

std::string Progress::line(std::uint64_t done, std::chrono::duration<double> elapsed) const {
  const double part = total_ == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
  const int filled = static_cast<int>(part * kBarWidth);
  const double rate = elapsed.count() > 0 ? static_cast<double>(done) / elapsed.count() : 0;
  char percent[8];
  std::snprintf(percent, sizeof percent, "%3.0f %%", part * 100);
  return label_ + " [" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] " + percent + "  " +
         human_bytes(static_cast<double>(done)) + " of " + human_bytes(static_cast<double>(total_)) + "  " +
         human_bytes(rate) + "/s";
}

}  // namespace souk::cli
