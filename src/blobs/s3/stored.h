// SPDX-License-Identifier: Apache-2.0
//
// How many bytes a bucket holds: counted now and then, and kept up with what this process stores and removes. What
// others do shows at the next count. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "base/metrics.h"
#include "base/result.h"

namespace souk::blobs::s3 {

class Stored {
 public:
  void add(std::int64_t bytes);
  // Counts, again where something changed meanwhile. Errors: the count's
  void count(const std::function<Result<std::uint64_t>()>& all);
  // Blocks: until it was counted once. Errors: those of the last count
  Result<std::uint64_t> get();
  double shown();  // 0 until counted

 private:
  std::mutex mutex_;
  std::condition_variable counted_;
  bool counting_ = false, changed_ = false;
  std::optional<Result<std::uint64_t>> bytes_;
};

}  // namespace souk::blobs::s3
