// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "net/loop.h"

namespace souk::net {
namespace {

// Hands one value from the connection's thread to the one that waits.
template <class T>
class Handover {
 public:
  void put(T value) {
    std::lock_guard lock(mutex_);
    value_ = std::move(value);
    ready_.notify_one();
  }
  T take() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return value_.has_value(); });
    return std::move(*value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<T> value_;
};

Error on_the_wrong_thread() {
  return failed_precondition("a blocking call on a connection's thread would never return; call it from a pool");
}

}  // namespace

Result<std::size_t> Stream::read(std::span<std::byte> into) {
  if (Loop::on_any()) return on_the_wrong_thread();
  Handover<Result<std::size_t>> handover;
  read(into, [&handover](Result<std::size_t> result) { handover.put(std::move(result)); });
  return handover.take();
}

Status Stream::write(Chunk chunk) {
  if (Loop::on_any()) return on_the_wrong_thread();
  Handover<Status> handover;
  write(std::move(chunk), [&handover](Status status) { handover.put(std::move(status)); });
  return handover.take();
}

}  // namespace souk::net
