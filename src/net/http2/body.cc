// SPDX-License-Identifier: Apache-2.0
#include "net/http2/body.h"

#include <algorithm>
#include <cstring>

namespace souk::net {

void Http2Body::begin(std::optional<std::uint64_t> length, bool has_body, bool expects_continue, SteadyTime now) {
  BodyReader::begin(has_body ? length : 0, expects_continue, now);
  ended_ = last_came_ = !has_body;
  abandoned_ = false;
  kept_.clear();
  given_ = 0;
}

std::size_t Http2Body::push(std::span<const std::byte> bytes, SteadyTime now) {
  last_moved_ = now;
  received_ += bytes.size();
  if (abandoned_ || failure_) return bytes.size();
  continue_due_ = false;
  std::size_t used = kept_.empty() ? give(bytes, now) : 0;
  if (abandoned_ || failure_) return bytes.size();
  auto rest = bytes.subspan(used);
  kept_.append(reinterpret_cast<const char*>(rest.data()), rest.size());
  return used;
}

void Http2Body::end() {
  last_came_ = true;
  continue_due_ = false;
}

// As much of `bytes` as somebody waits for; who waits may ask again at once.
std::size_t Http2Body::give(std::span<const std::byte> bytes, SteadyTime now) {
  std::size_t used = 0;
  while (used < bytes.size() && wanted() && !over_bounds(now)) {
    std::span<std::byte> into = target();
    std::size_t n = std::min(into.size(), bytes.size() - used);
    std::memcpy(into.data(), bytes.data() + used, n);
    used += n;
    deliver(n);
  }
  return used;
}

std::size_t Http2Body::pump(SteadyTime now) {
  std::size_t used = 0;
  while (wanted()) {
    if (failure_ || over_bounds(now)) {
      answer_failure();
      continue;
    }
    if (given_ < kept_.size()) {
      // The bytes live while they are given: a reader that asks again does so from inside.
      std::size_t n = give(std::as_bytes(std::span(kept_)).subspan(given_), now);
      given_ += n;
      used += n;
      if (given_ < kept_.size()) continue;
      kept_.clear();
      given_ = 0;
      continue;
    }
    if (!last_came_) break;
    ended_ = true;
    answer_end();
  }
  return failure_ ? used + abandon() : used;
}

std::size_t Http2Body::abandon() {
  std::size_t left = kept_.size() - given_;
  abandoned_ = true;
  kept_ = std::string();
  given_ = 0;
  return left;
}

}  // namespace souk::net
