// SPDX-License-Identifier: Apache-2.0
//
// What one revision does on this node while it shares a deployment with others: what a roll-out is judged by. Kept
// beside the metrics of the deployment because its buckets are finer (a quantile is right within 3 %) and because it
// comes and goes with the replica. Counting takes no lock. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"

namespace souk::serving {

// Counts of some time; sums of several nodes add up.
struct Window {
  std::int64_t requests = 0;          // answered, well or not
  std::int64_t errors = 0;            // by a fault of the model or the server
  std::int64_t rejected = 0;          // by a fault of the request, as the model sees it
  std::int64_t compared = 0;          // copies whose answer was compared
  std::int64_t disagreed = 0;         // of them, those whose answer was another
  std::int64_t dropped = 0;           // copies that were not run: busy, or too large
  std::vector<std::int64_t> latency;  // by bucket; of what was answered well

  void add(const Window& other);
  void subtract(const Window& earlier);
  // An estimate; 0 when nothing was answered well.
  double quantile_ms(double q) const;
  // One line of JSON, and back. Errors: invalid_argument
  std::string text() const;
  static Result<Window> parse(std::string_view text);
};

// By result, of the deployment; they live as long as the process.
struct CopyCounters {
  Counter* agreed = nullptr;
  Counter* disagreed = nullptr;
  Counter* dropped = nullptr;
};

class Figures {
 public:
  explicit Figures(CopyCounters copies);
  const std::string& instance() const { return instance_; }  // no other Figures ever has it

  void answered(std::optional<Code> error, std::chrono::nanoseconds took);
  void compared(bool agreed);
  void dropped();
  Window sums() const;  // since it was made

  // 16 buckets for each power of two of nanoseconds, from 1 µs to 68 s.
  static constexpr std::size_t kBuckets = 16 * 26;
  static std::size_t bucket_of(std::chrono::nanoseconds took);
  static double middle_ms(std::size_t bucket);

 private:
  using Number = std::atomic<std::int64_t>;
  const std::string instance_;
  const CopyCounters copies_;
  Number requests_{0}, errors_{0}, rejected_{0}, compared_{0}, disagreed_{0}, dropped_{0};
  std::array<Number, kBuckets> latency_{};
};

// A fault of the model or the server, not of the request or its caller.
bool is_fault(Code code);
bool is_rejection(Code code);

}  // namespace souk::serving
