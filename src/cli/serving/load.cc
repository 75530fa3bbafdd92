// SPDX-License-Identifier: Apache-2.0
#include "cli/serving/load.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

namespace souk::cli {
namespace {

using Clock = std::chrono::steady_clock;

// What one connection saw.
struct Seen {
  std::vector<std::uint64_t> latency_ns;
  std::map<std::string, std::uint64_t> errors;
};

struct Course {
  const LoadPlan& plan;
  const SendOne& send;
  const std::function<bool()>& stop;
  Clock::time_point begin = Clock::now();
  Clock::time_point counted = begin + plan.warm_up;
  Clock::time_point end = counted + plan.duration;
  std::atomic<std::uint64_t> next{0};  // of an open loop

  // When the next request is due; past the end: there is none.
  Clock::time_point due() {
    if (plan.rate <= 0) return Clock::now();
    const double at = static_cast<double>(next.fetch_add(1, std::memory_order_relaxed)) / plan.rate;
    return begin + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(at));
  }

  void run(int connection, Seen& seen) {
    while (!stop || !stop()) {
      const Clock::time_point from = due();
      if (from >= end || Clock::now() >= end) return;
      std::this_thread::sleep_until(from);
      const std::string wrong = send(connection);
      const Clock::time_point now = Clock::now();
      if (from < counted || now > end) continue;
      if (!wrong.empty()) {
        ++seen.errors[wrong];
        continue;
      }
      seen.latency_ns.push_back(static_cast<std::uint64_t>((now - from).count()));
    }
  }
};

}  // namespace

LoadResult run_load(const LoadPlan& plan, const SendOne& send, const std::function<bool()>& stop) {
  Course course{plan, send, stop};
  std::vector<Seen> seen(static_cast<std::size_t>(plan.connections));
  std::vector<std::thread> threads;
  for (int i = 0; i < plan.connections; ++i) {
    threads.emplace_back([&course, &seen, i] { course.run(i, seen[static_cast<std::size_t>(i)]); });
  }
  for (std::thread& thread : threads) thread.join();
  LoadResult result;
  result.took =
      std::clamp<std::chrono::nanoseconds>(Clock::now() - course.counted, std::chrono::nanoseconds(1), plan.duration);
  std::uint64_t failed = 0;
  for (Seen& one : seen) {
    result.latency_ns.insert(result.latency_ns.end(), one.latency_ns.begin(), one.latency_ns.end());
    for (const auto& [what, count] : one.errors) {
      result.errors[what] += count;
      failed += count;
    }
  }
  std::sort(result.latency_ns.begin(), result.latency_ns.end());
  result.requests = result.latency_ns.size();
  if (plan.rate > 0) {
    const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(result.took).count() * plan.rate);
    result.late = due - std::min(due, result.requests + failed);
  }
  return result;
}

double LoadResult::per_second() const {
  return took.count() > 0 ? static_cast<double>(requests) * 1e9 / static_cast<double>(took.count()) : 0;
}

double LoadResult::quantile(double q) const {
  if (latency_ns.empty()) return 0;
  const double rank = std::ceil(q * static_cast<double>(latency_ns.size()));
  const auto index = static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(latency_ns.size()))) - 1;
  return static_cast<double>(latency_ns[index]) / 1e9;
}

}  // namespace souk::cli
