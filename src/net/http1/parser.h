// SPDX-License-Identifier: Apache-2.0
//
// Reads HTTP/1.1 heads and chunked bodies (RFC 9112) and refuses whatever two parties could read in two ways:
// Content-Length beside Transfer-Encoding or twice, transfer codings other than chunked, folded lines, line ends
// that are not CR LF, no Host or two. Beast's parser stands behind it; no copy is made, no memory is taken a request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "net/message.h"
#include "net/status.h"

namespace souk::net {

class Http1Parser {
 public:
  // What the transport needs of a head and a handler does not.
  struct Framing {
    bool http11 = true;
    bool keep_alive = true;
    bool chunked = false;
    bool expects_continue = false;
  };
  struct Progress {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool done = false;
    bool bad = false;
  };

  Http1Parser();
  ~Http1Parser();

  // Where the head at the front of `input` ends; nothing: it is not whole yet. Looks only behind `scanned`, which
  // it moves on. Refused: a line end that is not CR LF.
  static std::optional<Refusal> find_end(std::string_view input, std::size_t& scanned, std::size_t& end);

  // `text` is one whole head with its empty line. The views put into `head` point into it.
  std::optional<Refusal> parse(std::string_view text, RequestHead& head, Framing& framing);

  // Of the chunked body after a parsed head: takes framing off `input` and copies what it carries into `into`.
  // Nothing consumed, not done, not bad: more input is needed.
  Progress decode(std::span<const std::byte> input, std::span<std::byte> into);
  // Bytes the chunk under way still has.
  std::uint64_t chunk_left() const;
  // Bytes of that chunk, at most chunk_left(), that the caller has put where they belong already.
  void took(std::span<const std::byte> bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::net
