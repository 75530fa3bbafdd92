// SPDX-License-Identifier: Apache-2.0
//
// Who waits for a request's body, and what bounds it; where its bytes come from is each transport's own matter.
// Belongs to one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "net/loop.h"
#include "net/stream.h"

namespace souk::net {

class BodyReader {
 public:
  using ReadDone = std::function<void(Result<std::size_t>)>;
  using CollectDone = std::function<void(Result<std::shared_ptr<std::string>>)>;

  void limit(const BodyLimits& limits) { limits_ = limits; }
  const BodyLimits& limits() const { return limits_; }
  void read(std::span<std::byte> into, ReadDone done, SteadyTime now);
  void collect(CollectDone done, SteadyTime now);

  bool wanted() const { return read_done_ != nullptr || collect_done_ != nullptr; }
  bool ended() const { return ended_; }
  // True once, when the reader waits for bytes that the client holds back until it is told to go on.
  bool takes_continue();
  bool failed() const { return failure_.has_value(); }
  SteadyTime deadline() const;
  // Ends what is wanted, now and later, with this error.
  void fail(Error why);

 protected:
  void begin(std::optional<std::uint64_t> length, bool expects_continue, SteadyTime now);
  // Sets the failure when a limit has been passed.
  bool over_bounds(SteadyTime now);
  // Where the next bytes belong, while somebody waits for some.
  std::span<std::byte> target();
  void deliver(std::size_t bytes);
  void answer_end();
  void answer_failure();

  BodyLimits limits_;
  bool ended_ = true;
  bool continue_due_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t received_ = 0;
  std::optional<Error> failure_;
  SteadyTime last_moved_{};

 private:
  SteadyTime first_asked_{};
  std::span<std::byte> into_;
  ReadDone read_done_;
  CollectDone collect_done_;
  std::shared_ptr<std::string> collected_;
  std::size_t filled_ = 0;
};

}  // namespace souk::net
