// SPDX-License-Identifier: Apache-2.0
//
// The series of one revision on this node, shown while the revision is loaded or on its way: what its requests were,
// how long they waited and ran, and how large batches were. Labels: `deployment` ("default/digits") and `revision` (its
// number); what belongs to a revision elsewhere has the same two. Counting takes no lock. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "serving/model.h"

namespace souk::serving {

class RevisionFamilies;

class RevisionSeries {
 public:
  using Time = std::chrono::steady_clock::time_point;

  RevisionSeries(RevisionFamilies& families, const std::string& deployment, const std::string& model,
                 const Revision& revision);

  // A request. `trace`: null, or its trace.
  void counted(std::optional<Code> error, std::chrono::nanoseconds took, const Trace* trace);
  // One that came to the model.
  void ran(Time begun, Time started, Time ended, const Trace* trace);
  // The model ran over so many rows.
  void executed(std::int64_t rows);
  void loaded(std::int64_t memory_bytes);
  // Unloaded while it was wanted: "room" for another, or "idle".
  void evicted(const std::string& why);

 private:
  static constexpr std::size_t kCodes = 17;
  Counter& of(Code code);

  RevisionFamilies& families_;
  const std::string deployment_, revision_;
  std::shared_ptr<Counter> ok_;
  std::shared_ptr<Histogram> duration_, queue_, compute_, rows_;
  std::shared_ptr<Gauge> info_, memory_;
  std::mutex mutex_;  // of the making of the other counters
  std::map<std::string, std::shared_ptr<Counter>> evictions_;
  std::array<std::shared_ptr<Counter>, kCodes> failed_;
  std::array<std::atomic<Counter*>, kCodes> ready_{};
};

class RevisionFamilies {
 public:
  explicit RevisionFamilies(Metrics& metrics);

 private:
  friend class RevisionSeries;
  Metrics::Family<Counter> requests, evictions;
  Metrics::Family<Histogram> duration, queue, compute, rows;
  Metrics::Family<Gauge> info, memory;
};

}  // namespace souk::serving
