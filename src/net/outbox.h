// SPDX-License-Identifier: Apache-2.0
//
// What a connection has yet to write, in order. Small pieces are joined in one buffer that is kept from request to
// request, large ones are kept as they came; one system call takes both. Belongs to one loop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/message.h"
#include "net/wire.h"

namespace souk::net {

class Outbox {
 public:
  Outbox();

  // For small text: a head, a chunk's frame.
  std::string& text() { return text_; }
  void append(Chunk chunk);
  // Calls `done` from a later flush, when everything appended so far has been taken, or from `fail`.
  void mark(std::function<void(Status)> done);

  bool empty() const { return queued() == 0; }
  // Empty, and nobody is still to be told so.
  bool settled() const { return empty() && marks_.empty(); }
  std::size_t queued() const { return text_.size() - text_taken_ + large_left_; }
  std::uint64_t taken() const { return taken_; }

  // Writes until nothing is left or the wire takes no more; then calls what has become due, which may append:
  // `moved` means that all of it is gone.
  IoResult flush(Wire& wire);
  void fail(const Error& why);

 private:
  struct Large {
    std::size_t after_text;  // stands behind this much of text_
    Chunk chunk;
    std::size_t taken = 0;
  };
  struct Mark {
    std::uint64_t position;
    std::function<void(Status)> done;
  };

  std::size_t gather(std::vector<iovec>& pieces) const;
  void take(std::size_t bytes);
  void reset_when_empty();
  void call_due();

  std::string text_;
  std::size_t text_taken_ = 0;
  std::deque<Large> large_;
  std::size_t large_left_ = 0;
  std::deque<Mark> marks_;
  std::uint64_t taken_ = 0;
  std::vector<iovec> pieces_;
};

}  // namespace souk::net
