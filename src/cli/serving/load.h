// SPDX-License-Identifier: Apache-2.0
//
// A load generator. Closed loop: each connection sends its next request when the one before is answered. Open loop:
// requests are due at a fixed rate whatever happens to those before, and a latency counts from when its request was
// due, so that a server that stands still is not spared the requests it kept from being sent (coordinated omission).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace souk::cli {

struct LoadPlan {
  int connections = 8;
  std::chrono::nanoseconds warm_up{std::chrono::seconds(1)};  // sent, not counted
  std::chrono::nanoseconds duration{std::chrono::seconds(10)};
  double rate = 0;  // requests a second of the open loop; 0: closed loop
};

struct LoadResult {
  std::uint64_t requests = 0;                   // those that were answered as they should
  std::map<std::string, std::uint64_t> errors;  // by what was wrong
  std::chrono::nanoseconds took{0};
  std::uint64_t late = 0;                 // of an open loop: due in time, not answered by its end
  std::uint64_t longest_late_ns = 0;      // what the first of them waited, at least
  std::vector<std::uint64_t> latency_ns;  // of `requests`, ascending

  double per_second() const;
  // The least latency that a share q of the requests kept within, the late ones among them, which are taken to be the
  // slowest: their latency is at least this. 0 without requests. Unit: seconds.
  double quantile(double q) const;
};

// Sends one request and waits for its answer; empty: all is well, else what was wrong. Called by every connection's
// thread, with its number.
using SendOne = std::function<std::string(int connection)>;

// Ends early once `stop` says so.
LoadResult run_load(const LoadPlan& plan, const SendOne& send, const std::function<bool()>& stop = {});

}  // namespace souk::cli
