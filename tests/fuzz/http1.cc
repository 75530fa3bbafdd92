// SPDX-License-Identifier: Apache-2.0
//
// An HTTP/1.1 head and the chunked body behind it, decoded in pieces of a size that the first byte chooses.
#include <array>

#include "fuzz.h"
#include "net/http1/parser.h"

using namespace souk;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::size_t piece = data[0] + 1u;
  std::string_view input = fuzz::text_of(data + 1, size - 1);
  std::size_t scanned = 0, end = 0;
  if (net::Http1Parser::find_end(input, scanned, end) || end == 0) return 0;
  fuzz::require(end <= input.size() && scanned <= input.size(), "a head ends within the input");
  net::Http1Parser parser;
  net::RequestHead head;
  net::Http1Parser::Framing framing;
  if (parser.parse(input.substr(0, end), head, framing)) return 0;
  fuzz::touch(head.target);
  if (!framing.chunked) return 0;
  std::string_view rest = input.substr(end);
  std::array<std::byte, 64> into;
  std::size_t have = 0;
  while (true) {
    have = std::min(rest.size(), std::max(have, piece));
    auto progress = parser.decode(std::as_bytes(std::span(rest.substr(0, have))), into);
    fuzz::require(progress.consumed <= have && progress.produced <= into.size(), "decoding stays within its buffers");
    if (progress.done || progress.bad) return 0;
    if (progress.consumed == 0) {
      if (have == rest.size()) return 0;
      have += piece;
      continue;
    }
    rest.remove_prefix(progress.consumed);
    have -= progress.consumed;
  }
}
