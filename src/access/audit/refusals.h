// SPDX-License-Identifier: Apache-2.0
//
// What was refused, on its way into the audit log. The first of a kind is written within a second; those that repeat it
// (same caller, same place, same reason) are counted, and written as one row a minute. Bounded: past kMost kinds at a
// time their objects are left out, then their callers. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "access/model.h"
#include "base/result.h"

namespace souk::access {

struct Refusal {
  std::string action;  // "DELETE /api/v1/namespaces/{ns}/models/{model}"
  std::string object;  // what was asked for: the path
  Code code = Code::permission_denied;
};

struct CountedRefusal {
  std::int64_t actor_id = 0;
  std::string actor, credential, address, trace_id;  // the trace of the first
  std::string namespace_;
  Refusal refusal;
  std::int64_t count = 0;
  Time first_time, time;
};

class Refusals {
 public:
  static constexpr std::size_t kMost = 4096;
  static constexpr Duration kJoined = std::chrono::minutes(1);

  void add(const Call& call, Refusal refusal, Time at = now());
  // What is to be written now: new kinds, and the counts of a minute that has passed.
  std::vector<CountedRefusal> take(Time at = now(), bool all = false);
  // Could not be written: they are counted again.
  void give_back(std::vector<CountedRefusal> refusals);

 private:
  using Kind = std::tuple<std::int64_t, std::string, std::string, std::string, std::string, int>;
  struct Seen {
    CountedRefusal waiting;
    Time written;  // epoch: never
  };
  static Kind kind_of(const CountedRefusal& one);

  std::mutex mutex_;
  std::map<Kind, Seen> seen_;
};

}  // namespace souk::access
