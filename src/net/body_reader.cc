// SPDX-License-Identifier: Apache-2.0
#include "net/body_reader.h"

#include <algorithm>
#include <utility>

namespace souk::net {
namespace {

constexpr std::size_t kTrustedLength = 1 << 20;
constexpr std::size_t kFirstStep = 16 << 10;
constexpr std::size_t kCollectStep = 256 << 10;

}  // namespace

void BodyReader::begin(std::optional<std::uint64_t> length, bool expects_continue, SteadyTime now) {
  limits_ = {};
  length_ = length;
  ended_ = length_ == 0;
  continue_due_ = expects_continue && !ended_;
  received_ = 0;
  failure_.reset();
  first_asked_ = {};
  last_moved_ = now;
}

void BodyReader::read(std::span<std::byte> into, ReadDone done, SteadyTime now) {
  into_ = into;
  read_done_ = std::move(done);
  if (first_asked_ == SteadyTime{}) first_asked_ = now;
  last_moved_ = now;
}

void BodyReader::collect(CollectDone done, SteadyTime now) {
  collected_ = std::make_shared<std::string>();
  filled_ = 0;
  collect_done_ = std::move(done);
  if (first_asked_ == SteadyTime{}) first_asked_ = now;
  last_moved_ = now;
}

bool BodyReader::takes_continue() {
  if (!wanted() || failure_ || (length_ && *length_ > limits_.max_bytes)) return false;
  return std::exchange(continue_due_, false);
}

SteadyTime BodyReader::deadline() const {
  SteadyTime idle = last_moved_ + limits_.idle_timeout;
  if (limits_.total_timeout.count() == 0 || first_asked_ == SteadyTime{}) return idle;
  return std::min(idle, first_asked_ + limits_.total_timeout);
}

bool BodyReader::over_bounds(SteadyTime now) {
  if ((length_ && *length_ > limits_.max_bytes) || received_ > limits_.max_bytes) {
    failure_ = resource_exhausted("the request body is larger than the " + std::to_string(limits_.max_bytes) +
                                  " bytes allowed here")
                   .at("body");
  } else if (!ended_ && now >= deadline()) {
    failure_ = deadline_exceeded("the request body did not arrive in time").at("body");
  }
  return failure_.has_value();
}

std::span<std::byte> BodyReader::target() {
  if (read_done_ != nullptr) return into_;
  std::string& text = *collected_;
  if (filled_ == text.size()) {
    std::size_t step = kCollectStep;
    if (length_) {
      step = static_cast<std::size_t>(std::min<std::uint64_t>(*length_ - filled_, step));
      // A length that came true in part is believed; memory is not touched before it is filled.
      std::uint64_t reserve = filled_ < kTrustedLength ? std::min<std::uint64_t>(*length_, kTrustedLength) : *length_;
      if (text.capacity() < filled_ + step) text.reserve(static_cast<std::size_t>(reserve));
    } else {
      step = std::clamp(filled_, kFirstStep, kCollectStep);
    }
    text.resize(filled_ + step);
  }
  return std::as_writable_bytes(std::span(text)).subspan(filled_);
}

void BodyReader::deliver(std::size_t bytes) {
  if (read_done_ != nullptr) {
    auto done = std::exchange(read_done_, nullptr);
    done(bytes);
  } else {
    filled_ += bytes;
  }
}

void BodyReader::answer_end() {
  if (read_done_ != nullptr) {
    auto done = std::exchange(read_done_, nullptr);
    done(std::size_t{0});
    return;
  }
  collected_->resize(filled_);
  auto done = std::exchange(collect_done_, nullptr);
  done(std::exchange(collected_, nullptr));
}

void BodyReader::answer_failure() {
  if (read_done_ != nullptr) {
    auto done = std::exchange(read_done_, nullptr);
    done(*failure_);
    return;
  }
  collected_.reset();
  auto done = std::exchange(collect_done_, nullptr);
  done(*failure_);
}

void BodyReader::fail(Error why) {
  if (!failure_) failure_ = std::move(why);
  if (wanted()) answer_failure();
}

}  // namespace souk::net
