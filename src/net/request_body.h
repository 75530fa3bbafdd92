// SPDX-License-Identifier: Apache-2.0
//
// The body of one request as it comes off the wire: by length or chunked, within its limits, as fast as its reader
// asks and no faster. Belongs to one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "net/http1_parser.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/wire.h"

namespace souk::net {

// Bytes read and not yet used. What is pinned at the front (a head that others point into) does not move.
class Input {
 public:
  Input();
  std::string_view text() const { return {reinterpret_cast<const char*>(data_.get()) + begin_, end_ - begin_}; }
  std::span<const std::byte> bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  void consume(std::size_t n) { begin_ += n; }
  void append(std::span<const std::byte> bytes);

  // Room for at least `least` bytes, which grows the buffer unless something is pinned; may be less then.
  std::span<std::byte> room(std::size_t least);
  void commit(std::size_t n) { end_ += n; }
  // Makes sure of room behind the first n bytes, then pins and consumes them. Returns them.
  std::string_view pin(std::size_t n);
  void unpin();

 private:
  void compact();

  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_;
  std::size_t pinned_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class RequestBody {
 public:
  // What pumping waits for. `turn`: there is more, but others shall have their turn.
  enum class Need { nothing, read, write, turn };
  using ReadDone = std::function<void(Result<std::size_t>)>;
  using CollectDone = std::function<void(Result<std::shared_ptr<std::string>>)>;

  void begin(std::optional<std::uint64_t> length, const Http1Parser::Framing& framing, SteadyTime now);
  void limit(const BodyLimits& limits) { limits_ = limits; }
  const BodyLimits& limits() const { return limits_; }
  void read(std::span<std::byte> into, ReadDone done, SteadyTime now);
  void collect(CollectDone done, SteadyTime now);

  bool wanted() const { return read_done_ != nullptr || collect_done_ != nullptr; }
  bool ended() const { return ended_; }
  // Ended, or short enough to be read over behind the answer.
  bool settles() const;
  // True once, when the reader waits for bytes that the client holds back until it is told to go on.
  bool takes_continue();

  Need pump(Wire& wire, Input& input, Http1Parser& parser, SteadyTime now);
  // Reads over the rest. Anything wrong sets failed().
  Need discard(Wire& wire, Input& input, Http1Parser& parser, SteadyTime now);
  bool failed() const { return failure_.has_value(); }
  SteadyTime deadline() const;
  // Ends what is wanted, now and later, with this error.
  void fail(Error why);

 private:
  struct Fetched {
    Need need = Need::nothing;  // else nothing was fetched
    std::size_t bytes = 0;
  };
  Fetched fetch(std::span<std::byte> into, Wire& wire, Input& input, Http1Parser& parser);
  Fetched fetch_chunked(std::span<std::byte> into, Wire& wire, Input& input, Http1Parser& parser);
  Fetched from_wire(std::span<std::byte> into, Wire& wire);
  bool over_bounds(SteadyTime now);
  std::span<std::byte> target();
  void deliver(std::size_t bytes);
  void answer_end();
  void answer_failure();

  BodyLimits limits_;
  bool chunked_ = false;
  bool ended_ = true;
  bool continue_due_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t received_ = 0;
  std::optional<Error> failure_;
  SteadyTime first_asked_{};
  SteadyTime last_moved_{};

  std::span<std::byte> into_;
  ReadDone read_done_;
  CollectDone collect_done_;
  std::shared_ptr<std::string> collected_;
  std::size_t filled_ = 0;
};

}  // namespace souk::net
