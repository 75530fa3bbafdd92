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
  std::uint64_t longest_late_ns = 0;

  void late(std::chrono::nanoseconds waited) {
    longest_late_ns = std::max(longest_late_ns, static_cast<std::uint64_t>(waited.count()));
  }
};

struct Course {
  const LoadPlan& plan;
  const SendOne& send;
  const std::function<bool()>& stop;
  Clock::time_point begin = Clock::now();
  Clock::time_point counted = begin + plan.warm_up;
  Clock::time_point end = counted + plan.duration;
  std::atomic<std::uint64_t> next{0};  // of an open loop

  // When that request of the open loop is due; past the end: there is none.
  Clock::time_point due(std::uint64_t number) const {
    const double at = static_cast<double>(number) / plan.rate;
    return begin + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(at));
  }
  Clock::time_point due() { return plan.rate > 0 ? due(next.fetch_add(1, std::memory_order_relaxed)) : Clock::now(); }

  void run(int connection, Seen& seen) {
    while (!stop || !stop()) {
      const Clock::time_point from = due();
      if (from >= end) return;
      if (const Clock::time_point now = Clock::now(); now >= end) return seen.late(now - from);
      std::this_thread::sleep_until(from);
      const std::string wrong = send(connection);
      const Clock::time_point now = Clock::now();
      if (now > end) seen.late(now - from);
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
    result.longest_late_ns = std::max(result.longest_late_ns, one.longest_late_ns);
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
    // The first that no connection was free to send.
    const std::chrono::nanoseconds waited = std::min(Clock::now(), course.end) - course.due(course.next);
    if (waited.count() > 0) result.longest_late_ns = std::max<std::uint64_t>(result.longest_late_ns, waited.count());
  }
  return result;
}

double LoadResult::per_second() const {
  return took.count() > 0 ? static_cast<double>(requests) * 1e9 / static_cast<double>(took.count()) : 0;
}

double LoadResult::quantile(double q) const {
  const std::size_t all = latency_ns.size() + late;
  if (all == 0) return 0;
  const double rank = std::ceil(q * static_cast<double>(all));
  const auto index = static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(all))) - 1;
  if (index < latency_ns.size()) return static_cast<double>(latency_ns[index]) / 1e9;
  const std::uint64_t slowest = latency_ns.empty() ? 0 : latency_ns.back();
  return static_cast<double>(std::max(slowest, longest_late_ns)) / 1e9;
}

}  // namespace souk::cli
