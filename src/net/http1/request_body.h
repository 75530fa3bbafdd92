// SPDX-License-Identifier: Apache-2.0
//
// The body of one request as it comes off the wire: by length or chunked, within its limits, as fast as its reader
// asks and no faster. Belongs to one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "net/body_reader.h"
#include "net/http1/parser.h"
#include "net/loop.h"
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

class RequestBody : public BodyReader {
 public:
  // What pumping waits for. `turn`: there is more, but others shall have their turn.
  enum class Need { nothing, read, write, turn };

  void begin(std::optional<std::uint64_t> length, const Http1Parser::Framing& framing, SteadyTime now);
  // Ended, or short enough to be read over behind the answer.
  bool settles() const;

  Need pump(Wire& wire, Input& input, Http1Parser& parser, SteadyTime now);
  // Reads over the rest. Anything wrong sets failed().
  Need discard(Wire& wire, Input& input, Http1Parser& parser, SteadyTime now);

 private:
  struct Fetched {
    Need need = Need::nothing;  // else nothing was fetched
    std::size_t bytes = 0;
  };
  Fetched fetch(std::span<std::byte> into, Wire& wire, Input& input, Http1Parser& parser);
  Fetched fetch_chunked(std::span<std::byte> into, Wire& wire, Input& input, Http1Parser& parser);
  Fetched from_wire(std::span<std::byte> into, Wire& wire);

  bool chunked_ = false;
};

}  // namespace souk::net
