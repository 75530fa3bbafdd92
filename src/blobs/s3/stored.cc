// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/stored.h"

#include <algorithm>

namespace souk::blobs::s3 {

namespace {
constexpr int kCounts = 3;  // a bucket that always changes is counted roughly
}  // namespace

void Stored::add(std::int64_t bytes) {
  std::lock_guard lock(mutex_);
  changed_ = true;
  if (bytes_ && *bytes_) **bytes_ = static_cast<std::uint64_t>(std::max<std::int64_t>(**bytes_ + bytes, 0));
}

void Stored::count(const std::function<Result<std::uint64_t>()>& all) {
  {
    std::lock_guard lock(mutex_);
    if (counting_) return;
    counting_ = true;
  }
  for (int i = 1; i <= kCounts; i++) {
    {
      std::lock_guard lock(mutex_);
      changed_ = false;
    }
    Result<std::uint64_t> sum = all();
    std::lock_guard lock(mutex_);
    if (sum && changed_ && i < kCounts) continue;
    bytes_ = std::move(sum);
    counting_ = false;
    counted_.notify_all();
    return;
  }
}

Result<std::uint64_t> Stored::get() {
  std::unique_lock lock(mutex_);
  counted_.wait(lock, [this] { return bytes_.has_value(); });
  return *bytes_;
}

double Stored::shown() {
  std::lock_guard lock(mutex_);
  return bytes_ && *bytes_ ? static_cast<double>(**bytes_) : 0;
}

}  // namespace souk::blobs::s3
