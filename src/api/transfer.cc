// SPDX-License-Identifier: Apache-2.0
#include "api/transfer.h"

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace souk::api {

namespace {

constexpr std::size_t kBuffer = 512 << 10;

// What a callback brings to the thread that waits for it. Waits before it is destroyed, for the callback holds on to
// it and to the buffer it was given.
template <class T>
class Pending {
 public:
  ~Pending() {
    if (under_way_) (void)take();
  }
  std::function<void(T)> begin() {
    under_way_ = true;
    return [this](T value) {
      std::lock_guard lock(mutex_);
      value_ = std::move(value);
      ready_.notify_one();
    };
  }
  bool under_way() const { return under_way_; }
  T take() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return value_.has_value(); });
    under_way_ = false;
    T value = std::move(*value_);
    value_.reset();
    return value;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<T> value_;
  bool under_way_ = false;
};

}  // namespace

Status receive(net::Stream& stream, const std::function<Status(std::span<const std::byte>)>& into) {
  std::array<std::vector<std::byte>, 2> buffers{std::vector<std::byte>(kBuffer), std::vector<std::byte>(kBuffer)};
  Pending<Result<std::size_t>> pending;
  stream.read(buffers[0], pending.begin());
  for (std::size_t at = 0;; at ^= 1) {
    std::size_t got = SOUK_TRY(pending.take());
    if (got == 0) return {};
    stream.read(buffers[at ^ 1], pending.begin());
    SOUK_TRY(into(std::span(buffers[at]).first(got)));
  }
}

Status send(net::Stream& stream, blobs::Reader& from, std::uint64_t first, std::uint64_t count) {
  std::array<std::shared_ptr<std::vector<std::byte>>, 2> buffers;
  for (auto& buffer : buffers) {
    buffer =
        std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer, count)));
  }
  Pending<Status> pending;
  for (std::size_t at = 0; count > 0; at ^= 1) {
    std::span<std::byte> into(buffers[at]->data(), static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer, count)));
    std::size_t got = SOUK_TRY(from.read_at(first, into));
    if (got == 0) return data_loss("a blob ended early");
    if (pending.under_way()) SOUK_TRY(pending.take());
    stream.write(net::Chunk(into.first(got), buffers[at]), pending.begin());
    first += got;
    count -= got;
  }
  return pending.under_way() ? pending.take() : Status();
}

}  // namespace souk::api
