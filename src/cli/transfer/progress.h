// SPDX-License-Identifier: Apache-2.0
//
// A bar on stderr for a transfer of known size; draws only on a terminal, ten times a second at most. `add` may be
// called by many threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace souk::cli {

class Progress {
 public:
  Progress(std::string label, std::uint64_t total, bool quiet);
  ~Progress();
  void add(std::uint64_t bytes);
  // Where somebody else counts, and the whole is not known before.
  void set(std::uint64_t done, std::uint64_t total);
  // Wipes the bar.
  void finish();
  std::string line(std::uint64_t done, std::chrono::duration<double> elapsed) const;

 private:
  void draw(std::chrono::steady_clock::time_point now);

  std::string label_;
  std::uint64_t total_;
  bool shown_;
  std::chrono::steady_clock::time_point started_;
  std::atomic<std::uint64_t> done_{0};
  std::mutex mutex_;
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace souk::cli
